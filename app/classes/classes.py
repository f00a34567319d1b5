"""Classes: one class in detail, in both arms: its sub-clusters, where its modes went, what to try next."""

from typing import Any

import pandas as pd
import streamlit as st

from app.classes.charts import spectrum_chart, survival_chart
from app.components.strips import Strip, StripArm, strips
from app.state import address, cache, navigation
from app.state.view import View
from app.widgets.fragments import view_fragment
from app.widgets.galleries import item_galleries, tile_of
from app.widgets.markdown import escape_markdown
from app.widgets.opening import open_view
from core.analysis.class_report import class_figures, count_range
from core.analysis.figures import flow_figure
from core.analysis.label_noise import samples_needed, wrong_labels
from core.analysis.palette import ARM_COLOURS, REFERENCE_COLOUR
from core.analysis.recommendations import LOST, next_steps
from core.analysis.summary import worst_first
from core.diagnostics import explain
from core.diagnostics.facts import Facts

BADGES = {
    "preserved": "green",
    "compressed": "orange",
    "partial": "yellow",
    "blurred": "violet",
    "coincident": "red",
    "destroyed": "red",
    "unimodal": "blue",
    "too small": "gray",
}
FIGURES = {
    "kappa": ("Kappa", 2),
    "mode_recovery": ("Recovery", 2),
    "sublabel_excess": ("Mode recall", 2),
    "survival_excess": ("Reference recall", 2),
}
MORE_FIGURES = [
    *("mode_survival", "modes_apart", "class_overlap", "participation_ratio", "fragmentation", "near_duplicates"),
    *("distinct", "foreign", "foreign_groups", "stability", "p_value"),
]


def page() -> None:
    view = open_view()
    if view is None:
        return
    label = _choose_class(view)
    _wrong_labels(view, label)
    _verdicts(view, label)
    _items(view, label)
    _modes(view, label)
    _matching(view, label)
    _spectra(view, label)
    _figures(view, label)


def _choose_class(view: View) -> str:
    """The class in the address, or else the one in the worst state; buttons walk through them."""
    names = worst_first(view.study, view.arms)
    with st.container(key="class-picker"):
        picker, back, on, count = st.columns([5, 0.8, 0.8, 4.4], vertical_alignment="bottom", gap="small")
    with picker:
        label = st.selectbox(
            "Class",
            names,
            help="Those in the worst state first; type to search.",
            **address.bound("class", names, names[0]),
        )
    _show(label)
    at = names.index(label)
    back.button(
        "",
        icon=":material/chevron_left:",
        help="Previous class (key: k)",
        disabled=at == 0,
        on_click=_show,
        args=(names[max(at - 1, 0)],),
        width="stretch",
        key="previous-class",
        shortcut="k",
    )
    on.button(
        "",
        icon=":material/chevron_right:",
        help="Next class (key: j)",
        disabled=at == len(names) - 1,
        on_click=_show,
        args=(names[min(at + 1, len(names) - 1)],),
        width="stretch",
        key="next-class",
        shortcut="j",
    )
    items = class_figures(view.study, view.left, label)["n"]
    held_out = "" if view.study.evaluated.all() else "held-out "
    count.caption(f"{at + 1} of {len(names):,} classes · {items:,} {held_out}items")
    return str(label)


def _show(label: str) -> None:
    address.write(**{"class": label})


def _wrong_labels(view: View, label: str) -> None:
    """One line about the labels, which are the same for all arms."""
    found = wrong_labels(view.study, label)
    if found is None:  # a study from before they were looked at
        return
    modes = Facts.of(class_figures(view.study, view.left, label)).expected or 1
    samples = samples_needed(view.study, label, modes=modes) if modes > 1 else None
    said = [found.sentence] + ([samples.sentence] if samples else [])
    st.caption(escape_markdown(" ".join(said)), help=_meaning("label_noise"))


def _verdicts(view: View, label: str) -> None:
    """Per arm: verdict, count with its reliability, and the figures behind the verdict."""
    for column, arm in zip(_arm_columns(view), view.shown, strict=True):
        row = class_figures(view.study, arm, label)
        with column, st.container(border=True):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.subheader(escape_markdown(arm), anchor=False, width="content")
                st.badge(row["verdict"], color=BADGES[row["verdict"]], help=explain("verdict").definition)
            st.markdown(f"{escape_markdown(cache.class_evidence(view, arm, label))}.")
            with st.container(horizontal=True, gap="medium"):
                _metrics(row)
            st.caption(_belief(row))
            with st.expander("What to try next", expanded=row["verdict"] in LOST):
                for step in next_steps(view.study, arm, label):
                    st.markdown(f"**{escape_markdown(step.title)}.** {escape_markdown(step.reason)}")


def _metrics(row: pd.Series) -> None:
    st.metric("Groups", count_range(row), help=_meaning("subclusters"), width="content")
    expected = Facts.of(row).expected
    shown = "unknown" if expected is None else expected
    st.metric("Expected", shown, help=_meaning("expected_modes"), width="content")
    for name in [name for name in FIGURES if name in row and pd.notna(row[name])][:3]:
        title, digits = FIGURES[name]
        st.metric(title, f"{row[name]:.{digits}f}", help=_meaning(name), width="content")


def _arm_columns(view: View) -> list[Any]:
    return list(st.columns(1 if view.is_single else 2, gap="medium"))


def _belief(row: pd.Series) -> str:
    """The reliability of the count."""
    if pd.isna(row.get("subclusters_low")):
        return "Counted once: references, small classes and those of studies with many classes are not resampled."
    opinion = "none" if pd.isna(row["second_opinion"]) else f"{int(row['second_opinion'])}"
    spread = count_range(row)
    agreed = "agree" if spread == str(row["subclusters"]) else "do not agree"
    return f"30 subsamples of 80 % {agreed} on the count. Second opinion (HDBSCAN): {opinion}."


def _meaning(name: str) -> str:
    measure = explain(name)
    return f"{measure.definition} Range: {measure.range}; {measure.direction}."


@view_fragment
def _items(view: View, label: str) -> None:
    """The fragment that a click on an item redraws."""
    _strips(view, label)
    item = navigation.chosen_item(view.study)
    if item is not None:
        item_galleries(view, item)


def _strips(view: View, label: str) -> None:
    st.subheader("Sub-clusters", anchor="sub-clusters")
    st.caption(
        "From the most central item of each (its medoid), left, to the farthest. Click one to see its neighbours."
    )
    counts = {}
    for column, arm in zip(_arm_columns(view), view.shown, strict=True):
        with column:
            counts[arm] = _choose_reading(view, arm, label)
    strips(
        [_strip_arm(view, arm, label, count) for arm, count in counts.items()],
        atlas=cache.thumbnails(view),
        chosen=navigation.chosen_item(view.study),
        on_click=navigation.choose_item,
        key="strips",
    )


def _choose_reading(view: View, arm: str, label: str) -> int | None:
    """How many groups to show: the default is the count, others are coarser or finer readings; None = the count."""
    readings = cache.class_report(view, "readings", arm, label)
    if len(readings) < 2:
        return None
    count, p_values = int(class_figures(view.study, arm, label)["subclusters"]), {r.count: r.p_value for r in readings}
    chosen = st.segmented_control(
        f"Groups in {arm}",
        list(p_values),
        default=count,
        required=True,
        format_func=lambda groups: f"{groups} (the count)" if groups == count else f"{groups}",
        help=_meaning("reading_groups"),
        key=f"reading-{arm}-{label}",
    )
    if chosen not in (1, count):
        finer, p_value = "finer" if chosen > count else "coarser", p_values[chosen]
        chance = "p < 0.0001" if p_value < 1e-4 else f"p = {p_value:.1g}"
        st.caption(f"A {finer} reading: a separation as clear as its weakest comes by chance with {chance}.")
    return None if chosen == count else chosen


def _strip_arm(view: View, arm: str, label: str, count: int | None) -> StripArm:
    study, found = view.study, cache.class_report(view, "groups", arm, label, count)
    stray = len(cache.class_report(view, "class_rows", label)) - sum(group.size for group in found)
    note = f"{stray:,} items are in none: likely wrong labels, or groups too small to count." if stray else ""
    rows = [
        Strip(
            f"s{group.number + 1}",
            f"{group.size:,} item{'' if group.size == 1 else 's'}",
            _described(group.modes, group.host),
            [tile_of(study, int(id)) for id in group.exemplars],
        )
        for group in found
    ]
    return StripArm(arm, rows, note)


def _described(modes: list[tuple[str, float]], host: str | None) -> str:
    """What modes the items of a group have, and whose place they are in if it is not their own class's."""
    shares = ", ".join(f"{mode}: {100 * share:.0f} %" for mode, share in modes if share >= 0.01)
    return shares if host is None else f"among the items of {host}{': ' if shares else ''}{shares}"


def _modes(view: View, label: str) -> None:
    """Where every mode went, and which survive."""
    modes, source = cache.class_report(view, "expected_modes", label)
    if modes is None:
        st.info(
            "Nothing tells which modes this class should have: the items carry no sublabel, and there is no reference "
            "space. Import one (raw pixels, or the untrained network) to see which modes survive.",
            icon=":material/info:",
        )
        return
    flow, survival = st.columns(2, gap="medium")
    with flow:
        st.subheader("Where the modes went", anchor="flows")
        st.caption(
            f"Items of the {source} (middle) in the sub-clusters of {escape_markdown(view.left)} and "
            f"{escape_markdown(view.right)}."
        )
        sides = [(arm, cache.class_report(view, "flows", arm, label)) for arm in view.arms]
        ink = st.get_option(f"theme.{st.context.theme.type or 'light'}.textColor")  # Streamlit's own grey fades on grey
        st.plotly_chart(
            flow_figure(sides[0], sides[1]).update_traces(textfont_color=ink).update_annotations(font_color=ink),
            config={"toImageButtonOptions": {"format": "svg", "filename": f"{view.id}-flows"}, "displaylogo": False},
            key="flows",
        )
    with survival:
        st.subheader("Which modes survive", anchor="survival")
        st.caption("1: the nearest item of the class always has the same mode; further left, modes are mixed.")
        colours = _colours(view)
        tables = {arm: cache.class_report(view, "mode_survival", arm, label) for arm in colours}
        with st.container(key="survival"):
            st.vega_lite_chart(survival_chart(tables, colours), height="content", key="survival-chart")
    view.exports.chart("Which modes survive", "survival")


def _colours(view: View) -> dict[str, str]:
    """Colour of each arm in the charts, and of the reference where it is neither."""
    colours = dict(zip(view.shown, ARM_COLOURS, strict=False))
    rest = [name for name in view.study.references if name not in colours][:1]
    return colours | dict.fromkeys(rest, REFERENCE_COLOUR)


def _matching(view: View, label: str) -> None:
    """Sub-clusters merged and split between the two arms, in words."""
    if view.is_single:
        return
    matching = cache.class_report(view, "match_arms", view.left, view.right, label)
    said = [
        f"{_listed(family)} of {escape_markdown(view.left)} merged in {escape_markdown(view.right)}"
        for family in matching.merged
    ]
    said += [
        f"{escape_markdown(view.right)} splits one of {escape_markdown(view.left)} into {_listed(family)}"
        for family in matching.split
    ]
    st.caption(". ".join(said) + "." if said else "Between the arms, no sub-cluster merged and none was split.")


def _listed(family: tuple[int, ...]) -> str:
    return ", ".join(f"s{number + 1}" for number in family)


def _spectra(view: View, label: str) -> None:
    st.subheader("How the variance lies", anchor="spectrum")
    st.caption(
        "A class squeezed onto a line or a point has nearly all of it in one direction; several modes need several. "
        "Shares of the whole: scale is what kappa tells."
    )
    colours = _colours(view)
    spectra = {arm: cache.class_report(view, "spectrum", arm, label) for arm in colours}
    with st.container(key="spectrum"):
        st.vega_lite_chart(spectrum_chart(spectra, colours), height=280, key="spectrum-chart")
    view.exports.chart("How the variance lies", "spectrum")


def _figures(view: View, label: str) -> None:
    """Every further figure of the class, with its meaning."""
    with st.expander("All figures of this class"):
        arms = list(_colours(view))
        rows = {arm: class_figures(view.study, arm, label) for arm in arms}
        names = [name for name in [*FIGURES, *MORE_FIGURES] if any(pd.notna(row.get(name)) for row in rows.values())]
        table = pd.DataFrame(
            [{"Figure": explain(n).title, **{a: rows[a].get(n) for a in arms}, "Meaning": _meaning(n)} for n in names]
        )
        config = {arm: st.column_config.NumberColumn(arm, format="%.3f") for arm in arms}
        st.dataframe(
            table,
            hide_index=True,
            height="content",
            column_config=config | {"Meaning": st.column_config.TextColumn(width="large")},
        )


page()

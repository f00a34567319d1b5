"""Compare: two arms side by side, from the headline down to single items."""

import numpy as np
import pandas as pd
import streamlit as st

from app.components.twin_map import send_points, twin_map
from app.state import address, cache, navigation
from app.state.view import View
from app.widgets.fragments import view_fragment
from app.widgets.galleries import item_galleries
from app.widgets.markdown import escape_markdown
from app.widgets.notices import show_notices
from app.widgets.opening import open_view
from core.analysis.class_report import class_figures
from core.analysis.summary import COLUMNS, summarise, worst_first
from core.analysis.tables import selection_table
from core.diagnostics import explain
from core.storage.study import Study

LAYOUTS = ("Side by side", "One large map")
CARDS = ("sub_recall@1", "sub_map@r", "recall@1", "map@r", "kappa", "subclusters")
DIGITS = {"kappa": 2, "subclusters": 1}
HEADINGS = {
    "subclusters": "Sub-clusters",
    "verdict": "Verdict",
    "kappa": "Kappa",
    "mode_recovery": "Recovery",
    "sublabel_excess": "Mode recall",
}
NEUTRAL = {"kappa", "subclusters"}  # more is not better by itself
SIGNIFICANT = 0.05  # differences with a p-value from here on are marked as not significant, and get no colour


def page() -> None:
    view = open_view()
    if view is None:
        return
    _warnings(view)
    _cards(view)
    send_points(cache.map_points(view), key="maps")
    _playback_link(view)
    _items(view, [_kappa_caption(view.study, name) for name in view.arms], _selected_class(view))
    _classes(view)
    _report(view)


def _warnings(view: View) -> None:
    show_notices(view.study.warnings)
    for name in view.arms:
        for warning in view.study.arm(name).warnings:
            st.warning(f"**{escape_markdown(name)}**: {escape_markdown(warning.message)}", icon=":material/warning:")


def _cards(view: View) -> None:
    """The right arm's figures, their differences from the left arm's, and the reference's figures."""
    table = summarise(view.study)
    tests = cache.comparison(view)
    evaluated = view.study.evaluated
    arms = f"**{view.right}**" if view.is_single else f"**{view.right}** against **{view.left}**"
    st.markdown(f"{arms}, on {evaluated.sum():,} {'' if evaluated.all() else 'held-out '}items")
    shown = [name for name in CARDS if name in table and table.loc[list(view.arms), name].notna().all()]
    with st.container(key="cards"):
        for column, name in zip(st.columns(len(shown), gap="small"), shown, strict=True):
            left, right = table.at[view.left, name], table.at[view.right, name]
            digits = DIGITS.get(name, 3)
            change = f"{right - left:+.{digits}f}"
            same = float(change) == 0
            test = tests.loc[name] if name in tests.index and not view.is_single else None
            by_chance = test is not None and not test["p_value"] < SIGNIFICANT
            column.metric(
                COLUMNS[name],
                f"{right:.{digits}f}",
                None if view.is_single else change,
                delta_color="off" if name in NEUTRAL or same or by_chance else "normal",
                delta_arrow="off" if same else "auto",
                delta_description=None if view.is_single else f"from {left:.{digits}f}{', n.s.' if by_chance else ''}",
                help=_meaning(name, test),
                border=True,
            )
    for name in view.study.references:
        if name not in view.arms:
            figures = " · ".join(f"{COLUMNS[c]} {table.at[name, c]:.{DIGITS.get(c, 3)}f}" for c in shown)
            st.caption(f"For reference, {_described(view.study, name)}: {figures}")


def _meaning(name: str, test: pd.Series | None) -> str:
    measure = explain(name)
    target = " Here of modes." if name.startswith("sub_") else ""
    text = f"{measure.definition}{target} Range: {measure.range}; {measure.direction}."
    if test is None:
        return text
    p_value = "below 0.001" if test["p_value"] < 0.001 else f"{test['p_value']:.3f}"
    note = ", n.s.: it may be chance" if not test["p_value"] < SIGNIFICANT else ""
    return (
        f"{text}\n\nDifference, 95 % interval: {test['low']:+.3f} to {test['high']:+.3f} (p {p_value}, paired{note})."
    )


def _described(study: Study, reference: str) -> str:
    return "raw pixels without any training" if study.arm(reference).pixels else f"**{reference}**"


@view_fragment
def _items(view: View, captions: list[str], chosen_class: list[int] | None) -> None:
    """The fragment that a click on an item redraws. captions: of the maps; chosen_class: ids of its items."""
    _maps(view, captions, chosen_class)
    item_galleries(view, navigation.chosen_item(view.study))


def _maps(view: View, captions: list[str], chosen_class: list[int] | None) -> None:
    single = not view.is_single and _layout() == LAYOUTS[1]
    result = twin_map(
        cache.map_points(view),
        left=view.left,
        right=None if view.is_single else view.right,
        captions=(captions[0], captions[1]),
        colour=address.text("colour"),
        selected=chosen_class,
        focus=navigation.chosen_item(view.study),
        single=single,
        strip="change",
        height=620 if single else 440,
        on_click=navigation.choose_item,
        on_swap=navigation.swap_arms,
        on_colour=navigation.colour_by,
        key="maps",
    )
    view.exports.maps("maps")
    if len(result.selected):
        _selection(view, result.selected)


def _playback_link(view: View) -> None:
    """Link to the Lab, if the arms have snapshots. Outside of fragments, which would lose study and arms."""
    if any(len(view.study.arm(name).snapshots) for name in view.arms) and st.button(
        "Watch how training got here", icon=":material/movie:", key="watch-training"
    ):
        address.open_page("lab", lab="playback")


def _layout() -> str | None:
    """How the maps are shown, kept in the address."""
    return st.segmented_control(
        "Maps",
        LAYOUTS,
        required=True,
        label_visibility="collapsed",
        **address.bound("maps-layout", LAYOUTS, LAYOUTS[0]),
    )


def _kappa_caption(study: Study, name: str) -> str:
    kappa = study.diagnostics.loc[study.diagnostics["arm"] == name, "kappa"].dropna()
    if kappa.empty:
        return "a map shows no scale, so its gaps are not distances"
    span = f"{kappa.min():.2f}" if kappa.nunique() < 2 else f"{kappa.min():.2f} to {kappa.max():.2f}"
    return f"kappa {span}: a map shows no scale, so its gaps are not distances"


def _selected_class(view: View) -> list[int] | None:
    """Ids of the items of the class just picked in the table; None leaves the selection to the maps."""
    rows = st.session_state.get("classes", {}).get("selection", {}).get("rows", [])
    labels = _class_table(view)["class"]
    chosen = labels.iloc[rows[0]] if rows and rows[0] < len(labels) else None
    if chosen == st.session_state.get("class_shown"):
        return None
    st.session_state["class_shown"] = chosen
    if chosen is None:
        return []
    items = view.study.items[view.study.evaluated]
    return items.loc[items["label"] == chosen, "id"].tolist()


def _selection(view: View, ids: np.ndarray) -> None:
    """The items inside the lasso."""
    chosen = view.study.items.iloc[ids]
    counts = chosen.groupby("sublabel" if "sublabel" in chosen else "label").size().sort_values(ascending=False)
    most = ", ".join(f"{escape_markdown(str(name)[:60])}: {count}" for name, count in counts.head(6).items())
    st.caption(f"{len(chosen):,} selected. {most}{' ...' if len(counts) > 6 else ''}")
    view.exports.table(
        f"Selection, {len(ids):,} items", "selection", lambda: selection_table(view.study, ids, view.arms)
    )


def _report(view: View) -> None:
    """The HTML report, made on demand."""
    view.exports.file(
        lambda: st.download_button(
            "Report as HTML",
            lambda: cache.report(view),
            file_name=f"{view.id}-report.html",
            mime="text/html",
            icon=":material/summarize:",
            help="Figures, maps, classes and what they mean, in one file that needs no server. Takes a few seconds.",
            on_click="ignore",
            key="report",
        )
    )


def _class_table(view: View) -> pd.DataFrame:
    """One row per class, both arms side by side; columns named "figure|arm"."""
    tables = {name: _of_arm(view.study, name) for name in dict.fromkeys([*view.arms, *view.study.references])}
    first = tables[view.left]
    columns: dict[str, pd.Series] = {"class": first["label"], "items": first["n"]}
    for figure in HEADINGS:
        for name, table in tables.items():
            if figure in table and table[figure].notna().any():
                columns[f"{figure}|{name}"] = table[figure]
    return pd.DataFrame(columns)


def _of_arm(study: Study, name: str) -> pd.DataFrame:
    return study.diagnostics[study.diagnostics["arm"] == name].reset_index(drop=True)


def _classes(view: View) -> None:
    st.subheader("Classes", anchor="classes")
    st.caption(f"Pick a row to select the class on the maps. {explain('verdict').definition}")
    table = _class_table(view)
    picked = st.container()
    view.exports.table("Table of classes", "classes", lambda: table)
    headings = [("", "Class"), ("", "Items")]
    config: dict[int, object] = {}
    for place, column in enumerate(table.columns[2:], start=1 + len(headings)):  # the hidden index is the first column
        figure, name = column.split("|")
        headings.append((HEADINGS[figure], name))
        meaning = _meaning(figure, None)
        if figure == "verdict":
            config[place] = st.column_config.TextColumn(name, help=meaning)
        else:
            format = "%d" if figure == "subclusters" else "%.3f"
            config[place] = st.column_config.NumberColumn(name, help=meaning, format=format)
    st.dataframe(
        table.set_axis(pd.MultiIndex.from_tuples(headings), axis="columns"),
        column_config=config,
        hide_index=True,
        key="classes",
        on_select="rerun",
        selection_mode="single-row",
    )
    with picked:
        _evidence(view, st.session_state.get("class_shown") or worst_first(view.study, view.arms)[0])


def _evidence(view: View, label: str) -> None:
    """Why one class has its verdicts: the picked one, else the one in the worst state."""
    lines = [f"**{escape_markdown(str(label))}**"]
    for arm in dict.fromkeys(view.arms):
        verdict = class_figures(view.study, arm, label)["verdict"]
        said = escape_markdown(cache.class_evidence(view, arm, label))
        lines.append(f"- **{escape_markdown(arm)}**, {verdict}: {said}.")
    st.markdown("\n".join(lines))


page()

"""Compare: two arms side by side, from the headline down to single items."""

import numpy as np
import pandas as pd
import streamlit as st

from app.compare import maps
from app.compare.arms import show_arms
from app.compare.figures import meaning, show_line, show_sentence
from app.compare.misses import show_misses
from app.compare.selection import show_selection
from app.state import address, cache, navigation
from app.state.view import View
from app.widgets import errors
from app.widgets.fragments import view_fragment
from app.widgets.galleries import item_galleries
from app.widgets.markdown import escape_markdown
from app.widgets.numbers import plain_column
from app.widgets.opening import open_view
from core.analysis.class_report import class_figures
from core.analysis.summary import worst_first
from core.diagnostics import explain
from core.storage.study import Study

HEADINGS = {
    "subclusters": "Sub-clusters",
    "verdict": "Verdict",
    "kappa": "Kappa",
    "mode_recovery": "Recovery",
    "sublabel_excess": "Mode recall",
}
PRECISION = 3  # digits of the figures in the table of classes
BESIDE = [1.85, 1]
"""Widths of the maps and of what stands beside them."""


def page() -> None:
    view = open_view()
    if view is None:
        return
    with st.container(key="fold", gap="xsmall"):
        show_sentence(view)
        with st.container(key="headline", horizontal=True, vertical_alignment="center", gap="small"):
            show_line(view)
            _playback_link(view)
    arms = maps.arms_shown(view)
    maps.send(view, arms)
    _select_class(view)
    _items(view, arms)
    _classes(view)
    show_misses(view)
    show_arms(view)
    _report(view)


@view_fragment
def _items(view: View, arms: tuple[str, ...]) -> None:
    """The fragment that a click on an item redraws. arms: on the maps."""
    errors.rerun_page_if_kept()
    drawn, beside = (st.container(), st.container()) if maps.is_wide(view) else st.columns(BESIDE, gap="medium")
    with drawn:
        ids = maps.show(view, arms)
    with beside, st.container(key="beside"):
        _beside(view, ids)


def _beside(view: View, ids: np.ndarray) -> None:
    """What the last click or lasso has asked for comes first."""
    item = navigation.chosen_item(view.study)
    parts = [lambda: item_galleries(view, item, compact=True)]
    if len(ids):
        place = 0 if _is_newer(item, ids) else 1
        parts.insert(place, lambda: show_selection(view, ids))
    for part in parts:
        part()
    if item is None and not len(ids):
        st.caption("Draw a lasso or a box to see pictures of a group. Scroll over a map to zoom, drag to move it.")


def _is_newer(item: int | None, ids: np.ndarray) -> bool:
    """Whether the selection was changed after the item was chosen."""
    now = {"item": item, "ids": hash(ids.tobytes())}
    before = st.session_state.get("beside", {})
    if before.get("ids") != now["ids"] or item is None:
        now["newer"] = True
    else:
        now["newer"] = before["newer"] and before["item"] == item
    st.session_state["beside"] = now
    return bool(now["newer"])


def _playback_link(view: View) -> None:
    """Link to the Lab, if the arms have snapshots. Outside of fragments, which would lose study and arms."""
    if any(len(view.study.arm(name).snapshots) for name in view.arms) and st.button(
        "Watch training", icon=":material/movie:", key="watch-training"
    ):
        address.open_page("lab", lab="playback")


def _select_class(view: View) -> None:
    """Let the maps select the items of the class just picked in the table."""
    rows = st.session_state.get("classes", {}).get("selection", {}).get("rows", [])
    labels = _class_table(view)["class"]
    chosen = labels.iloc[rows[0]] if rows and rows[0] < len(labels) else None
    if chosen == st.session_state.get("class_shown"):
        return
    items = view.study.items[view.study.evaluated]
    st.session_state["class_shown"] = chosen
    st.session_state[maps.TO_SELECT] = items.loc[items["label"] == chosen, "id"].tolist()


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
        help = meaning(figure)
        if figure == "verdict":
            config[place] = st.column_config.TextColumn(name, help=help)
        else:
            format = "%d" if figure == "subclusters" else f"%.{PRECISION}f"
            config[place] = st.column_config.NumberColumn(name, help=help, format=format)
    st.dataframe(
        table.apply(plain_column, digits=PRECISION).set_axis(pd.MultiIndex.from_tuples(headings), axis="columns"),
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
    for arm in view.shown:
        verdict = class_figures(view.study, arm, label)["verdict"]
        said = escape_markdown(cache.class_evidence(view, arm, label))
        lines.append(f"- **{escape_markdown(arm)}**, {verdict}: {said}.")
    st.markdown("\n".join(lines))


page()

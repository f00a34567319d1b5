"""All arms of a study, the best at finding modes first: what there is to compare beyond the two on screen."""

import streamlit as st

from app.compare.figures import DIGITS, meaning
from app.state import address
from app.state.view import View
from app.widgets.markdown import escape_markdown
from app.widgets.numbers import plain_column
from core.analysis.summary import COLUMNS, COUNTED, rank_arms


def show_arms(view: View) -> None:
    """The ranking, where there are more than the two arms that are shown."""
    table = rank_arms(view.study)
    if len(table) <= len(set(view.arms)):
        return
    by = COLUMNS[next(name for name in ("sub_map@r", "map@r") if name in table)]
    st.subheader("All arms", anchor="arms")
    st.caption(
        f"The best first, by {by}; references, from before any training, are among them. Pick a row to see it on a map."
    )
    view.exports.table("Table of arms", "arms", lambda: table.reset_index(names="arm"))
    figures = [name for name in table if name not in COUNTED]
    counted = [name for name in COUNTED if name in table and table[name].any()]
    shown = table[[*figures, *counted]]
    for name in figures:
        shown = shown.assign(**{name: plain_column(shown[name], DIGITS.get(name, 3))})
    config = {
        name: st.column_config.NumberColumn(
            COLUMNS[name],
            help=meaning(name) if name in figures else "Classes with this verdict",
            format=f"%.{DIGITS.get(name, 3)}f" if name in figures else "%d",
        )
        for name in shown
    }
    sides = {view.left: "left", view.right: "right"}
    st.dataframe(
        shown.rename_axis("Arm").assign(shown=[sides.get(name, "") for name in table.index]),
        column_config={**config, "shown": st.column_config.TextColumn("On screen")},
        key="arms",
        on_select="rerun",
        selection_mode="single-row",
    )
    _pick(table.index.tolist())


def _pick(names: list[str]) -> None:
    """Buttons that bring the picked arm to a side."""
    rows = st.session_state.get("arms", {}).get("selection", {}).get("rows", [])
    if not rows or rows[0] >= len(names):
        return
    name = names[rows[0]]
    with st.container(horizontal=True):
        for side in ("left", "right"):
            st.button(
                f"{escape_markdown(name)} as the {side} arm",
                key=f"arm-{side}",
                on_click=lambda side=side: address.write(**{side: name}),
            )

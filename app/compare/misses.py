"""Why queries find another class first, in both arms: how often each cause, and retrieval if it were mended."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from app.compare import maps
from app.state import cache
from app.state.view import View
from app.widgets.fragments import view_fragment
from app.widgets.markdown import escape_markdown
from app.widgets.numbers import fixed, plain_column

ASKED, SHOWN = "misses-asked", "misses-shown"
"""In the session state: the study whose misses are to be explained; the cause whose queries the maps were told of."""
FIGURES = {"misses": "Misses", "recall@1": "R@1 if mended", "map@r": "MAP@R if mended"}
DIGITS = 3


@view_fragment
def show_misses(view: View) -> None:
    """The fragment that explains the misses when asked to, which takes seconds."""
    if np.isnan(view.study.arm(view.left).metrics["recall@1"]):
        return  # no query has anything to find
    st.subheader("Misses", anchor="misses")
    st.caption(f"Queries whose first hit is of another class: {_shares(view)}.")
    if st.session_state.get(ASKED) == view.id:
        _causes(view)
    else:
        st.button(
            "Explain the misses", icon=":material/troubleshoot:", key="explain-misses", on_click=_ask, args=(view,)
        )


def _ask(view: View) -> None:
    st.session_state[ASKED] = view.id


def _shares(view: View) -> str:
    """From what the study says of its arms: reading every query of a large one would hold up the page."""
    shares = {arm: 100 * (1 - view.study.arm(arm).metrics["recall@1"]) for arm in view.shown}
    return ", ".join(f"{fixed(share, 1)} % in {escape_markdown(arm)}" for arm, share in shares.items())


def _causes(view: View) -> None:
    """A row per cause, both arms side by side; picking one selects its queries on the maps."""
    from core.analysis.mending import AS_IT_IS, MOST_RANKED, TITLES  # imports scientific libraries
    from core.analysis.misses import CAUSES

    chosen = _table(view)
    view.exports.table("Misses", "misses", lambda: _plain(view))
    _select(view, chosen)
    if chosen is None:
        said = [
            "A miss has the first cause that holds. Pick a row to select its queries on the maps and read its rule."
        ]
        if view.study.evaluated.sum() > MOST_RANKED:
            said.append(f"Where queries are ranked again, these are a sample of {MOST_RANKED:,}.")
    else:
        said = [f"**{TITLES[chosen]}**: {_number_selected(view, chosen)}."]
        if chosen != AS_IT_IS:
            said.append(f"{CAUSES[chosen].rule} Mended: {CAUSES[chosen].mended}")
    st.caption(" ".join(said))


def _table(view: View) -> str | None:
    """Draw the table; returns the cause whose row is picked."""
    from core.analysis.mending import TITLES  # imports scientific libraries
    from core.analysis.misses import CAUSES

    tables = {arm: cache.misses(view, arm)[1] for arm in view.shown}
    names = [*TITLES]  # as in every table
    columns: dict[tuple[str, str], Any] = {("", "Cause"): [*TITLES.values()]}
    config: dict[int, object] = {}
    for figure, heading in FIGURES.items():
        format = "localized" if figure == "misses" else f"%.{DIGITS}f"
        for arm, table in tables.items():
            config[len(columns) + 1] = st.column_config.NumberColumn(
                arm, format=format
            )  # the hidden index is the first
            columns[heading, arm] = plain_column(table[figure], DIGITS)
    columns["", "Mended by"] = [CAUSES[name].mended if name in CAUSES else "" for name in names]
    event = st.dataframe(
        pd.DataFrame(columns),
        column_config=config,
        hide_index=True,
        height="content",
        placeholder="-",
        key="misses",
        on_select="rerun",
        selection_mode="single-row",
    )
    rows = event["selection"]["rows"]
    return names[rows[0]] if rows else None


def _select(view: View, chosen: str | None) -> None:
    """Let the maps select the queries of the cause just picked, in either arm."""
    now = None if chosen is None else (view.id, view.arms, chosen)
    if now == st.session_state.get(SHOWN):
        return
    st.session_state[SHOWN] = now
    ids = [] if chosen is None else [_queries(view, arm, chosen) for arm in view.shown]
    st.session_state[maps.TO_SELECT] = np.unique(np.concatenate([[], *ids])).astype(int).tolist()
    st.rerun()  # the whole page, which has the maps


def _queries(view: View, arm: str, cause: str) -> np.ndarray:
    """Ids of the queries that miss for this cause; "" for any."""
    found = cache.misses(view, arm)[0]
    return found.index[(found["cause"] == cause) | (cause == "")].to_numpy()


def _number_selected(view: View, cause: str) -> str:
    found = [_queries(view, arm, cause) for arm in view.shown]
    parts = [f"{len(ids):,} queries in {escape_markdown(arm)}" for arm, ids in zip(view.shown, found, strict=True)]
    both = [f"{len(np.intersect1d(*found)):,} of them in both"] if len(found) == 2 else []
    return ", ".join([*parts, *both])


def _plain(view: View) -> pd.DataFrame:
    """For export: a row per arm and cause."""
    return pd.concat([cache.misses(view, arm)[1].assign(arm=arm) for arm in view.shown], ignore_index=True)

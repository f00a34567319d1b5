"""The galleries of one query in both arms, and the breadcrumbs back to earlier queries."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import streamlit as st

from app.components.gallery import GalleryArm, GalleryQuery, gallery
from app.components.strips import Tile
from app.state import cache, navigation
from app.state.view import View
from app.widgets.search_controls import SearchOptions, choose_k
from core.analysis.called import called
from core.analysis.search import hits_by_arm, is_far
from core.analysis.tables import hits_table
from core.storage.study import Study

CRUMBS = 6

Queries = dict[str, int | np.ndarray]
"""The query in each arm: an item's id, or a vector (d,) in that arm's space."""


def item_galleries(
    view: View, item: int | None, ask: Callable[[], SearchOptions] = choose_k, *, compact: bool = False
) -> None:
    """The galleries of an item of the study, with breadcrumbs back to earlier queries.

    ask: draws the controls of the search. compact: they stand below, so that a narrow gallery begins higher up.
    """
    if item is None:
        _gallery(view, None, [GalleryArm(name, None) for name in view.shown])
        return
    above = st.container(horizontal=True, vertical_alignment="bottom")
    shown = st.container()
    with above:
        _breadcrumbs(item)
    with st.container() if compact else above:
        asked = ask()
    row = view.study.items.iloc[item]
    (name,) = called(view.study, [item])
    query = GalleryQuery(f"Item #{item}{f' · {name}' if name else ''}", item, str(row["label"]), _mode(row))
    with shown:
        galleries(view, query, dict.fromkeys(view.arms, item), asked)


def galleries(view: View, query: GalleryQuery, queries: Queries, asked: SearchOptions) -> None:
    """The galleries of any query, in the arms that have a vector of it; clicking a tile makes that item the query."""
    asked_in = {name: queries[name] for name in view.shown if name in queries}
    found = hits_by_arm(view.study, asked_in, asked.k, filters=asked.filters, metric=asked.metric)
    arms = [
        GalleryArm(
            name,
            hits.assign(subcluster=_named(hits["subcluster"]), name=called(view.study, hits["id"])),
            far=is_far(view.study, name, asked_in[name]),
        )
        for name, hits in found.items()
    ]
    view.exports.table(
        "Hits of this query",
        "hits",
        lambda: hits_table(view.study, queries, asked.k, filters=asked.filters, metric=asked.metric, name=query.title),
    )
    _gallery(view, query, arms)
    _legend(view)


def tile_of(study: Study, item: int) -> Tile:
    """An item in a strip."""
    row = study.items.iloc[item]
    (name,) = called(study, [item])
    return Tile(item, name, str(row.get("sublabel") or row["label"]))


def _legend(view: View) -> None:
    """Explains the figures and signs on a tile."""
    other = (
        ""
        if view.is_single
        else " #1 → #9: ranked 1st here, 9th in the other arm. *only here*: not among the neighbours there."
    )
    st.caption(
        "Top left the rank, top right the Euclidean distance to the query. ✓ same class, ✗ another one; = same mode, "
        f"≠ another one. s1: the sub-cluster.{other}"
    )


def _gallery(view: View, query: GalleryQuery | None, arms: list[GalleryArm]) -> None:
    gallery(query, arms, atlas=cache.thumbnails(view), on_click=navigation.choose_item, key="gallery")


def _named(subclusters: pd.Series) -> list[str | None]:
    return [f"s{group + 1}" if group >= 0 else None for group in subclusters]


def _mode(row: pd.Series) -> str | None:
    return str(row["sublabel"]) if "sublabel" in row else None


def _breadcrumbs(item: int) -> None:
    trail = navigation.trail()
    st.button("Back", icon=":material/arrow_back:", on_click=navigation.step_back, disabled=not trail, key="back")
    crumbs = ["start" if id is None else f"#{id}" for id in trail[-CRUMBS:]] + [f"**#{item}**"]
    st.markdown(("... › " if len(trail) > CRUMBS else "") + " › ".join(crumbs))

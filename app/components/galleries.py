"""Both arms' neighbours of one query, with the way back."""

import numpy as np
import pandas as pd
import streamlit as st

from app import state
from app.components.gallery import GalleryArm, GalleryQuery, gallery
from core.search import hits, rank_among

DEFAULT_K = 10
CRUMBS = 6

Queries = dict[str, int | np.ndarray]
"""What is asked in each arm: an item's id, or a vector (d,) in that arm's space."""


def item_galleries(view: state.View, item: int | None) -> None:
    """The galleries of an item of the study, with the way back to the queries before it."""
    if item is None:
        gallery(
            None, [GalleryArm(name, None) for name in dict.fromkeys(view.arms)], atlas=state.atlas(view), key="gallery"
        )
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        _way_back(item)
        k = choose_k()
    row = view.study.items.iloc[item]
    name = f" · {row['name']}" if row.get("name") else ""
    query = GalleryQuery(f"Item #{item}{name}", item, str(row["label"]), _mode(row))
    galleries(view, query, dict.fromkeys(view.arms, item), k)


def galleries(view: state.View, query: GalleryQuery, queries: Queries, k: int) -> None:
    """The galleries of any query, in the arms that it is asked in; clicking a tile makes that item the query."""
    arms = [_arm(view, name, queries, k) for name in dict.fromkeys(view.arms) if name in queries]
    clicked = gallery(query, arms, atlas=state.atlas(view), key="gallery")
    if clicked is not None:
        state.choose_item(clicked)
        st.rerun()


def choose_k() -> int:
    """How many neighbours to show, kept in the address."""
    return st.slider("Neighbours", 5, 50, DEFAULT_K, step=5, key="k", bind="query-params", width=240)


def _arm(view: state.View, name: str, queries: Queries, k: int) -> GalleryArm:
    other = view.right if name == view.left else view.left
    found = hits(view.study, name, queries[name], k)
    if other != name and other in queries:
        found = found.assign(other_rank=rank_among(view.study, other, queries[other], found["id"].to_numpy()))
    return GalleryArm(name, found.assign(subcluster=_named(found["subcluster"])))


def _named(subclusters: pd.Series) -> list[str | None]:
    return [f"s{group + 1}" if group >= 0 else None for group in subclusters]


def _mode(row: pd.Series) -> str | None:
    return str(row["sublabel"]) if "sublabel" in row else None


def _way_back(item: int) -> None:
    trail = state.trail()
    st.button("Back", icon=":material/arrow_back:", on_click=state.step_back, disabled=not trail, key="back")
    crumbs = ["start" if id is None else f"#{id}" for id in trail[-CRUMBS:]] + [f"**#{item}**"]
    st.markdown(("... › " if len(trail) > CRUMBS else "") + " › ".join(crumbs))

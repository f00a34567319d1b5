"""Both arms' neighbours of one query, with the way back."""

import numpy as np
import pandas as pd
import streamlit as st

from app import state
from app.components.gallery import GalleryArm, GalleryQuery, gallery
from core.search import hits, rank_among

DEFAULT_K = 10
CRUMBS = 6

Vectors = dict[str, np.ndarray]
"""A query that is no item: its vector in each arm's space, (d,) each."""


def galleries(view: state.View, item: int | None) -> None:
    """The galleries of an item of the study; clicking a tile makes that item the query."""
    if item is None:
        gallery(None, [GalleryArm(name, None) for name in view.arms], atlas=state.atlas(view), key="gallery")
        return
    k = _controls(item)
    row = view.study.items.iloc[item]
    query = GalleryQuery(f"Item #{item}", item, str(row["label"]), _mode(row))
    queries: dict[str, int | np.ndarray] = dict.fromkeys(view.arms, item)
    _show(view, query, queries, k)


def query_galleries(view: state.View, query: GalleryQuery, vectors: Vectors, k: int) -> None:
    """The galleries of a picture from outside; clicking a tile makes that item the query."""
    _show(view, query, dict(vectors), k)


def _show(view: state.View, query: GalleryQuery, queries: dict[str, int | np.ndarray], k: int) -> None:
    arms = [_arm(view, name, queries, k) for name in dict.fromkeys(view.arms)]
    clicked = gallery(query, arms, atlas=state.atlas(view), key="gallery")
    if clicked is not None:
        state.choose_item(clicked)
        st.rerun()


def _arm(view: state.View, name: str, queries: dict[str, int | np.ndarray], k: int) -> GalleryArm:
    other = view.right if name == view.left else view.left
    found = hits(view.study, name, queries[name], k)
    if other != name:
        found = found.assign(other_rank=rank_among(view.study, other, queries[other], found["id"].to_numpy()))
    return GalleryArm(name, found.assign(subcluster=_named(found["subcluster"])))


def _named(subclusters: pd.Series) -> list[str | None]:
    return [f"s{group + 1}" if group >= 0 else None for group in subclusters]


def _mode(row: pd.Series) -> str | None:
    return str(row["sublabel"]) if "sublabel" in row else None


def _controls(item: int) -> int:
    """The way back along the queries, and how many neighbours."""
    with st.container(horizontal=True, vertical_alignment="center"):
        trail = state.trail()
        st.button("Back", icon=":material/arrow_back:", on_click=state.step_back, disabled=not trail, key="back")
        crumbs = ["start" if id is None else f"#{id}" for id in trail[-CRUMBS:]] + [f"**#{item}**"]
        st.markdown(("... › " if len(trail) > CRUMBS else "") + " › ".join(crumbs))
        return st.slider("Neighbours", 5, 50, DEFAULT_K, step=5, key="k", bind="query-params", width=240)

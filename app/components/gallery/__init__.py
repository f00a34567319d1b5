"""Ranked nearest neighbours of a query as tiles, one column for each arm, the keyboard moving across both."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from app.components.atlas import ImageAtlas
from app.components.bundle import component

__all__ = ["GalleryArm", "GalleryQuery", "gallery"]

_component = component(Path(__file__).parent)


@dataclass(frozen=True)
class GalleryQuery:
    """What the neighbours are neighbours of."""

    title: str
    """E.g. "Item #412", or the name of an uploaded file."""
    id: int | None = None
    """None for an image that is no item of the study."""
    label: str | None = None
    """Its class; None = unknown, and then no tile is marked right or wrong."""
    sublabel: str | None = None
    """Its mode, where known."""
    image: str | None = None
    """Address of its picture (see `atlas.picture_url`); None = its thumbnail in the atlas."""


@dataclass(frozen=True)
class GalleryArm:
    """One arm's ranking."""

    name: str
    hits: pd.DataFrame | None
    """Nearest first; None = still loading. Columns: id, distance, label, and where known name, sublabel, subcluster
    (a name, or a number with -1 = none), other_rank (1 = nearest; missing = not among the other arm's) and image
    (address)."""
    note: str = ""
    """A line under the name, e.g. the sub-cluster the query falls into."""
    far: bool = False
    """Whether the query is far from everything here, so that even its nearest items say little."""


def gallery(
    query: GalleryQuery | None,
    arms: Sequence[GalleryArm],
    *,
    atlas: ImageAtlas | None = None,
    on_click: Callable[[int], None],
    key: str,
) -> None:
    """Draw the query and its neighbours in each arm; on_click is called, before the run, with a clicked tile's id.

    With two arms that give no `other_rank`, it is read off the other arm's hits. Without a query the gallery
    says how to choose one. Raises ValueError when an arm's hits lack the columns id, distance or label.
    """
    data = {
        "query": None if query is None else _query(query, atlas),
        "arms": [_arm(query, arm, _other(arms, i), atlas) for i, arm in enumerate(arms)],
        "atlas": atlas.mount() if atlas is not None else None,
    }
    shown = {hit["id"] for arm in data["arms"] for hit in arm["hits"] or []}

    def picked() -> None:
        id = st.session_state[key].get("picked")
        if isinstance(id, int) and id in shown:
            on_click(id)

    _component(key=key, data=data, on_picked_change=picked)


def _other(arms: Sequence[GalleryArm], i: int) -> GalleryArm | None:
    return arms[1 - i] if len(arms) == 2 else None


def _query(query: GalleryQuery, atlas: ImageAtlas | None) -> dict[str, Any]:
    return {**vars(query), "slot": _slots(atlas, [] if query.id is None else [query.id], 1)[0]}


def _arm(
    query: GalleryQuery | None, arm: GalleryArm, other: GalleryArm | None, atlas: ImageAtlas | None
) -> dict[str, Any]:
    described = {
        "name": arm.name,
        "note": arm.note,
        "far": arm.far,
        "otherName": other.name if other else None,
        "hits": None,
    }
    if arm.hits is None:
        return described
    if missing := {"id", "distance", "label"} - set(arm.hits.columns):
        raise ValueError(f"The hits of {arm.name} lack the column(s) {', '.join(sorted(missing))}.")
    hits = arm.hits.reset_index(drop=True)
    if "other_rank" not in hits and other is not None and other.hits is not None:
        ranks = {int(id_): rank for rank, id_ in enumerate(other.hits["id"], start=1)}
        hits = hits.assign(other_rank=[ranks.get(int(id_)) for id_ in hits["id"]])
    slots = _slots(atlas, hits["id"].tolist(), len(hits))
    described["hits"] = [
        _hit(query, hit, rank, slot)
        for rank, (hit, slot) in enumerate(zip(hits.to_dict("records"), slots, strict=True), start=1)
    ]
    return described


def _hit(query: GalleryQuery | None, hit: dict[str, Any], rank: int, slot: int) -> dict[str, Any]:
    def text(name: str) -> str | None:
        value = hit.get(name)
        return None if value is None or pd.isna(value) else str(value)

    label, sublabel = query and query.label, query and query.sublabel
    return {
        "id": int(hit["id"]),
        "rank": rank,
        "distance": float(hit["distance"]),
        "name": text("name"),
        "label": text("label") or "",
        "sublabel": text("sublabel"),
        "subcluster": _subcluster(hit.get("subcluster")),
        "image": text("image"),
        "slot": slot,
        "sameClass": None if label is None else text("label") == label,
        "sameMode": None if sublabel is None or text("sublabel") is None else text("sublabel") == sublabel,
        "compared": "other_rank" in hit,
        "otherRank": None if text("other_rank") is None else int(float(hit["other_rank"])),
    }


def _subcluster(value: object) -> str | None:
    if value is None or value != value or value == -1:  # NaN differs from itself
        return None
    return value if isinstance(value, str) else f"s{int(value)}"


def _slots(atlas: ImageAtlas | None, ids: list[int], n: int) -> list[int]:
    return [-1] * n if atlas is None or not ids else atlas.slots(np.asarray(ids, dtype=np.int64)).tolist()

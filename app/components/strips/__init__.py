"""Rows of pictures, one row for each sub-cluster, in a column for each arm; a click picks an item."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from app.components.atlas import ImageAtlas
from app.components.bundle import component

__all__ = ["Strip", "StripArm", "Tile", "strips"]

_component = component(Path(__file__).parent)


@dataclass(frozen=True)
class Tile:
    """One item."""

    id: int
    name: str
    """What it is called; stands where there is no picture. Empty = its number."""
    kind: str
    """Its mode or class, for those who cannot see the picture."""


@dataclass(frozen=True)
class Strip:
    """One sub-cluster."""

    title: str
    size: str
    note: str
    """E.g. what modes its items have."""
    tiles: Sequence[Tile]


@dataclass(frozen=True)
class StripArm:
    """One column."""

    name: str
    strips: Sequence[Strip]
    note: str = ""
    """A line beneath, e.g. how many items are in no sub-cluster."""


def strips(
    arms: Sequence[StripArm],
    *,
    atlas: ImageAtlas | None,
    chosen: int | None,
    on_click: Callable[[int], None],
    key: str,
) -> None:
    """Draw the rows. chosen: the item to mark. on_click: called, before the run, with the id of a clicked tile."""
    data = {
        "arms": [asdict(arm) for arm in arms],
        "atlas": None if atlas is None else atlas.mount(),
        "slots": _slots(arms, atlas),
        "chosen": chosen,
    }

    def picked() -> None:
        id = st.session_state[key].get("picked")
        if isinstance(id, int) and id in _ids(arms):
            on_click(id)

    _component(key=key, data=data, on_picked_change=picked)


def _ids(arms: Sequence[StripArm]) -> list[int]:
    return [tile.id for arm in arms for strip in arm.strips for tile in strip.tiles]


def _slots(arms: Sequence[StripArm], atlas: ImageAtlas | None) -> dict[str, Any]:
    """Where the atlas holds each item's picture."""
    ids = _ids(arms)
    if atlas is None or not ids:
        return {}
    return {str(id): int(slot) for id, slot in zip(ids, atlas.slots(np.array(ids)), strict=True)}

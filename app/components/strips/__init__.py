"""Rows of pictures, one row for each sub-cluster, in a column for each arm; a click picks an item."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from app.components.atlas import ImageAtlas
from app.components.bundle import bundle, stylesheet

__all__ = ["Strip", "StripArm", "Tile", "strips"]

_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "uncollapse_strips",
    js=bundle(_HERE / "index.js"),
    css=stylesheet(_HERE.parent / "common" / "common.css", _HERE / "style.css"),
)


@dataclass(frozen=True)
class Tile:
    """One item."""

    id: int
    name: str
    """What it is, for those who cannot see the picture, and where there is none."""


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


def strips(arms: Sequence[StripArm], *, atlas: ImageAtlas | None, chosen: int | None, key: str) -> int | None:
    """Draw the rows; returns the id of the tile clicked in this very run. chosen: the item to mark."""
    data = {
        "arms": [asdict(arm) for arm in arms],
        "atlas": None if atlas is None else atlas.mount(),
        "slots": _slots(arms, atlas),
        "chosen": chosen,
    }
    picked = _component(key=key, data=data, on_picked_change=lambda: None).get("picked")
    return picked if isinstance(picked, int) and picked in _ids(arms) else None


def _ids(arms: Sequence[StripArm]) -> list[int]:
    return [tile.id for arm in arms for strip in arm.strips for tile in strip.tiles]


def _slots(arms: Sequence[StripArm], atlas: ImageAtlas | None) -> dict[str, Any]:
    """Where the atlas holds each item's picture."""
    ids = _ids(arms)
    if atlas is None or not ids:
        return {}
    return {str(id): int(slot) for id, slot in zip(ids, atlas.slots(np.array(ids)), strict=True)}

"""Linked maps of several arms side by side (or one large), drawn and brushed in the browser."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from jaxtyping import Int64

from app.components.bundle import component
from app.components.twin_map.points import Field, MapPoints

__all__ = ["Field", "MapPoints", "QueryMark", "TwinMapState", "send_points", "twin_map"]

_component = component(Path(__file__).parent)


@dataclass(frozen=True)
class QueryMark:
    """A query placed on the maps approximately, e.g. an uploaded image: a star with a label."""

    label: str
    places: Sequence[tuple[float, float] | None]
    """Where on the map of each arm; None: not on that map."""


@dataclass(frozen=True)
class TwinMapState:
    """What the user did on the maps."""

    selected: Int64[np.ndarray, "m"]
    """Ids selected now, in the order of `points.ids`: by lasso or box, or by the argument, whichever came last."""


def send_points(points: MapPoints, *, key: str) -> None:
    """Send the browser the points of the maps of this key.

    For the page itself to call, apart from the part of it that holds the maps: packing the points takes longer than
    all else about a click on them. Streamlit keeps a message that has not changed from being sent again.
    """
    _component(key=f"{key}-points", data={"role": "points", "version": points.version, "table": points.table})


def twin_map(
    points: MapPoints,
    *,
    arms: Sequence[str],
    captions: Sequence[str] = (),
    colour: str | None = None,
    selected: Sequence[int] | None = None,
    focus: int | None = None,
    queries: Sequence[QueryMark] = (),
    single: bool = False,
    strip: str | None = None,
    height: int | str = 440,
    on_click: Callable[[int | None], None],
    on_swap: Callable[[], None],
    on_colour: Callable[[str], None],
    key: str,
) -> TwinMapState:
    """Draw the arms' maps and return what the user did; zoom, legend and selection are kept over script runs.

    points: as given to `send_points` with the same key.

    on_click: called before the run, with the id of the item just clicked, or None when Esc was pressed with nothing
    selected: the user wants the focus gone. on_swap: the same when the user wants two arms to change sides.
    on_colour: the same with the name of the field that the user now colours by.

    arms: their names, in the order of the points' maps, of which as many are shown. single: one large map instead,
    with a switch, also on the key t, that moves the points from one arm's map to the next one's.
    captions: a line under each map, e.g. kappa, since a map says nothing about scale.
    colour: name of the field to colour by at first, and again whenever this argument changes; None: the first.
    selected: ids to select; None leaves the selection to the user. focus: the item ringed on both maps.
    strip: name of a continuous field whose distribution is drawn as bars that select. height: of the drawing area, in
    pixels, or as a length of CSS that may depend on the screen.
    """
    sent = None if selected is None else encode_selection(points, selected)
    view: dict[str, Any] = {
        "role": "view",
        "version": points.version,
        "idsVersion": points.ids_version,
        "arms": [
            {"name": name, "caption": caption}
            for name, caption in zip_longest(arms, captions[: len(arms)], fillvalue="")
        ],
        "single": single or len(arms) == 1,
        "strip": strip,
        "fields": list(points.fields),
        "colour": colour,
        "selected": sent,
        "asked": _asked(key, sent),
        "focus": focus,
        "queries": [asdict(query) for query in queries],
        "atlas": points.atlas.mount() if points.atlas is not None else None,
        "height": f"{height}px" if isinstance(height, int) else height,
    }
    result = _component(
        key=key,
        data=view,
        default={"selection": None},
        on_selection_change=_ignore,
        on_picked_change=lambda: _picked(points, key, on_click),
        on_swap_change=on_swap,
        on_colour_change=lambda: _coloured(points, key, on_colour),
    )
    selection = result.get("selection") if isinstance(result.get("selection"), dict) else {}
    return TwinMapState(decode_selection(points, _latest(key, sent, selection, points.ids_version)))


def _picked(points: MapPoints, key: str, on_click: Callable[[int | None], None]) -> None:
    picked = st.session_state[key].get("picked")
    id = picked.get("id") if isinstance(picked, dict) else None
    if id is None or (isinstance(id, int) and id in points.ids):
        on_click(id)


def _coloured(points: MapPoints, key: str, on_colour: Callable[[str], None]) -> None:
    name = st.session_state[key].get("colour")
    if name in {field["name"] for field in points.fields}:
        on_colour(name)


def _memory(key: str) -> dict[str, Any]:
    return st.session_state.setdefault(f"{key}-selection", {"sent": None, "received": {}, "held": {}, "asked": 0})


def _asked(key: str, sent: str | None) -> int:
    """How often the page has asked for a selection that was not the user's own already.

    The browser takes a selection that it has reported itself for an echo, unless it is told that it is none.
    """
    memory = _memory(key)
    if sent is not None and sent not in {memory["sent"], memory["held"].get("mask")}:
        memory["asked"] += 1
    return memory["asked"]


def _latest(key: str, sent: str | None, received: dict[str, Any], ids_version: str) -> dict[str, Any]:
    """The selection that holds: the page's own where it has changed since the last run, else the user's."""
    memory = _memory(key)
    if sent is not None and sent != memory["sent"]:
        memory["held"] = {"mask": sent, "ids": ids_version}
    if received != memory["received"]:
        memory["held"] = received
    memory |= {"sent": sent, "received": received}
    return memory["held"]


def encode_selection(points: MapPoints, ids: Sequence[int]) -> str:
    """One bit for each point, little-endian, as base64: 8 kB for 60,000 points whatever is selected."""
    mask = np.isin(points.ids, np.asarray(ids, dtype=np.int64))
    return base64.b64encode(np.packbits(mask, bitorder="little").tobytes()).decode() if mask.any() else ""


def decode_selection(points: MapPoints, selection: dict[str, Any]) -> Int64[np.ndarray, "m"]:
    """Ids of the selected points; none when the browser's mask is malformed or made for other items."""
    mask = selection.get("mask")
    if selection.get("ids") != points.ids_version or not isinstance(mask, str):
        return points.ids[:0]
    try:
        packed = np.frombuffer(base64.b64decode(mask, validate=True), dtype=np.uint8)
    except (binascii.Error, ValueError):
        return points.ids[:0]
    if len(packed) != -(-len(points.ids) // 8):
        return points.ids[:0]
    return points.ids[np.unpackbits(packed, count=len(points.ids), bitorder="little").astype(bool)]


def _ignore() -> None:
    """Streamlit returns a component's value only where a callback is given."""

"""Playback of a training in the browser: the items move from epoch to epoch, with measures beneath."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pyarrow as pa
import streamlit as st

from app.components.bundle import component
from app.components.twin_map import Field, MapPoints

if TYPE_CHECKING:
    from core.analysis.playback import Playback

__all__ = ["Measure", "PlaybackData", "playback"]

_component = component(Path(__file__).parent)


@dataclass(frozen=True)
class Measure:
    """A figure over epochs, drawn as one line for each arm."""

    title: str
    note: str
    """What it is, with its direction, in a few words; or how much of it has been computed."""
    lines: Mapping[str, Sequence[tuple[int, float]]]
    """Arm -> (epoch, value), ascending."""
    digits: int = 2
    limits: tuple[float, float] | None = None
    """Ends of its scale; None = the data's."""


@dataclass(frozen=True)
class PlaybackData:
    """A playback packed for the browser. Build once per study and pair of arms (e.g. in `st.cache_resource`)."""

    points: MapPoints
    """The items, and what to colour them by."""
    places: pa.Table
    """One column of numbers: x and y of every item, item by item, epoch by epoch, arm by arm."""
    arms: tuple[dict[str, Any], ...]
    total: int
    version: str

    @classmethod
    def build(cls, found: "Playback") -> Self:
        """Raises ValueError where nothing was kept."""
        played = list(found.arms.items())
        if not played:
            raise ValueError("There are no snapshots to play.")
        items = found.items
        known = [("mode", "Mode", "sublabel"), ("class", "Class", "label")]
        points = MapPoints.build(
            items["id"].to_numpy(),
            maps=[arm.places[-1] for _, arm in played],
            fields=[Field(name, title, [items[c].to_numpy(object)]) for name, title, c in known if c in items],
            names=items["name"].tolist() if "name" in items else None,
        )
        places = np.concatenate([arm.places.ravel() for _, arm in played])
        arms = tuple(
            {
                "name": name,
                "epochs": arm.epochs,
                "shares": [float(share) if np.isfinite(share) else None for share in arm.shares],
                "projected": arm.projected,
            }
            for name, arm in played
        )
        frames = "-".join(f"{arm['name']}{len(arm['epochs'])}" for arm in arms)
        return cls(points, pa.table({"places": places}), arms, found.total, f"{points.version}-{frames}")


def playback(
    data: PlaybackData,
    *,
    measures: Sequence[Measure] = (),
    colour: str | None = None,
    on_colour: Callable[[str], None] = lambda _: None,
    epochs: int | None = None,
    follow: bool = False,
    height: int = 400,
    key: str,
) -> None:
    """Draw the player; its epoch and colours are kept over script runs.

    colour: name of the field to colour by at first, and again whenever it changes; where the items have none of that
    name, the first. on_colour: called before the run with the one that the user now colours by. epochs: of a training
    under way, how many it has in all. follow: show the newest epoch, also as further ones arrive, until the user moves
    to another.
    height: of the maps, in pixels.
    """
    view = {
        "role": "view",
        "version": data.version,
        "arms": list(data.arms),
        "fields": list(data.points.fields),
        "shown": len(data.points.ids),
        "total": data.total,
        "measures": [asdict(measure) for measure in measures],
        "colour": colour,
        "epochs": epochs,
        "follow": follow,
        "height": height,
    }
    with st.container(gap=None, key=f"{key}-player"):
        # Apart from the view: its message stays the same while measures come in, so Streamlit sends it only once.
        _component(
            key=f"{key}-places",
            data={"role": "places", "version": data.version, "items": data.points.table, "places": data.places},
        )
        _component(key=key, data=view, on_colour_change=lambda: _coloured(data, key, on_colour))


def _coloured(data: PlaybackData, key: str, on_colour: Callable[[str], None]) -> None:
    name = st.session_state[key].get("colour")
    if name in {field["name"] for field in data.points.fields}:
        on_colour(name)

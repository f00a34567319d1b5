"""Training played back: the arms' items move from epoch to epoch, with measures beneath; all of it in the browser."""

from collections.abc import Mapping, Sequence
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
    """What it is, with its direction, in a few words; or how far it is computed."""
    lines: Mapping[str, Sequence[tuple[int, float]]]
    """Arm -> (epoch, value), ascending."""
    digits: int = 2
    limits: tuple[float, float] | None = None
    """Ends of its scale; None = the data's."""


@dataclass(frozen=True)
class PlaybackData:
    """A playback packed for the browser. Build once per study and pair of arms (e.g. in `st.cache_resource`)."""

    points: MapPoints
    """Who the items are and what to colour them by."""
    places: pa.Table
    """One column of numbers: x and y of every item, item by item, epoch by epoch, arm by arm."""
    arms: tuple[dict[str, Any], ...]
    total: int
    version: str

    @classmethod
    def build(cls, found: "Playback") -> Self:
        """Raises ValueError where nothing was kept."""
        films = list(found.arms.items())
        if not films:
            raise ValueError("There are no snapshots to play.")
        items = found.items
        known = [("mode", "Mode", "sublabel"), ("class", "Class", "label")]
        points = MapPoints.build(
            items["id"].to_numpy(),
            left=films[0][1].places[-1],
            right=films[-1][1].places[-1],
            fields=[Field(name, title, items[c].to_numpy(object)) for name, title, c in known if c in items],
            names=items["name"].tolist() if "name" in items else None,
        )
        places = np.concatenate([film.places.ravel() for _, film in films])
        arms = tuple(
            {
                "name": name,
                "epochs": film.epochs,
                "shares": [float(share) if np.isfinite(share) else None for share in film.shares],
                "projected": film.projected,
            }
            for name, film in films
        )
        frames = "-".join(f"{arm['name']}{len(arm['epochs'])}" for arm in arms)
        return cls(points, pa.table({"places": places}), arms, found.total, f"{points.version}-{frames}")


def playback(
    reel: PlaybackData,
    *,
    measures: Sequence[Measure] = (),
    colour: str | None = None,
    epochs: int | None = None,
    follow: bool = False,
    height: int = 400,
    key: str,
) -> None:
    """Draw the player; where it stands and its colours outlive script runs.

    colour: name of the field to colour by at first. epochs: how many the training has in all, where it goes on.
    follow: stand at the newest epoch, and go along with those that come, until the user goes elsewhere.
    height: of the maps, in pixels.
    """
    view = {
        "role": "view",
        "version": reel.version,
        "arms": list(reel.arms),
        "fields": list(reel.points.fields),
        "shown": len(reel.points.ids),
        "total": reel.total,
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
            data={"role": "places", "version": reel.version, "items": reel.points.table, "places": reel.places},
        )
        _component(key=key, data=view)

"""Training as a film: the items' embeddings epoch by epoch, all seen from one fixed side.

What is drawn is a linear view: two orthogonal directions of the embedding space, the same for every epoch of an arm.
Distances in it are true ones or shorter, never longer, so a class that shrinks on screen shrinks in the plane seen.
The maps of a study are made by UMAP, which gives every class about the same room and so hides collapse; they would not
do here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float, Float32, Float64, Int64
from scipy.linalg import eigh, orthogonal_procrustes

from core.common.errors import StudyError
from core.storage.layout import ITEMS, SNAPSHOTS, arm_folder
from core.storage.snapshots import Snapshots
from core.storage.study import evaluated

MAX_ITEMS = 2000
"""Items shown: beyond these no more is seen, and every frame must be drawn in time."""

MAX_FRAMES = 100
"""Epochs shown; with MAX_ITEMS of two arms they are 3 MB."""

SETTLED = 3
"""Last shown epochs that decide from which side all are seen."""


@dataclass(frozen=True)
class ArmPlayback:
    """One arm through its training."""

    epochs: list[int]
    """Those shown, ascending; 0 is before training."""
    places: Float32[np.ndarray, "e m 2"]
    """In units of the embedding space; comparable over epochs and arms."""
    shares: Float64[np.ndarray, "e"]
    """Share of the epoch's variance that lies in the plane seen, 0 to 1; NaN where all items are at one point."""
    projected: bool
    """False for embeddings of two dimensions, which are drawn as they are."""


@dataclass(frozen=True)
class Playback:
    """The arms of a study that kept snapshots, their items rows alike."""

    items: pd.DataFrame
    """The items shown: rows of the study's items."""
    total: int
    """Items that were evaluated, of which these are an even sample."""
    films: dict[str, ArmPlayback] = field(default_factory=dict)

    @property
    def projected(self) -> bool:
        """Whether any arm has more dimensions than are drawn."""
        return any(film.projected for film in self.films.values())


def play(items: pd.DataFrame, snapshots: Mapping[str, Snapshots], *, seed: int = 0) -> Playback:
    """The films of these arms, in their order; arms that kept nothing are left out.

    items: of the study, rows as in `Study.items`. The first arm is turned so that its classes come in the order of
    their names, every other one so that it lies on the first as well as it can at its end (orthogonal Procrustes).
    Raises StudyError where a snapshot cannot be read or is not of these items.
    """
    shown = items[evaluated(items)]
    rows = sample_rows(shown, MAX_ITEMS, seed=seed)
    part = shown.iloc[rows]
    films: dict[str, ArmPlayback] = {}
    for name, kept in snapshots.items():
        if len(kept):
            target = next((film.places[-1] for film in films.values()), _round(part))
            films[name] = _film(kept, rows, expected=len(shown), target=target)
    return Playback(part, len(shown), films)


def of_run(folder: Path, arms: Sequence[str], *, seed: int = 0) -> Playback | None:
    """The films of a run under way, as far as it is; None while there is nothing to see.

    folder: where the run builds its study. What is missing, half-written or removed meanwhile is not there yet.
    """
    try:
        items = pd.read_parquet(folder / ITEMS)
        found = play(items, {arm: Snapshots(arm_folder(folder, arm) / SNAPSHOTS) for arm in arms}, seed=seed)
    except (OSError, ValueError, StudyError):
        return None
    return found if found.films else None


def sample_rows(items: pd.DataFrame, most: int, *, seed: int) -> Int64[np.ndarray, "m"]:
    """Rows in order, all or `most` of them, every class and mode with its share."""
    n = len(items)
    if n <= most:
        return np.arange(n)
    shuffled = np.random.default_rng(seed).permutation(n)
    order = shuffled[np.argsort(_groups(items)[shuffled], kind="stable")]
    return np.sort(order[np.arange(most) * n // most])


def evenly_spaced(epochs: Sequence[int], most: int) -> list[int]:
    """Positions of all epochs, or of `most` of them, evenly, the first and the last included."""
    return np.unique(np.linspace(0, len(epochs) - 1, min(len(epochs), most)).round().astype(np.int64)).tolist()


def principal_plane(points: Float[np.ndarray, "n d"]) -> Float64[np.ndarray, "d 2"]:
    """Orthonormal directions in which points vary most, in columns; for d = 1 the second is zero."""
    centred = points - points.mean(axis=0)
    d = centred.shape[1]
    _, vectors = eigh(centred.T @ centred, subset_by_index=[max(0, d - 2), d - 1])
    return np.pad(vectors[:, ::-1], ((0, 0), (0, max(0, 2 - d))))


def _film(
    kept: Snapshots, rows: Int64[np.ndarray, "m"], *, expected: int, target: Float[np.ndarray, "m 2"]
) -> ArmPlayback:
    positions = evenly_spaced(kept.epochs, MAX_FRAMES)
    frames = [_rows_of(kept, position, rows, expected) for position in positions]
    settled = np.concatenate(frames[-SETTLED:])
    if settled.shape[1] == 2:
        places = np.stack(frames)
    else:
        centre, plane = settled.mean(axis=0), principal_plane(settled)
        last = (frames[-1] - frames[-1].mean(axis=0)) @ plane
        plane = plane @ orthogonal_procrustes(last, target - target.mean(axis=0))[0]
        places = np.stack([(frame - centre) @ plane for frame in frames])
    seen = places.var(axis=1).sum(axis=1)
    whole = np.array([frame.var(axis=0).sum() for frame in frames])
    shares = np.divide(seen, whole, out=np.full(len(frames), np.nan), where=whole > 0)
    return ArmPlayback(
        [kept.epochs[position] for position in positions],
        places.astype(np.float32),
        np.minimum(shares, 1),
        projected=settled.shape[1] > 2,
    )


def _rows_of(kept: Snapshots, position: int, rows: Int64[np.ndarray, "m"], expected: int) -> Float64[np.ndarray, "m d"]:
    array = kept[position]
    if len(array) != expected:
        raise StudyError(f"a snapshot holds {len(array)} items, the study {expected}; run the recipe again")
    return np.asarray(array[rows], dtype=np.float64)


def _round(items: pd.DataFrame) -> Float64[np.ndarray, "m 2"]:
    """Every class and mode at its place on a circle, the first ones on the left: what a view is turned towards.

    Thus a view of the same run some epochs later is seen from about the same side.
    """
    groups = _groups(items)
    angles = np.pi / 2 + 2 * np.pi * (groups + 0.5) / (groups.max(initial=0) + 1)
    return np.column_stack([np.cos(angles), np.sin(angles)])


def _groups(items: pd.DataFrame) -> Int64[np.ndarray, "n"]:
    """Number of each item's class and mode, in the order of their names."""
    known = [column for column in ("label", "sublabel") if column in items]
    return items.groupby(known, sort=True, dropna=False).ngroup().to_numpy(np.int64)

"""Playback of a training: the items' embeddings epoch by epoch, in one fixed projection.

The projection is linear: two orthogonal directions of the embedding space, the same for every epoch of an arm. It never
enlarges distances, so a class that shrinks on screen shrinks in the projection plane. UMAP maps are unsuitable here,
because they give every class about the same area and so hide collapse.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float, Float32, Float64, Int64
from scipy.linalg import eigh, orthogonal_procrustes

from core.common.errors import StudyError
from core.storage.layout import ITEMS, SNAPSHOTS, TABLES, arm_folder
from core.storage.snapshots import Snapshots
from core.storage.study import evaluated
from core.storage.tables import read_table

MAX_ITEMS = 2000
"""Largest number of items shown: more would only overlap, and every frame must be drawn in time."""

MAX_FRAMES = 100
"""Largest number of epochs shown; with MAX_ITEMS of two arms, 3 MB."""

PROJECTION_EPOCHS = 3
"""Number of last epochs from which the projection is computed."""


@dataclass(frozen=True)
class ArmPlayback:
    """The playback of one arm."""

    epochs: list[int]
    """Epochs shown, ascending; 0 = before training."""
    places: Float32[np.ndarray, "e m 2"]
    """In units of the embedding space; comparable over epochs and arms."""
    shares: Float64[np.ndarray, "e"]
    """Share of each epoch's variance in the projection plane, 0 to 1; NaN if all items are at one point."""
    projected: bool
    """False for embeddings of two dimensions, which are drawn as they are."""


@dataclass(frozen=True)
class Playback:
    """The playbacks of all arms with snapshots, for the same items."""

    items: pd.DataFrame
    """The items shown: rows of the study's items."""
    total: int
    """Number of evaluated items, from which `items` is sampled."""
    arms: dict[str, ArmPlayback] = field(default_factory=dict)

    @property
    def projected(self) -> bool:
        """Whether any arm has more dimensions than are drawn."""
        return any(arm.projected for arm in self.arms.values())


def build_playback(items: pd.DataFrame, snapshots: Mapping[str, Snapshots], *, seed: int = 0) -> Playback:
    """The playback of these arms, in order; arms without snapshots are left out.

    items: of the study, rows as in `Study.items`. The first arm is rotated so that its classes are in the order of
    their names, the others onto the last epoch of the first (orthogonal Procrustes). Raises StudyError if a snapshot
    cannot be read or does not match the items.
    """
    shown = items[evaluated(items)]
    rows = sample_rows(shown, MAX_ITEMS, seed=seed)
    part = shown.iloc[rows]
    arms: dict[str, ArmPlayback] = {}
    for name, kept in snapshots.items():
        if len(kept):
            target = next((arm.places[-1] for arm in arms.values()), _circle_layout(part))
            arms[name] = _arm_playback(kept, rows, expected=len(shown), target=target)
    return Playback(part, len(shown), arms)


def playback_of_run(folder: Path, arms: Sequence[str], *, seed: int = 0) -> Playback | None:
    """The playback of a run in progress, up to its last snapshot; None if there is none yet.

    folder: where the run builds its study. Files that are missing, incomplete or removed are ignored.
    """
    try:
        items = read_table(folder / ITEMS, TABLES[ITEMS], owner="the run")
        found = build_playback(items, {arm: Snapshots(arm_folder(folder, arm) / SNAPSHOTS) for arm in arms}, seed=seed)
    except (OSError, ValueError, StudyError):
        return None
    return found if found.arms else None


def sample_rows(items: pd.DataFrame, most: int, *, seed: int) -> Int64[np.ndarray, "m"]:
    """Row numbers, ascending: all, or a sample of `most` stratified by class and mode."""
    n = len(items)
    if n <= most:
        return np.arange(n)
    shuffled = np.random.default_rng(seed).permutation(n)
    order = shuffled[np.argsort(_groups(items)[shuffled], kind="stable")]
    return np.sort(order[np.arange(most) * n // most])


def evenly_spaced(epochs: Sequence[int], most: int) -> list[int]:
    """Positions of all epochs, or of `most` evenly spaced ones including the first and the last."""
    return np.unique(np.linspace(0, len(epochs) - 1, min(len(epochs), most)).round().astype(np.int64)).tolist()


def principal_plane(points: Float[np.ndarray, "n d"]) -> Float64[np.ndarray, "d 2"]:
    """The first two principal directions, orthonormal, in columns; for d = 1 the second is zero."""
    centred = points - points.mean(axis=0)
    d = centred.shape[1]
    _, vectors = eigh(centred.T @ centred, subset_by_index=[max(0, d - 2), d - 1])
    return np.pad(vectors[:, ::-1], ((0, 0), (0, max(0, 2 - d))))


def _arm_playback(
    kept: Snapshots, rows: Int64[np.ndarray, "m"], *, expected: int, target: Float[np.ndarray, "m 2"]
) -> ArmPlayback:
    positions = evenly_spaced(kept.epochs, MAX_FRAMES)
    frames = [_rows_of(kept, position, rows, expected) for position in positions]
    final = np.concatenate(frames[-PROJECTION_EPOCHS:])
    if final.shape[1] == 2:
        places = np.stack(frames)
    else:
        centre, plane = final.mean(axis=0), principal_plane(final)
        last = (frames[-1] - frames[-1].mean(axis=0)) @ plane
        plane = plane @ orthogonal_procrustes(last, target - target.mean(axis=0))[0]
        places = np.stack([(frame - centre) @ plane for frame in frames])
    seen = places.var(axis=1).sum(axis=1)
    total = np.array([frame.var(axis=0).sum() for frame in frames])
    shares = np.divide(seen, total, out=np.full(len(frames), np.nan), where=total > 0)
    return ArmPlayback(
        [kept.epochs[position] for position in positions],
        places.astype(np.float32),
        np.minimum(shares, 1),
        projected=final.shape[1] > 2,
    )


def _rows_of(kept: Snapshots, position: int, rows: Int64[np.ndarray, "m"], expected: int) -> Float64[np.ndarray, "m d"]:
    array = kept[position]
    if len(array) != expected:
        raise StudyError(f"a snapshot holds {len(array)} items, but the study has {expected}; run the recipe again")
    return np.asarray(array[rows], dtype=np.float64)


def _circle_layout(items: pd.DataFrame) -> Float64[np.ndarray, "m 2"]:
    """A layout of classes and modes on a circle, starting on the left: the target for the rotation of the first arm.

    With it, later playbacks of the same run have about the same orientation.
    """
    groups = _groups(items)
    angles = np.pi / 2 + 2 * np.pi * (groups + 0.5) / (groups.max(initial=0) + 1)
    return np.column_stack([np.cos(angles), np.sin(angles)])


def _groups(items: pd.DataFrame) -> Int64[np.ndarray, "n"]:
    """Number of each item's class and mode, in the order of their names."""
    known = [column for column in ("label", "sublabel") if column in items]
    return items.groupby(known, sort=True, dropna=False).ngroup().to_numpy(np.int64)

"""Training curves: when a figure changed, and the number of sub-clusters per epoch."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float16

from core.analysis.playback import evenly_spaced
from core.diagnostics.subclusters import count_once

MAX_COUNTED = 24
"""Largest number of epochs at which sub-clusters are counted."""
MAX_CLASSES = 8
"""Largest number of classes counted: the same at all epochs, evenly spaced among the sorted names."""
MAX_ROWS = 400
"""Largest number of items per class that are counted."""


@dataclass(frozen=True)
class Change:
    """Change of a figure from its first epoch to its last."""

    first: float
    last: float
    half: int
    """The first epoch by which at least half of the change was done."""


def change(line: Sequence[tuple[int, float]]) -> Change | None:
    """line: (epoch, value), ascending. None for fewer than two epochs."""
    if len(line) < 2:
        return None
    first, last = line[0][1], line[-1][1]
    done = (
        epoch for epoch, value in line if abs(value - first) >= abs(last - first) / 2 and _same_direction(value, line)
    )
    return Change(first, last, next(done))


def _same_direction(value: float, line: Sequence[tuple[int, float]]) -> bool:
    return (value - line[0][1]) * (line[-1][1] - line[0][1]) >= 0


def counted_epochs(epochs: Sequence[int]) -> list[int]:
    """Positions among the kept epochs at which sub-clusters are counted: the first, the last and others evenly."""
    return evenly_spaced(epochs, MAX_COUNTED)


def mean_subclusters(points: Float16[np.ndarray, "n d"], labels: np.ndarray, *, seed: int = 0) -> float:
    """Sub-clusters per class, the mean over at most MAX_CLASSES classes; at least 1.

    points: of a snapshot, as stored: a class with a radius below the resolution of float16 is one group, while in
    float32 the rounding would look like groups. The count is that of `count_subclusters`.
    """
    rng = np.random.default_rng(seed)
    names = np.unique(labels)
    counts = []
    for name in names[evenly_spaced(range(len(names)), MAX_CLASSES)]:
        rows = np.flatnonzero(labels == name)
        if len(rows) > MAX_ROWS:
            rows = np.sort(rng.choice(rows, MAX_ROWS, replace=False))
        counts.append(count_once(np.asarray(points[rows]), rng).reading.count)
    return float(np.mean(counts))

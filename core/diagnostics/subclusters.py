"""Counting the sub-clusters of one class in the embedding space, never in a 2-D map.

Conservative against over-counting: a class is one group unless its density has a further peak that stands out beyond
chance, or compact pieces of it have gaps between them.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Float64, Int64
from scipy.spatial import KDTree

from core.diagnostics.duplicates import distinct_rows
from core.diagnostics.gaps import gap_readings
from core.diagnostics.peaks import PEAK_DIMENSIONS, Density, neighbour_graph
from core.diagnostics.readings import LEVEL, Reading, best_readings
from core.diagnostics.signal import signal_scores

MAX_COUNTED = 2000
"""Largest number of rows in which groups are looked for; further ones join the group of the nearest."""


@dataclass(frozen=True)
class Signal:
    """What of one class is counted: distinct rows, in the coordinates that vary more than chance."""

    scores: Float64[np.ndarray, "m s"]
    """s = 0: no more than chance, always one group."""
    row_of: Int64[np.ndarray, "n"]
    """The counted row that stands for each row of the class: its copy, or the nearest."""

    @classmethod
    def of(cls, points: Float[np.ndarray, "n d"], rng: np.random.Generator) -> "Signal":
        """Deduplicate, map to the tangent plane, and keep the signal dimensions of at most MAX_COUNTED rows."""
        rows, row_of = distinct_rows(points, rng)
        scores = signal_scores(points[rows], rng)
        if len(scores) > MAX_COUNTED:
            counted = np.sort(rng.choice(len(scores), MAX_COUNTED, replace=False))
            nearest = KDTree(scores[counted]).query(scores)[1] if scores.shape[1] else np.zeros(len(scores), np.int64)
            scores, row_of = scores[counted], nearest[row_of]
        return cls(scores, row_of)


@dataclass(frozen=True)
class CountResult:
    """One pass of the count."""

    readings: tuple[Reading, ...]
    """Ways to divide the class, with ascending numbers of groups; the first is a single group."""
    chosen: int
    """Position of the reading that is the count: the finest one with sufficient evidence."""

    @classmethod
    def of(cls, found: list[Reading], n: int) -> "CountResult":
        """From the readings of n rows with two groups or more."""
        chosen = max((place for place, reading in enumerate(found, start=1) if reading.p_value < LEVEL), default=0)
        return cls((Reading.whole(n), *found), chosen)

    @property
    def reading(self) -> Reading:
        return self.readings[self.chosen]


def count_signal(signal: Signal, rng: np.random.Generator) -> CountResult:
    """The count of the rows that are counted: by prominent peaks or by gaps between compact pieces, whichever has the
    better evidence for a number of groups."""
    scores = signal.scores
    if not scores.shape[1]:
        return CountResult.of([], len(scores))
    density = Density.of(neighbour_graph(scores), complete=scores.shape[1] <= PEAK_DIMENSIONS)
    found = best_readings([*density.readings(), *density.confirmed(gap_readings(scores, rng))])
    return CountResult.of(found, len(scores))


def count_once(points: Float[np.ndarray, "n d"], rng: np.random.Generator) -> CountResult:
    """The count of one class, with an assignment for every row."""
    signal = Signal.of(points, rng)
    return of_all_rows(count_signal(signal, rng), signal)


def of_all_rows(counted: CountResult, signal: Signal) -> CountResult:
    """The result with an assignment for every row of the class."""
    expanded = (replace(reading, assignments=reading.assignments[signal.row_of]) for reading in counted.readings)
    return CountResult(tuple(expanded), counted.chosen)

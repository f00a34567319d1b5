"""Counting the sub-clusters of one class in the embedding space, never in a 2-D map.

Conservative against over-counting: a class is one group unless its density has a further peak that stands out beyond
chance, or compact pieces of it have gaps between them.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64, Int64
from scipy.spatial import KDTree

from core.diagnostics.duplicates import distinct_rows
from core.diagnostics.readings import LEVEL, Reading, readings
from core.diagnostics.signal import signal_scores

MAX_COUNTED = 4000
"""Largest number of rows in which groups are looked for; further ones join the group of the nearest."""


@dataclass(frozen=True)
class CountResult:
    """One pass of the count."""

    readings: tuple[Reading, ...]
    """Ways to divide the class, with ascending numbers of groups; the first is a single group."""
    chosen: int
    """Position of the reading that is the count: the finest one with sufficient evidence."""
    dimensions: int
    """Number of signal dimensions in which groups were searched."""

    @property
    def count(self) -> int:
        return self.readings[self.chosen].count

    @property
    def assignments(self) -> Int64[np.ndarray, "n"]:
        """Sub-cluster of each row, 0 = the largest; -1 = in a group below the minimum size."""
        return self.readings[self.chosen].assignments

    @property
    def p_value(self) -> float:
        """Evidence for the weakest separation; 1 for a single group."""
        return self.readings[self.chosen].p_value


def count_once(points: Float[np.ndarray, "n d"], rng: np.random.Generator) -> CountResult:
    """Deduplicate, map to the tangent plane, keep the signal dimensions, and look for groups."""
    rows, copy_of = distinct_rows(points, rng)
    return _of_all(count_scores(signal_scores(points[rows], rng), rng), copy_of)


def count_scores(scores: Float64[np.ndarray, "n s"], rng: np.random.Generator) -> CountResult:
    """The count for distinct points given by their signal dimensions; s = 0: one group."""
    n, dimensions = scores.shape
    if n > MAX_COUNTED:
        counted = np.sort(rng.choice(n, MAX_COUNTED, replace=False))
        nearest = KDTree(scores[counted]).query(scores)[1] if dimensions else np.zeros(n, dtype=np.int64)
        return _of_all(count_scores(scores[counted], rng), nearest)
    found = readings(scores, rng) if dimensions else []
    whole = Reading(np.zeros(n, dtype=np.int64), 1.0)
    chosen = max((place for place, reading in enumerate(found, start=1) if reading.p_value < LEVEL), default=0)
    return CountResult((whole, *found), chosen, dimensions)


def _of_all(counted: CountResult, row_of: Int64[np.ndarray, "n"]) -> CountResult:
    """The result for all rows from that for some; row_of: the counted row that stands for each."""
    expanded = tuple(Reading(reading.assignments[row_of], reading.p_value) for reading in counted.readings)
    return CountResult(expanded, counted.chosen, counted.dimensions)

"""The count of one class with the measures of its reliability."""

import functools
from dataclasses import dataclass
from typing import Self

import numpy as np
from jaxtyping import Float, Int64
from threadpoolctl import ThreadpoolController

from core.diagnostics.checks import check_points
from core.diagnostics.readings import Reading
from core.diagnostics.stability import resample, second_opinion
from core.diagnostics.subclusters import Signal, count_once, count_signal, of_all_rows
from core.diagnostics.verdicts import TOO_SMALL

AGREED = 0.75
"""Share of the subsamples that must have a count for it to be shown as one number instead of a range."""


@dataclass(frozen=True)
class Subclusters:
    """The sub-clusters of one class and measures of their reliability."""

    readings: tuple[Reading, ...]
    """Ways to divide the class for which there is evidence, with ascending numbers of groups, from one."""
    chosen: int
    """Position of the reading that is the count: the finest one with sufficient evidence."""
    stability: float
    """Agreement of the assignments across subsamples, in [0, 1]; 1 = always the same groups."""
    second_opinion: int | None
    """Count by HDBSCAN; None if the class is too small."""
    counts: Int64[np.ndarray, "b"]
    """Counts over 30 subsamples of 80 %; empty if not requested."""

    @classmethod
    def single(cls, n: int) -> Self:
        """One group of n rows that were not counted."""
        return cls((Reading.whole(n),), 0, np.nan, None, np.empty(0, dtype=np.int64))

    @property
    def count(self) -> int:
        """At least 1."""
        return self.readings[self.chosen].count

    @property
    def assignments(self) -> Int64[np.ndarray, "n"]:
        """Sub-cluster of each row, 0 = the largest; -1 = in no sub-cluster."""
        return self.readings[self.chosen].assignments

    @property
    def p_value(self) -> float:
        """Chance of a separation as clear as the weakest within a single group; 1 for one sub-cluster."""
        return self.readings[self.chosen].p_value

    @property
    def range(self) -> tuple[int, int] | None:
        """Fewest and most sub-clusters to speak of: the count alone if AGREED of the subsamples have it, else the
        middle four fifths of theirs and the count; None without subsamples."""
        if not len(self.counts):
            return None
        if np.mean(self.counts == self.count) >= AGREED:
            return self.count, self.count
        low, high = np.quantile(self.counts, [0.1, 0.9], method="nearest")
        return min(int(low), self.count), max(int(high), self.count)


def count_subclusters(points: Float[np.ndarray, "n d"], *, seed: int = 0) -> Subclusters:
    """Sub-clusters of one class, counted in the space of the points as they are given; deterministic for a seed.

    Conservative by design: modes with fewer than about 10 points are mostly counted as one group. Exact duplicates are
    removed first. Raises DataError for invalid input. Method: signal dimensions by FlipPA (Hong et al. 2020); then two
    kinds of evidence, whichever finds more groups: peaks of the density along the neighbour graph that stand out beyond
    chance (ToMATo, Chazal et al. 2013), and pieces of a Gaussian mixture with gaps between them by dip tests along that
    graph (Hennig 2010).
    """
    points = check_points(points, name="points")
    rng = np.random.default_rng(seed)
    with _libraries().limit(limits=1):  # the matrices are small: threads would only slow this down
        signal = Signal.of(points, rng)
        full = count_signal(signal, rng)
        counts, stability = resample(signal, full, rng)
        other = second_opinion(points, rng) if len(points) >= TOO_SMALL else None
    full = of_all_rows(full, signal)
    return Subclusters(full.readings, full.chosen, stability, other, counts)


@functools.cache
def _libraries() -> ThreadpoolController:
    """The numerical libraries in this process; cached, because finding them takes as long as counting a small class."""
    return ThreadpoolController()


def count_without_reliability(points: Float[np.ndarray, "n d"], *, seed: int) -> Subclusters:
    """The count without its measures of reliability, which are most of the cost."""
    with _libraries().limit(limits=1):
        full = count_once(points, np.random.default_rng(seed))
    return Subclusters(full.readings, full.chosen, np.nan, None, np.empty(0, dtype=np.int64))

"""Ways to divide a class, from one group to many, each with the evidence for its weakest separation."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float64, Int64
from scipy.spatial import KDTree

from core.diagnostics.class_graph import ClassGraph
from core.diagnostics.density import Landscape, landscape
from core.diagnostics.gaps import Gaps
from core.diagnostics.mixture import best_mixture
from core.diagnostics.prominence import prominence_p_values

SCALES = (8, 11, 16, 23, 32, 45, 64, 90, 128)
"""Numbers of neighbours from which the density is estimated."""

ROWS_PER_PEAK = 2
"""Rows for each neighbour of a scale from which a group can be expected to have a peak."""

ROWS_PER_NEIGHBOUR = 5
"""Rows that a class must have for each neighbour of a scale."""

LEVEL = 0.001
"""p-value below which a class is more than one group."""

FURTHER_LEVEL = 0.01
"""p-value below which a further peak of a class with several is one: the chance of one group too many."""

READABLE_BELOW = 0.05
"""p-value from which a reading is not offered at all."""

SMALLEST_GROUP = 4
SMALLEST_SHARE = 0.02
"""Groups below this number of rows or share of the class are not counted."""

WORST_SHAPE = 3
"""How much likelier than on the average of all shapes a prominent peak is in those where it is likeliest."""

CONTRADICTED_ABOVE = 0.99
"""p-value of the least prominent group above which its density speaks against a gap."""

PEAK_DIMENSIONS = 15
"""Leading signal dimensions in which peaks are looked for: an estimate of the density in many needs too many rows.
Gaps are looked for in all."""

GAPS_UP_TO = 1000
"""Rows in which gaps are looked for: with more of them, peaks show as much at a small part of the cost."""

GAP_NEIGHBOURS = 10
"""Neighbours in the graph along which gaps are tested."""


Evidence = Literal["peaks", "gaps", "none"]
"""What tells the groups of a reading apart: peaks of the density, gaps between compact pieces; none for one group."""


@dataclass(frozen=True)
class Reading:
    """One way to divide a class."""

    assignments: Int64[np.ndarray, "n"]
    """Group of each row, 0 = the largest; -1 = in a group below the smallest size."""
    p_value: float
    """Chance of a separation as clear as the weakest one within a single group; 1 for one group."""
    evidence: Evidence

    @classmethod
    def whole(cls, n: int) -> "Reading":
        """All n rows in one group."""
        return cls(np.zeros(n, dtype=np.int64), 1.0, "none")

    @property
    def count(self) -> int:
        return max(1, int(self.assignments.max(initial=0)) + 1)


def readings(scores: Float64[np.ndarray, "n s"], rng: np.random.Generator) -> list[Reading]:
    """The best way to divide distinct rows into 2, 3, ... groups, by prominent peaks or by gaps between compact pieces,
    whichever has the better evidence; numbers of groups that neither proposes are left out."""
    density = Density.of(neighbour_graph(scores))
    return best_readings([*density.readings(), *density.confirmed(gap_readings(scores, rng))])


def best_readings(found: Iterable[Reading]) -> list[Reading]:
    """The reading with the best evidence for each number of groups above one, ascending."""
    best: dict[int, Reading] = {}
    for reading in found:
        known = best.get(reading.count)
        if reading.count > 1 and (known is None or reading.p_value < known.p_value):
            best[reading.count] = reading
    return [best[count] for count in sorted(best)]


def neighbour_graph(scores: Float64[np.ndarray, "n s"], *, surplus: float = 1) -> ClassGraph | None:
    """The graph for the largest scale that the rows allow; None if they allow none.

    surplus: factor to the number of neighbours, so that enough are left in a subsample.
    """
    scales = _scales(len(scores))
    if not scales:
        return None
    return ClassGraph.of(scores[:, :PEAK_DIMENSIONS], min(round(surplus * scales[-1]), len(scores) - 1))


def _scales(n: int) -> list[int]:
    return [k for k in SCALES if k <= n / ROWS_PER_NEIGHBOUR]


@dataclass(frozen=True)
class Density:
    """The density of one class at all scales that its rows allow."""

    views: list[Landscape]
    dimension: float
    """The smallest intrinsic dimension over the scales."""

    @classmethod
    def of(cls, graph: ClassGraph | None) -> "Density":
        """From the graph for the largest scale; None: too few rows for any."""
        if graph is None:
            return cls([], np.inf)
        n, most = graph.rows.shape
        views = [landscape(graph.nearer(k)) for k in _scales(n) if k <= most]
        return cls(views, min((view.dimension for view in views), default=np.inf))

    def readings(self) -> Iterator[Reading]:
        """Basins of the peaks that stand out at some scale.

        The first separation decides whether there is more than one group and is held to LEVEL. Once there is, a further
        one is held to FURTHER_LEVEL.
        """
        for view in self.views:
            prominences = view.prominences()
            p_values = np.minimum(1, WORST_SHAPE * self._p_values(view, prominences))
            weakest = np.maximum(p_values[:1], np.minimum(1, p_values * LEVEL / FURTHER_LEVEL))
            for prominence, p_value in zip(prominences, weakest, strict=True):
                if p_value >= READABLE_BELOW:
                    break
                yield Reading(numbered(view.basins(prominence)), float(p_value), "peaks")

    def confirmed(self, found: Iterable[Reading]) -> Iterator[Reading]:
        """Those that the density does not contradict."""
        return (reading for reading in found if not self._contradicts(reading))

    def _contradicts(self, reading: Reading) -> bool:
        """Whether some group stands out less at every fine scale than nearly all second peaks of a single group.

        So it is where a curve or surface is cut: there the density is as high as elsewhere.
        """
        smallest = np.bincount(reading.assignments[reading.assignments >= 0]).min()
        views = [view for view in self.views if smallest >= ROWS_PER_PEAK * view.k]
        least = [view.group_prominences(reading.assignments).min(keepdims=True) for view in views]
        return bool(views) and all(
            self._p_values(view, prominence)[0] > CONTRADICTED_ABOVE
            for view, prominence in zip(views, least, strict=True)
        )

    def _p_values(self, view: Landscape, prominences: Float64[np.ndarray, "p"]) -> Float64[np.ndarray, "p"]:
        return prominence_p_values(prominences, neighbourhoods=view.n / view.k, dimension=self.dimension)


def gap_readings(scores: Float64[np.ndarray, "n s"], rng: np.random.Generator) -> Iterator[Reading]:
    """Pieces of a mixture, joined until every pair has a gap between them; rows beyond GAPS_UP_TO join the nearest."""
    nearest: Int64[np.ndarray, "n"] | slice = slice(None)
    if len(scores) > GAPS_UP_TO:
        some = scores[np.sort(rng.choice(len(scores), GAPS_UP_TO, replace=False))]
        nearest, scores = KDTree(some).query(scores)[1], some
    pieces = best_mixture(scores, rng)
    if not pieces.any():
        return
    graph = ClassGraph.of(scores, min(GAP_NEIGHBOURS, len(scores) - 1)).lengths()
    gaps = Gaps(scores, pieces, graph, level=LEVEL)
    while gaps.groups.any():
        p_value, kept, dropped = gaps.weakest()
        if p_value < READABLE_BELOW:
            yield Reading(numbered(gaps.groups[nearest]), p_value, "gaps")
        gaps.join(kept, dropped)


def numbered(groups: Int64[np.ndarray, "n"]) -> Int64[np.ndarray, "n"]:
    """Groups numbered from the largest down; those below the smallest size become -1."""
    _, inverse, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    number = np.empty(len(sizes), dtype=np.int64)
    number[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
    number[sizes < max(SMALLEST_GROUP, SMALLEST_SHARE * len(groups))] = -1
    return number[inverse]

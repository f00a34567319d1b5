"""Peaks of a class's density that stand out beyond chance, and what the density says of gaps found otherwise."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from operator import itemgetter

import numpy as np
from jaxtyping import Float64

from core.diagnostics.class_graph import ClassGraph
from core.diagnostics.density import Landscape, landscape
from core.diagnostics.prominence import prominence_p_values
from core.diagnostics.readings import LEVEL, READABLE_BELOW, Reading, numbered

SCALES = (8, 11, 16, 23, 32, 45, 64, 90, 128)
"""Numbers of neighbours from which the density is estimated."""

ROWS_PER_NEIGHBOUR = 5
"""Rows that a class must have for each neighbour of a scale."""

ROWS_PER_PEAK = 2
"""Rows for each neighbour of a scale from which a group can be expected to have a peak."""

PEAK_DIMENSIONS = 15
"""Leading signal dimensions in which peaks are looked for: an estimate of the density in many needs too many rows.
Gaps are looked for in all."""

WORST_SHAPE = 3
"""How much likelier than on the average of all shapes a prominent peak is in those where it is likeliest."""

FURTHER_LEVEL = 0.01
"""p-value below which a further peak of a class with several is one: the chance of one group too many."""

CURVE_BELOW = 1.7
CURVE_DOUBT = 10
"""Intrinsic dimension below which a class is likely a curve, and factor to the p-values of gaps in it."""

CONTRADICTED_ABOVE = 0.99
"""p-value of the least prominent group above which its density speaks against a gap."""


@dataclass(frozen=True)
class Density:
    """The density of one class at all scales that its rows allow."""

    views: list[Landscape]
    dimension: float
    """The smallest intrinsic dimension over the scales."""
    complete: bool
    """False if the class has further signal dimensions, in which gaps may lie."""

    @classmethod
    def of(cls, graph: ClassGraph | None, *, complete: bool) -> "Density":
        """From the graph for the largest scale; None: too few rows for any."""
        if graph is None:
            return cls([], np.inf, complete)
        n, most = graph.rows.shape
        views = [landscape(graph.nearer(k)) for k in _scales(n) if k <= most]
        return cls(views, min((view.dimension for view in views), default=np.inf), complete)

    def readings(self) -> Iterator[Reading]:
        """Basins of the peaks that stand out at some scale, with the best evidence for each number of groups.

        The first separation decides whether there is more than one group and is held to LEVEL. Once there is, a further
        one is held to FURTHER_LEVEL.
        """
        known = set[int]()
        for p_value, view, prominence, most in self._separations():
            if not known.issuperset(range(2, most + 1)):
                reading = Reading(numbered(view.basins(prominence)), p_value, "peaks")
                known.add(reading.count)
                yield reading

    def _separations(self) -> list[tuple[float, Landscape, float, int]]:
        """p-value, scale, prominence, and the most groups that it can leave; the clearest first."""
        found = []
        for view in self.views:
            prominences = view.prominences()
            p_values = np.minimum(1, WORST_SHAPE * self._p_values(view, prominences))
            weakest = np.maximum(p_values[:1], np.minimum(1, p_values * LEVEL / FURTHER_LEVEL))
            readable = np.count_nonzero(weakest < READABLE_BELOW)
            found += [(float(weakest[i]), view, float(prominences[i]), i + 2) for i in range(readable)]
        return sorted(found, key=itemgetter(0))

    def confirmed(self, found: Iterable[Reading]) -> Iterator[Reading]:
        """Those that the density does not contradict; a single gap along a curve needs more evidence, for chance leaves
        gaps in curves."""
        for reading in found:
            if not self._contradicts(reading):
                doubt = CURVE_DOUBT if reading.count == 2 and self.dimension < CURVE_BELOW else 1
                yield replace(reading, p_value=min(1.0, doubt * reading.p_value))

    def _contradicts(self, reading: Reading) -> bool:
        """Whether some group stands out less at every fine scale than nearly all second peaks of a single group.

        So it is where a curve or surface is cut: there the density is as high as elsewhere.
        """
        smallest = np.bincount(reading.assignments[reading.assignments >= 0]).min()
        views = [view for view in self.views if smallest >= ROWS_PER_PEAK * view.k]
        return self.complete and bool(views) and all(self._flat(view, reading) for view in views)

    def _flat(self, view: Landscape, reading: Reading) -> bool:
        least = view.group_prominences(reading.assignments).min(keepdims=True)
        return bool(self._p_values(view, least)[0] > CONTRADICTED_ABOVE)

    def _p_values(self, view: Landscape, prominences: Float64[np.ndarray, "p"]) -> Float64[np.ndarray, "p"]:
        return prominence_p_values(prominences, neighbourhoods=view.n / view.k, dimension=self.dimension)


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

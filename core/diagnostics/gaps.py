"""Gaps between compact pieces of one class: a mixture proposes the pieces, a dip test along the neighbour graph decides
which of them are one (Hennig 2010, Methods for merging Gaussian mixture components, Advances in Data Analysis and
Classification 4, 3-34).

Strong where the peaks of a density are not: with few items and many dimensions. The test runs along the graph, because
on the straight line between two pieces of a curve the density is U-shaped, which a dip test takes for two modes.
"""

from collections.abc import Iterable, Iterator
from itertools import combinations

import diptest
import numpy as np
from jaxtyping import Float64, Int64
from scipy.spatial import KDTree
from scipy.spatial.distance import cdist

from core.diagnostics.class_graph import ClassGraph
from core.diagnostics.density import intrinsic_dimension
from core.diagnostics.mixture import best_mixture
from core.diagnostics.readings import LEVEL, READABLE_BELOW, Reading, numbered

ROWS = 1000
"""Rows in which gaps are looked for: with more of them, peaks show as much at a small part of the cost."""

NEIGHBOURS = 10
"""Neighbours in the graph along which gaps are tested."""

SUPPORT_SHARE = 0.03
"""A pair of groups supports another pair with p-value p if its own p-value is at least this share of p."""

CLEAR_SEPARATION = 3.5
"""Smallest distance in standard deviations between two groups that may be supported; halves of a Gaussian are 2.6
apart."""

SMALLEST_PIECE = 4
CLOSEST = 3
"""Nearest others of a row that must be in its group for that to be isolated."""

TESTS = 2
"""Dip tests of one pair of groups, at most."""


def gap_readings(scores: Float64[np.ndarray, "n s"], rng: np.random.Generator) -> Iterator[Reading]:
    """Pieces of a mixture, joined until every pair has a gap between them; rows beyond ROWS join the nearest."""
    nearest: Int64[np.ndarray, "n"] | slice = slice(None)
    if len(scores) > ROWS:
        some = scores[np.sort(rng.choice(len(scores), ROWS, replace=False))]
        nearest, scores = KDTree(some).query(scores)[1], some
    pieces = best_mixture(scores, rng)
    if not pieces.any():
        return
    graph = ClassGraph.of(scores, min(NEIGHBOURS, len(scores) - 1))
    gaps = Gaps(scores, pieces, graph, level=LEVEL)
    while gaps.groups.any():
        p_value, kept, dropped = gaps.weakest()
        if p_value < READABLE_BELOW:
            yield Reading(numbered(gaps.groups[nearest]), p_value, "gaps")
        gaps.join(kept, dropped)


class Gaps:
    """Pieces of one class, joined step by step: always the pair least separated by a gap."""

    def __init__(
        self, scores: Float64[np.ndarray, "n s"], pieces: Int64[np.ndarray, "n"], graph: ClassGraph, *, level: float
    ) -> None:
        """level: p-value from which a pair needs no support."""
        self._scores, self._graph, self._level = scores, graph, level
        self._nearest, self._reach = graph.rows[:, :CLOSEST], graph.distances[:, -1]
        self._neighbours, self._dimension = graph.rows.shape[1], max(1, intrinsic_dimension(graph.distances))
        self._component = graph.components()
        self.groups = np.unique(pieces, return_inverse=True)[1].astype(np.int64)
        g = int(self.groups.max()) + 1
        self._pieces = g
        self._ways = self._from_middles(range(g))
        self._p_values = np.zeros((g, g))
        for a, b in combinations(range(g), 2):
            self._p_values[a, b] = self._p_values[b, a] = self._unimodal(a, b)

    def weakest(self) -> tuple[float, int, int]:
        """The largest p-value for two groups being one, see `combined_p_values`, and the two groups.

        The borders that are left were chosen among all those between the pieces: a long curve has many.
        """
        g = len(self._p_values)
        borders = (self._pieces - 1) / (g - 1)
        apart = distances(self._scores, self.groups)
        combined = combined_p_values(self._p_values, apart, level=self._level / borders)
        kept, dropped = sorted(divmod(int(combined.argmax()), g))
        return min(1.0, float(combined[kept, dropped]) * borders), kept, dropped

    def join(self, kept: int, dropped: int) -> None:
        """Make one group of two; the later numbers move up."""
        self.groups = np.where(self.groups == dropped, kept, self.groups) - (self.groups > dropped)
        self._p_values = np.delete(np.delete(self._p_values, dropped, axis=0), dropped, axis=1)
        self._ways = np.delete(self._ways, dropped, axis=0)
        self._ways[kept] = self._from_middles([kept])[0]
        for other in set(range(len(self._p_values))) - {kept}:
            self._p_values[kept, other] = self._p_values[other, kept] = self._unimodal(kept, other)

    def _from_middles(self, groups: Iterable[int]) -> Float64[np.ndarray, "g n"]:
        """Lengths of the shortest ways along the graph from the middle of each group, its row nearest to its mean."""
        middles = []
        for group in groups:
            rows = np.flatnonzero(self.groups == group)
            middles.append(rows[np.square(self._scores[rows] - self._scores[rows].mean(axis=0)).sum(axis=1).argmin()])
        return self._graph.ways(np.array(middles))

    def _unimodal(self, a: int, b: int) -> float:
        """Dip-test p-value for two groups being a single one.

        The coordinate is the difference of the squared lengths of the ways from both middles: on a straight line, the
        place along it. The test cannot see a small group beside a large one: if it is isolated, the large one is also
        thinned evenly to its size.
        """
        first, second = np.flatnonzero(self.groups == a), np.flatnonzero(self.groups == b)
        if len(first) + len(second) < SMALLEST_PIECE:
            return 1.0
        place = np.square(self._ways[a]) - np.square(self._ways[b])
        p_value = min(_dip_p_value(place[np.concatenate([first, second])]), self._empty(first, second))
        small, large = sorted([first, second], key=len)
        if p_value < self._level or len(small) < SMALLEST_PIECE or not self._isolated(small):
            return p_value
        every = np.linspace(0, len(large) - 1, len(small)).round().astype(int)
        balanced = np.concatenate([place[small], np.sort(place[large])[every]])
        return min(p_value, TESTS * _dip_p_value(balanced))

    def _empty(self, first: Int64[np.ndarray, "m"], second: Int64[np.ndarray, "l"]) -> float:
        """Chance that anywhere between points as dense as those next to the gap a ball as wide as it is empty; 1 for
        groups in one component of the graph.

        On parallel curves the ways along the graph all lead over one bridge, and the dip test sees no gap.
        """
        if not self._component.any() or np.isin(self._component[first], self._component[second]).any():
            return 1.0
        lengths = cdist(self._scores[first], self._scores[second])
        i, j = np.unravel_index(lengths.argmin(), lengths.shape)
        reach = max(self._reach[first[i]], self._reach[second[j]])
        expected = self._neighbours * (lengths[i, j] / 2 / reach) ** self._dimension
        return min(1.0, len(self._scores) * float(np.exp(-expected)))

    def _isolated(self, rows: Int64[np.ndarray, "m"]) -> bool:
        """Whether a group holds the nearest others of its rows: stragglers of a larger group are nearer to that."""
        return bool((self.groups[self._nearest[rows]] == self.groups[rows[0]]).all())


def _dip_p_value(places: Float64[np.ndarray, "m"]) -> float:
    return float(diptest.diptest(places)[1])


def combined_p_values(
    p_values: Float64[np.ndarray, "g g"], distances: Float64[np.ndarray, "g g"], *, level: float
) -> Float64[np.ndarray, "g g"]:
    """p-values of the pairs, each combined with those of the supporting pairs around it.

    In small groups the dip test has no power, but a single cloud cut in m pieces touches itself in m - 1 places or
    more: all of their p-values fall to p or below with a chance of about p^(m - 1). So m groups linked by pairs with
    similar p-values (or larger) are tested as one cloud. A pair that stands out as the weakest is on its own, as are
    pairs below `level`.
    """
    weakest_link = p_values.copy()  # on the best path from one group to the other
    np.fill_diagonal(weakest_link, np.inf)
    for between in range(len(p_values)):
        np.maximum(weakest_link, np.minimum(weakest_link[:, between, None], weakest_link[between]), out=weakest_link)
    linked = (weakest_link[:, None] >= SUPPORT_SHARE * p_values[:, :, None]).sum(axis=2)
    alone = (p_values < level) | (distances < CLEAR_SEPARATION)
    return np.where(alone, p_values, p_values ** (linked - 1))


def distances(scores: Float64[np.ndarray, "n s"], groups: Int64[np.ndarray, "n"]) -> Float64[np.ndarray, "g g"]:
    """Distances between centroids in standard deviations within groups: the pair's, or that of all groups if larger."""
    sizes = np.bincount(groups)
    members = [scores[groups == a] for a in range(len(sizes))]
    centres = np.array([rows.mean(axis=0) for rows in members])
    scatters = np.array([(rows - centre).T @ (rows - centre) for rows, centre in zip(members, centres, strict=True)])
    everywhere = scatters.sum(axis=0) / max(len(scores) - len(sizes), 1)
    pooled = np.maximum(sizes[:, None] + sizes - 2, 1)
    between = centres[:, None] - centres
    here = np.einsum("abi,aij,abj->ab", between, scatters, between)
    variance = np.maximum((here + here.T) / pooled, np.einsum("abi,ij,abj->ab", between, everywhere, between))
    found = np.square(between).sum(axis=2) / np.sqrt(variance + 1e-300)
    enough = sizes >= SMALLEST_PIECE  # smaller groups have no reliable spread
    return np.where(enough[:, None] & enough, found, 0.0)

"""The density of one class along its neighbour graph: its peaks, and how far each stands out above the saddle to a
higher one (ToMATo: Chazal, Guibas, Oudot & Skraba 2013, Persistence-based clustering in Riemannian manifolds, Journal
of the ACM 60, 41).

Peaks of a density need no shape: a curved or uneven group has one as well as a round one.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64
from scipy.spatial import KDTree

from core.diagnostics.class_graph import ClassGraph, edges_of


@dataclass(frozen=True)
class Landscape:
    """The estimated density of n rows at one scale, on the symmetrised graph of their k nearest neighbours."""

    k: int
    n: int
    """Number of points; rows beyond them are bridges."""
    heights: Float64[np.ndarray, "m"]
    """Log density in units of its standard error, 1 / sqrt(k)."""
    dimension: float
    """Intrinsic dimension, from the same neighbours."""
    order: Int64[np.ndarray, "m"]
    """Rows from the highest down."""
    starts: Int64[np.ndarray, "m1"]
    neighbours: Int64[np.ndarray, "e"]
    """Neighbours of row i that are higher: neighbours[starts[i]:starts[i + 1]]."""

    def prominences(self) -> Float64[np.ndarray, "p"]:
        """Heights of all peaks but the highest above their saddles, largest first."""
        found = np.sort(self._join(np.inf)[1])[::-1]
        return found[1 : np.count_nonzero(found)]

    def basins(self, level: float) -> Int64[np.ndarray, "n"]:
        """The peak, as a row number, that each row belongs to when peaks less prominent than `level` are joined."""
        return self._join(level)[0][: self.n]

    def group_prominences(self, groups: Int64[np.ndarray, "n"]) -> Float64[np.ndarray, "g"]:
        """Height of each group's peak above the highest saddle to another group; below zero if it ends in a slope.

        groups: 0 to g - 1 and -1 = none.
        """
        lower = np.repeat(np.arange(len(self.heights)), np.diff(self.starts))
        inside = np.append(groups, np.full(len(self.heights) - self.n, -1))
        saddles, peaks = np.full((2, groups.max() + 1), -np.inf)
        between = inside[lower] != inside[self.neighbours]
        lower, higher = lower[between], self.neighbours[between]
        for sides in (inside[lower], inside[higher]):
            known = sides >= 0
            np.maximum.at(saddles, sides[known], self.heights[lower][known])
        np.maximum.at(peaks, groups[groups >= 0], self.heights[: self.n][groups >= 0])
        return peaks - saddles

    def _join(self, level: float) -> tuple[Int64[np.ndarray, "m"], Float64[np.ndarray, "m"]]:
        from core.diagnostics.density_loops import join_peaks  # imports numba: seconds

        return join_peaks(self.order, self.starts, self.neighbours, self.heights, level)


def landscape(graph: ClassGraph) -> Landscape:
    """The density from the mean distance to the neighbours in the graph.

    A bridge is a row of its own, halfway: the density there says how deep the break is that it crosses.
    """
    from core.diagnostics import graph_loops  # imports numba: seconds

    k, n = graph.rows.shape[1], len(graph.points)
    dimension = intrinsic_dimension(graph.distances)
    middles = graph.points[graph.bridges].mean(axis=1)
    across = KDTree(graph.points).query(middles, k)[0].reshape(-1, k) if len(middles) else np.empty((0, k))
    reaches = np.concatenate([graph.distances, across]).mean(axis=1)
    own = n + np.arange(len(middles))
    edges = [
        edges_of(graph.rows),
        np.stack([own, graph.bridges[:, 0]], axis=1),
        np.stack([own, graph.bridges[:, 1]], axis=1),
    ]
    heights = -np.sqrt(k) * dimension * np.log(reaches)
    order = np.argsort(-heights, kind="stable")
    return Landscape(k, n, heights, dimension, order, *graph_loops.uphill_lists(np.concatenate(edges), order))


def intrinsic_dimension(distances: Float64[np.ndarray, "n k"]) -> float:
    """Levina-Bickel estimate with the average of MacKay & Ghahramani, from sorted positive distances; k >= 3.

    Levina & Bickel 2004, Maximum likelihood estimation of intrinsic dimension, NeurIPS 17.
    """
    logarithms = np.log(distances)
    gaps = logarithms[:, -1:] - logarithms[:, :-1]
    return float((distances.shape[1] - 2) / max(gaps.sum(axis=1).mean(), 1e-12))

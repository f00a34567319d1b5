"""The density of one class along its neighbour graph: its peaks, and how far each stands out above the saddle to a
higher one (ToMATo: Chazal, Guibas, Oudot & Skraba 2013, Persistence-based clustering in Riemannian manifolds, Journal
of the ACM 60, 41).

Peaks of a density need no shape: a curved or uneven group has one as well as a round one.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from core.neighbours.index import KnnGraph


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
    starts: Int64[np.ndarray, "m1"]
    neighbours: Int64[np.ndarray, "e"]
    """Neighbours of row i: neighbours[starts[i]:starts[i + 1]]."""

    def prominences(self) -> Float64[np.ndarray, "p"]:
        """Heights of all peaks but the highest above their saddles, largest first."""
        found = np.sort(self._join(np.inf)[1])[::-1]
        return found[1 : np.count_nonzero(found)]

    def basins(self, level: float) -> Int64[np.ndarray, "n"]:
        """The peak, as a row number, that each row belongs to when peaks less prominent than `level` are joined."""
        return self._join(level)[0][: self.n]

    def _join(self, level: float) -> tuple[Int64[np.ndarray, "m"], Float64[np.ndarray, "m"]]:
        from core.diagnostics.density_loops import join_peaks  # imports numba: seconds

        order = np.argsort(-self.heights, kind="stable")
        return join_peaks(order, self.starts, self.neighbours, self.heights, level)


def landscape(points: Float64[np.ndarray, "n s"], graph: KnnGraph, k: int) -> Landscape:
    """The density of distinct points from the mean distance to the k nearest of the neighbours in the graph.

    Components of the graph are bridged by a further row, halfway between the two points that are nearest: on a curve
    of many points there are such breaks by chance, and the density there says how deep they are.
    """
    near = np.asarray(graph.distances[:, :k], dtype=np.float64)
    dimension = intrinsic_dimension(near)
    edges = _directed_edges(graph.rows[:, :k])
    reaches = near.mean(axis=1)
    bridges = _bridges(points, edges)
    for first, second in bridges:
        middle = (points[first] + points[second]) / 2
        reach = np.sort(np.linalg.norm(points - middle, axis=1))[:k].mean()
        edges = np.concatenate([edges, [[len(reaches), first], [len(reaches), second]]])
        reaches = np.append(reaches, reach)
    heights = -np.sqrt(k) * dimension * np.log(reaches)
    return Landscape(k, len(points), heights, dimension, *_neighbour_lists(edges, len(reaches)))


def _bridges(points: Float64[np.ndarray, "n s"], edges: Int64[np.ndarray, "e 2"]) -> list[tuple[int, int]]:
    """Nearest pairs of rows that join each component of a graph, the smallest first, to the others."""
    n = len(points)
    found, component = connected_components(_adjacency(edges, n), directed=False)
    bridges = []
    while found > 1:
        sizes = np.bincount(component)
        smallest = int(np.where(sizes > 0, sizes, n + 1).argmin())
        inside, outside = np.flatnonzero(component == smallest), np.flatnonzero(component != smallest)
        distances, nearest = KDTree(points[outside]).query(points[inside])
        first, second = int(inside[distances.argmin()]), int(outside[nearest[distances.argmin()]])
        bridges.append((first, second))
        component[inside] = component[second]
        found -= 1
    return bridges


def intrinsic_dimension(distances: Float64[np.ndarray, "n k"]) -> float:
    """Levina-Bickel estimate with the average of MacKay & Ghahramani, from sorted positive distances; k >= 3.

    Levina & Bickel 2004, Maximum likelihood estimation of intrinsic dimension, NeurIPS 17.
    """
    logarithms = np.log(distances)
    gaps = logarithms[:, -1:] - logarithms[:, :-1]
    return float((distances.shape[1] - 2) / max(gaps.sum(axis=1).mean(), 1e-12))


def _directed_edges(rows: Int64[np.ndarray, "n k"]) -> Int64[np.ndarray, "e 2"]:
    return np.stack([np.repeat(np.arange(len(rows)), rows.shape[1]), rows.ravel()], axis=1)


def _adjacency(edges: Int64[np.ndarray, "e 2"], n: int) -> coo_array:
    return coo_array((np.ones(len(edges), dtype=np.int8), (edges[:, 0], edges[:, 1])), shape=(n, n))


def _neighbour_lists(
    edges: Int64[np.ndarray, "e 2"], n: int
) -> tuple[Int64[np.ndarray, "n1"], Int64[np.ndarray, "m"]]:
    """Row pointers and columns of the graph with an edge wherever either end has the other among its neighbours."""
    directed = _adjacency(edges, n).tocsr()
    both = (directed + directed.T).tocsr()
    return both.indptr.astype(np.int64), both.indices.astype(np.int64)

"""The neighbour graph within one class, made connected: the ground on which groups are told apart."""

import functools
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from core.neighbours.index import KnnGraph, Neighbours

FEWEST = 8
"""Neighbours of the sparsest graph that is asked for."""


@dataclass(frozen=True)
class ClassGraph:
    """Distinct points of one class, the k nearest others of each, and its bridges."""

    points: Float64[np.ndarray, "n s"]
    distances: Float64[np.ndarray, "n k"]
    """To the k nearest others, nearest first."""
    rows: Int64[np.ndarray, "n k"]
    links: Int64[np.ndarray, "l 2"]
    """Nearest pairs of points that join the components of the graph of FEWEST neighbours, in ascending order of
    length."""

    @classmethod
    def of(cls, points: Float64[np.ndarray, "n s"], k: int) -> "ClassGraph":
        """The graph of the k < n nearest others."""
        return cls._linked(points, Neighbours(points, np.arange(len(points))).graph(k))

    @classmethod
    def _linked(cls, points: Float64[np.ndarray, "n s"], graph: KnnGraph) -> "ClassGraph":
        distances = np.maximum(graph.distances.astype(np.float64), np.finfo(np.float32).tiny)
        rows = graph.rows.astype(np.int64)
        return cls(points, distances, rows, _links(points, rows[:, :FEWEST]))

    @functools.cached_property
    def bridges(self) -> Int64[np.ndarray, "b 2"]:
        """Nearest pairs of points that join the graph's components: breaks by chance, or between groups far apart.

        They are among the links: with more neighbours, components only grow together.
        """
        from core.diagnostics import graph_loops  # imports numba: seconds

        return self.links[graph_loops.joining(self.links, self.components())]

    def nearer(self, k: int) -> "ClassGraph":
        """The graph of fewer neighbours, at least FEWEST."""
        return ClassGraph(self.points, self.distances[:, :k], self.rows[:, :k], self.links)

    def among(self, rows: Int64[np.ndarray, "m"]) -> "ClassGraph":
        """The graph of some of the points, with as many neighbours as all of them have left."""
        found = KnnGraph(self.rows.astype(np.int32), self.distances.astype(np.float32)).among(rows)
        left = int((found.rows >= 0).sum(axis=1).min())
        return self._linked(self.points[rows], KnnGraph(found.rows[:, :left], found.distances[:, :left]))

    def components(self) -> Int64[np.ndarray, "n"]:
        """The component that each point belongs to without the bridges."""
        from core.diagnostics import graph_loops  # imports numba: seconds

        return graph_loops.components(self.rows)

    def ways(self, sources: Int64[np.ndarray, "g"]) -> Float64[np.ndarray, "g n"]:
        """Lengths of the shortest ways along the graph and its bridges, from each source to every point."""
        from core.diagnostics import graph_loops  # imports numba: seconds

        return graph_loops.shortest_ways(*self._both_ways, sources)

    @functools.cached_property
    def _both_ways(self) -> tuple[Int64[np.ndarray, "n1"], Int64[np.ndarray, "e"], Float64[np.ndarray, "e"]]:
        """Row pointers, columns and lengths of the edges, each in both directions."""
        across = np.linalg.norm(self.points[self.bridges[:, 0]] - self.points[self.bridges[:, 1]], axis=1)
        edges, lengths = np.concatenate([edges_of(self.rows), self.bridges]), np.append(self.distances, across)
        ends, others = np.concatenate([edges, edges[:, ::-1]]).T
        order = np.argsort(ends, kind="stable")
        starts = np.append(0, np.cumsum(np.bincount(ends, minlength=len(self.points))))
        return starts, others[order], np.tile(lengths, 2)[order]


def edges_of(rows: Int64[np.ndarray, "n k"]) -> Int64[np.ndarray, "e 2"]:
    """Pairs of each row and its neighbours."""
    return np.stack([np.repeat(np.arange(len(rows)), rows.shape[1]), rows.ravel()], axis=1)


def _links(points: Float64[np.ndarray, "n s"], rows: Int64[np.ndarray, "n k"]) -> Int64[np.ndarray, "l 2"]:
    """Nearest pairs that join each component, the smallest first, to the others; the shortest first."""
    from core.diagnostics import graph_loops  # imports numba: seconds

    n, component = len(points), graph_loops.components(rows)
    links = np.empty((component.max(), 2), dtype=np.int64)
    for link in links:
        sizes = np.bincount(component)
        smallest = np.where(sizes > 0, sizes, n + 1).argmin()
        inside, outside = np.flatnonzero(component == smallest), np.flatnonzero(component != smallest)
        link[:] = graph_loops.nearest_pair(points, inside, outside)
        component[inside] = component[link[1]]
    lengths = np.linalg.norm(points[links[:, 0]] - points[links[:, 1]], axis=1)
    return links[np.argsort(lengths, kind="stable")]

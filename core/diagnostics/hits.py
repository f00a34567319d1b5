"""The first hits of every query: its neighbours as retrieval counts them."""

import numpy as np
from jaxtyping import Bool, Float, Int64

from core.diagnostics.space import NEIGHBOURS
from core.neighbours.index import KnnGraph, Neighbours


def first_hits(
    points: Float[np.ndarray, "n d"],
    graph: KnnGraph,
    queries: Int64[np.ndarray, "q"],
    *,
    same: Int64[np.ndarray, "n"],
    is_gallery: Bool[np.ndarray, "n"],
) -> KnnGraph:
    """The NEIGHBOURS nearest searched items of every query, by row number; of some queries only half as many.

    graph: neighbours of all items. same: equal for rows of one picture, which are not each other's hits. What these and
    unsearched items leave of the graph is taken as it is, unless that is less than half.
    """
    gallery, wanted = np.flatnonzero(is_gallery), min(NEIGHBOURS, graph.rows.shape[1])

    def allowed(own: Int64[np.ndarray, "b"], rows: np.ndarray, distances: np.ndarray) -> KnnGraph:
        barred = (rows < 0) | ~is_gallery[rows] | (same[rows] == same[own, None])
        order = np.argsort(barred, axis=1, kind="stable")[:, :wanted]
        found = np.take_along_axis(np.where(barred, -1, rows), order, axis=1).astype(np.int32)
        lengths = np.take_along_axis(np.where(barred, np.inf, distances), order, axis=1).astype(np.float32)
        return KnnGraph(found, lengths)

    hits = allowed(queries, graph.rows[queries], graph.distances[queries])
    short = np.flatnonzero((hits.rows >= 0).sum(axis=1) < (wanted + 1) // 2)
    if len(short) and len(gallery):
        own = queries[short]
        copies = int(np.bincount(same[gallery], minlength=int(same.max()) + 1)[same[own]].max())
        distances, rows = Neighbours(points[gallery], gallery).search(points[own], wanted + copies)
        anew = allowed(own, rows, distances)
        hits.rows[short], hits.distances[short] = anew.rows, anew.distances
    return hits

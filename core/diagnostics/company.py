"""The few nearest other items of each item, by whose labels a class is judged."""

import numpy as np
from jaxtyping import Float, Int64

from core.neighbours.index import KnnGraph

COMPANY = 10
"""How many of them."""


def company_of(points: Float[np.ndarray, "n d"], graph: KnnGraph, rng: np.random.Generator) -> Int64[np.ndarray, "n k"]:
    """The COMPANY nearest other items of each item by row number; -1 where there are fewer.

    A graph lists ties in order of row number, so that of many copies at one point always the same few are neighbours:
    these items get a random choice of their copies instead.
    """
    rows = graph.rows[:, :COMPANY].astype(np.int64)
    tied = np.flatnonzero(graph.distances[:, rows.shape[1] - 1] == 0)
    if not len(tied):
        return rows
    _, point, copies = np.unique(points[tied], axis=0, return_inverse=True, return_counts=True)
    order = np.argsort(point, kind="stable")
    first, copies = (np.cumsum(copies) - copies)[point, None], copies[point, None]
    place = np.empty((len(tied), 1), dtype=np.int64)
    place[order, 0] = np.arange(len(tied)) - first[order, 0]
    steps = rng.integers(1, np.maximum(copies, 2), size=(len(tied), rows.shape[1]))
    rows[tied] = tied[order[first + (place + steps) % copies]]
    return rows

"""Rows that are copies of one another, exactly or nearly: they must not count as evidence several times."""

import numpy as np
from jaxtyping import Float, Int64
from scipy.sparse.csgraph import connected_components
from sklearn.neighbors import radius_neighbors_graph

PROBES = 64
VIEWS = 4
"""Up to this many views of an item are recognised; more would be hard to tell from small sub-clusters."""

FAR_CLOSER = 0.15
"""Nearest over VIEWS-th nearest distance of copies, at most; of distinct rows on a line, one in ten is above a half."""


def distinct_rows(
    points: Float[np.ndarray, "n d"], rng: np.random.Generator
) -> tuple[Int64[np.ndarray, "m"], Int64[np.ndarray, "n"]]:
    """One row of every group of copies, and which of them each row is a copy of.

    Near-duplicates are recognised where (nearly) every item has some, as augmented views do; found by a few probes in
    time linear in n, joined in quadratic time where there are any.
    """
    distinct, first, copy_of = np.unique(points, axis=0, return_index=True, return_inverse=True)
    centred = distinct.astype(np.float64) - distinct.mean(axis=0, dtype=np.float64)
    radius = _copy_radius(centred, rng)
    if radius is None:
        return first, copy_of
    item = connected_components(radius_neighbors_graph(centred, radius), directed=False)[1]
    return first[np.unique(item, return_index=True)[1]], item.astype(np.int64)[copy_of]


def _copy_radius(points: Float[np.ndarray, "n d"], rng: np.random.Generator) -> float | None:
    """A distance between those of copies and those of different items; None where there are no copies."""
    if len(points) <= 2 * VIEWS:
        return None
    probes = points[rng.choice(len(points), min(PROBES, len(points)), replace=False)]
    lengths = np.square(points).sum(axis=1)
    squares = lengths - 2 * probes @ points.T + np.square(probes).sum(axis=1)[:, None]
    near = np.sqrt(np.maximum(np.partition(squares, (1, VIEWS), axis=1)[:, [1, VIEWS]], 0))
    if np.quantile(near[:, 0] / np.maximum(near[:, 1], 1e-300), 0.9) >= FAR_CLOSER:
        return None
    return float(np.sqrt(np.prod(np.median(near, axis=0))))

"""Exact and near-duplicate rows, which must count only once as evidence."""

import faiss
import numpy as np
from jaxtyping import Float, Int64
from scipy.sparse.csgraph import connected_components
from sklearn.neighbors import radius_neighbors_graph

PROBES = 64
MAX_VIEWS = 4
"""Largest number of views of an item that are recognised; more are hard to distinguish from small sub-clusters."""

MAX_COPY_RATIO = 0.15
"""Largest ratio of nearest to MAX_VIEWS-th nearest distance for copies.

For distinct rows on a line, one in ten is above 0.5.
"""

CROSSING_PROBES = 2000
"""Test items that are compared with all training items."""

FEWEST_CROSSING = 3
CROSSING_RATIO = 0.1
"""Largest ratio of nearest to MAX_VIEWS-th nearest distance of a copy across the split."""

RESOLVED = 3e-3
"""Smallest distance of unit vectors that float32 tells from rounding."""


def distinct_rows(
    points: Float[np.ndarray, "n d"], rng: np.random.Generator
) -> tuple[Int64[np.ndarray, "m"], Int64[np.ndarray, "n"]]:
    """One row of each group of copies, and for each row the index of its group among them.

    Near-duplicates are recognised if (nearly) every item has some, as with augmented views. They are detected from a
    sample of rows in time linear in n, and only then grouped in quadratic time.
    """
    distinct, first, copy_of = np.unique(points, axis=0, return_index=True, return_inverse=True)
    centred = distinct.astype(np.float64) - distinct.mean(axis=0, dtype=np.float64)
    radius = _copy_radius(centred, rng)
    if radius is None:
        return first, copy_of
    item = connected_components(radius_neighbors_graph(centred, radius), directed=False)[1]
    return first[np.unique(item, return_index=True)[1]], item.astype(np.int64)[copy_of]


def crossing_copies(
    test: Float[np.ndarray, "m d"], train: Float[np.ndarray, "n d"], rng: np.random.Generator
) -> tuple[int, int]:
    """How many test items are near-duplicates of a training item, and of how many that is: a sample of them.

    Rows are unit vectors. A near-duplicate is CROSSING_RATIO times closer to its nearest training item than to the
    MAX_VIEWS-th nearest; 0 where no more are found than distinct items of the data's intrinsic dimension would give.
    """
    probes = test[rng.choice(len(test), min(CROSSING_PROBES, len(test)), replace=False)]
    if len(train) <= 2 * MAX_VIEWS or not len(probes):
        return 0, len(probes)
    squares, _ = faiss.knn(np.ascontiguousarray(probes), np.ascontiguousarray(train), 2 * MAX_VIEWS)
    near = np.sqrt(np.maximum(squares[:, [0, MAX_VIEWS - 1, 2 * MAX_VIEWS - 1]], 0)).astype(np.float64)
    near = near[near[:, 1] > RESOLVED]
    found = int((near[:, 0] <= CROSSING_RATIO * near[:, 1]).sum())
    if found < FEWEST_CROSSING:
        return 0, len(probes)
    # Of m-dimensional items, (d4 / d8)^m has the median 1/2, and d1 / d4 is below r with probability 3 r^m.
    dimension = np.log(2) / max(float(np.log(np.median(near[:, 2] / near[:, 1]))), 1e-9)
    by_chance = (MAX_VIEWS - 1) * CROSSING_RATIO**dimension * len(near)
    return (found, len(probes)) if found > FEWEST_CROSSING * by_chance else (0, len(probes))


def _copy_radius(points: Float[np.ndarray, "n d"], rng: np.random.Generator) -> float | None:
    """A distance threshold between copies and different items; None if there are no copies."""
    if len(points) <= 2 * MAX_VIEWS:
        return None
    probes = points[rng.choice(len(points), min(PROBES, len(points)), replace=False)]
    lengths = np.square(points).sum(axis=1)
    squares = lengths - 2 * probes @ points.T + np.square(probes).sum(axis=1)[:, None]
    near = np.sqrt(np.maximum(np.partition(squares, (1, MAX_VIEWS), axis=1)[:, [1, MAX_VIEWS]], 0))
    if np.quantile(near[:, 0] / np.maximum(near[:, 1], 1e-300), 0.9) >= MAX_COPY_RATIO:
        return None
    return float(np.sqrt(np.prod(np.median(near, axis=0))))

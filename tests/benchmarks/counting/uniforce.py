"""UniForCE, after Vardakas, Kalogeratos & Likas 2023, The unimodality forest method for clustering and estimation of
the number of clusters, https://arxiv.org/abs/2312.11323. Written anew from the paper.
"""

from itertools import combinations

import diptest
import numpy as np
from jaxtyping import Float, Float64, Int64
from scipy.cluster.hierarchy import DisjointSet
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans

PIECES = 50
SMALLEST = 25
TESTS = 11
P_VALUE = 0.001
"""Pieces at first, items of the smallest that is kept, tests of a pair and their level, all as in the paper. Classes
of less than some 2,500 items have fewer pieces, and keep those of half the mean size: else none would be left."""


def uniforce(points: Float[np.ndarray, "n d"], *, seed: int) -> Int64[np.ndarray, "n"]:
    """The cluster of each point: k-means pieces, joined by a spanning forest of pairs that look unimodal.

    k-means++ of ten starts stands in for the paper's global k-means++.
    """
    points, rng = points.astype(np.float64), np.random.default_rng(seed)
    pieces = _pieces(points, seed)
    members = [points[pieces == piece] for piece in range(pieces.max() + 1)]
    centres = np.array([rows.mean(axis=0) for rows in members])
    distances, forest = cdist(centres, centres), DisjointSet(range(len(centres)))
    for a, b in sorted(combinations(range(len(centres)), 2), key=lambda pair: distances[pair]):
        if not forest.connected(a, b) and _unimodal(members[a], members[b], rng):
            forest.merge(a, b)
    tree = {piece: number for number, joined in enumerate(forest.subsets()) for piece in joined}
    return np.array([tree[piece] for piece in pieces])


def _pieces(points: Float64[np.ndarray, "n d"], seed: int) -> Int64[np.ndarray, "n"]:
    """Many k-means pieces; those too small are given up, and their items go to the nearest that is left."""
    pieces = max(1, min(PIECES, len(points) // SMALLEST))
    smallest = min(SMALLEST, len(points) // (2 * pieces))
    found = KMeans(pieces, n_init=10, random_state=seed).fit(points)
    enough = np.bincount(found.labels_, minlength=pieces) >= smallest
    return cdist(points, found.cluster_centers_[enough]).argmin(axis=1)


def _unimodal(first: Float64[np.ndarray, "a d"], second: Float64[np.ndarray, "b d"], rng: np.random.Generator) -> bool:
    """Whether most samples, with as many items of each piece, have no dip along the line between the centres."""
    axis = first.mean(axis=0) - second.mean(axis=0)
    ends = first @ axis, second @ axis
    size = min(map(len, ends))
    samples = (np.concatenate([rng.choice(end, size, replace=False) for end in ends]) for _ in range(TESTS))
    return sum(diptest.diptest(sample)[1] >= P_VALUE for sample in samples) > TESTS / 2

"""Dip-means, after Kalogeratos & Likas 2012, Dip-means: an incremental clustering method for estimating the number of
clusters, NeurIPS 25. Written anew from the paper.
"""

import diptest
import numpy as np
from jaxtyping import Float, Float64, Int64
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans

P_VALUE = 0.001
"""Of a viewer that sees more than one mode; the paper asks for a dip above all of 1,000 uniform samples."""

SPLIT_VIEWERS = 0.01
"""Share of viewers that see more than one mode from which a cluster is split, as in the paper."""

STARTS = 10
SMALLEST = 8
"""Clusters with fewer items are not split: the test has no power there."""


def dip_means(points: Float[np.ndarray, "n d"], *, seed: int) -> Int64[np.ndarray, "n"]:
    """The cluster of each point. Every item of a cluster views it: the dip test of its distances to the others.

    Of the clusters that enough viewers find multimodal, the one with the clearest dips is split in two, then k-means
    goes on from there.
    """
    points = points.astype(np.float64)
    groups = np.zeros(len(points), dtype=np.int64)
    while True:
        split = _clearest(points, groups)
        if split is None:
            return groups
        halves = KMeans(2, n_init=STARTS, random_state=seed).fit_predict(points[groups == split])
        apart = groups.copy()
        apart[groups == split] = np.where(halves == 1, groups.max() + 1, split)
        centres = np.array([points[apart == g].mean(axis=0) for g in range(apart.max() + 1)])
        groups = KMeans(len(centres), init=centres, n_init=1).fit_predict(points).astype(np.int64)


def _clearest(points: Float64[np.ndarray, "n d"], groups: Int64[np.ndarray, "n"]) -> int | None:
    """The cluster to be split next, if any."""
    scores = [_split_score(points[groups == g]) for g in range(groups.max() + 1)]
    best = int(np.argmax(scores))
    return best if scores[best] > 0 else None


def _split_score(points: Float64[np.ndarray, "m d"]) -> float:
    """Mean dip of the viewers that see more than one mode; 0 if they are too few."""
    if len(points) < SMALLEST:
        return 0.0
    found = [diptest.diptest(np.delete(row, i)) for i, row in enumerate(cdist(points, points))]
    dips = np.array([dip for dip, p_value in found if p_value < P_VALUE])
    return float(dips.mean()) if len(dips) >= max(1, SPLIT_VIEWERS * len(points)) else 0.0

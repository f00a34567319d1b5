"""Whether the modes of a class can be found again by clustering, whatever the scale of the class."""

import warnings

import numpy as np
from jaxtyping import Float, Int64
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_mutual_info_score

STARTS = 4
MOST_ROWS = 2000
"""Rows of a class that are clustered; of larger classes, a random sample."""


def mode_recovery(points: Float[np.ndarray, "n d"], modes: Int64[np.ndarray, "n"], rng: np.random.Generator) -> float:
    """Agreement of the best clustering of one class with its modes: the adjusted mutual information of both.

    At most 1 = the clusters are the modes; 0 = no more than chance would give, slightly below is possible. Clusters: as
    many as there are modes, by k-means, the tightest of STARTS. Multiplying all distances changes nothing, so it shows
    structure that is left in a collapsed class. NaN for fewer than two modes. After Yang, Steinhardt & Hu 2023, Are
    Neurons Actually Collapsed?, https://arxiv.org/abs/2306.17105: cluster first, then score what the clusters know.
    """
    names = np.unique(modes)
    if len(names) < 2:
        return float("nan")
    if len(points) > MOST_ROWS:
        chosen = rng.choice(len(points), MOST_ROWS, replace=False)
        points, modes = points[chosen], modes[chosen]
    centred = points.astype(np.float64) - points.mean(axis=0, dtype=np.float64)
    size = np.sqrt(np.square(centred).sum(axis=1).mean())
    if size == 0:
        return 0.0
    clustering = KMeans(len(names), n_init=STARTS, random_state=int(rng.integers(2**31)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # of copies, which are fewer clusters
        clusters = clustering.fit_predict(centred / size)
    return float(adjusted_mutual_info_score(modes, clusters))

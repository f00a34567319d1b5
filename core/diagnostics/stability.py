"""Reliability of a count: its spread over subsamples, and the count by an independent method."""

import warnings

import numpy as np
from jaxtyping import Float, Float64, Int64
from sklearn.cluster import HDBSCAN
from sklearn.metrics import adjusted_mutual_info_score, silhouette_score

from core.diagnostics.duplicates import distinct_rows
from core.diagnostics.subclusters import (
    SMALLEST_GROUP,
    CountResult,
    count_scores,
    principal_scores,
    signal_scores,
    tangent_coordinates,
)

SUBSAMPLES = 30
SUBSAMPLE_SHARE = 0.8
MAX_RESAMPLED = 2000
MORE_COMPONENTS = 2
"""Additional mixture components that a subsample may have, compared with the whole class."""

NULL_DRAWS = 20
MAX_ROWS = 1000
"""Largest number of rows for the second opinion: HDBSCAN is quadratic, and a count needs no more."""


def resample(
    points: Float[np.ndarray, "n d"], full: CountResult, rng: np.random.Generator
) -> tuple[Int64[np.ndarray, "b"], float]:
    """Counts over subsamples of 80 % of the distinct rows, and how well their assignments agree with the full ones.

    The number of signal dimensions and the tangent plane are those of the whole class; the directions of the
    dimensions and the groups are found anew each time. The mixture may have MORE_COMPONENTS above
    those of the whole class. Subsamples have at most MAX_RESAMPLED rows: for larger classes
    the spread is that of a class of this size, an upper bound. Agreement is the mean adjusted mutual information over
    the subsamples, clipped to [0, 1]; 1 = identical groups.
    """
    if not full.dimensions:  # no signal: always one group
        return np.ones(SUBSAMPLES, dtype=np.int64), 1.0
    distinct, _ = distinct_rows(points, rng)
    flat, assignments = tangent_coordinates(points[distinct]), full.assignments[distinct]
    if flat.shape[0] < flat.shape[1]:  # as many axes as rows are lossless
        flat = principal_scores(flat, len(flat))
    size = min(max(1, round(SUBSAMPLE_SHARE * len(flat))), MAX_RESAMPLED)
    counts, agreement = [], []
    for _ in range(SUBSAMPLES):
        rows = rng.choice(len(flat), size, replace=False)
        part = flat[rows] - flat[rows].mean(axis=0)
        again = count_scores(
            principal_scores(part, full.dimensions), rng, max_components=full.components + MORE_COMPONENTS
        )
        counts.append(again.count)
        agreement.append(_mutual_information(assignments[rows], again.assignments))
    return np.array(counts), float(np.clip(np.mean(agreement), 0, 1))


def _mutual_information(first: Int64[np.ndarray, "n"], second: Int64[np.ndarray, "n"]) -> float:
    """Adjusted mutual information, with a shortcut for the frequent case of equal groups with other numbers."""
    pairs = len(np.unique(first * (second.max() + 2) + second))
    if pairs == len(np.unique(first)) == len(np.unique(second)):
        return 1.0
    return float(adjusted_mutual_info_score(first, second))


def second_opinion(points: Float[np.ndarray, "n d"], rng: np.random.Generator) -> int:
    """Number of HDBSCAN clusters if they are better separated than in Gaussian clouds of the same covariance; else
    1."""
    points = points[distinct_rows(points, rng)[0]]
    if len(points) > MAX_ROWS:
        points = points[rng.choice(len(points), MAX_ROWS, replace=False)]
    scores = signal_scores(points, rng)
    if not scores.shape[1]:
        return 1
    found, separation = _hdbscan(scores)
    if found < 2:
        return 1
    spread = np.linalg.cholesky(np.atleast_2d(np.cov(scores.T)))
    null = (_hdbscan(rng.normal(size=scores.shape) @ spread.T)[1] for _ in range(NULL_DRAWS))
    return found if all(separation > other for other in null) else 1


def _hdbscan(scores: Float64[np.ndarray, "n s"]) -> tuple[int, float]:
    """Number of clusters, and their silhouette times the share of rows in one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        smallest = max(SMALLEST_GROUP + 1, round(0.03 * len(scores)))
        assignments = HDBSCAN(min_cluster_size=smallest).fit_predict(scores)
    inside = assignments >= 0
    found = int(assignments.max(initial=-1)) + 1
    if found < 2:
        return found, 0.0
    return found, float(silhouette_score(scores[inside], assignments[inside]) * inside.mean())

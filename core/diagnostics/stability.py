"""Reliability of a count: its spread over subsamples, and the count by an independent method."""

import warnings

import numpy as np
from jaxtyping import Float, Float64, Int64
from sklearn.cluster import HDBSCAN
from sklearn.metrics import adjusted_mutual_info_score, silhouette_score

from core.diagnostics.duplicates import distinct_rows
from core.diagnostics.gaps import gap_readings
from core.diagnostics.peaks import PEAK_DIMENSIONS, Density, neighbour_graph
from core.diagnostics.readings import SMALLEST_GROUP, best_readings
from core.diagnostics.signal import signal_scores
from core.diagnostics.subclusters import CountResult, Signal

SUBSAMPLES = 30
SUBSAMPLE_SHARE = 0.8
SURPLUS = 1.5
"""Neighbours kept for each one that the largest scale needs, so that subsamples have enough left."""

GAPS_UP_TO = 300
"""Rows up to which gaps are looked for in subsamples of a class in which they did not make the count."""

NULL_DRAWS = 20
MAX_ROWS = 1000
"""Largest number of rows for the second opinion: HDBSCAN is quadratic, and a count needs no more."""


def resample(signal: Signal, full: CountResult, rng: np.random.Generator) -> tuple[Int64[np.ndarray, "b"], float]:
    """Counts over subsamples of 80 % of the counted rows, and how well their assignments agree with the full ones.

    The coordinates are those of the whole class, and so are the neighbours as far as they are drawn; peaks and gaps are
    found anew each time. Gaps are looked for only where they made the count or could make another: in small classes.
    Agreement is the mean adjusted mutual information over the subsamples, clipped to [0, 1]; 1 = identical groups.
    """
    n, dimensions = signal.scores.shape
    if not dimensions:  # no signal: always one group
        return np.ones(SUBSAMPLES, dtype=np.int64), 1.0
    with_gaps = full.reading.evidence == "gaps" or n <= GAPS_UP_TO
    graph = neighbour_graph(signal.scores, surplus=SURPLUS)
    counts, agreement = [], []
    for _ in range(SUBSAMPLES):
        rows = np.sort(rng.choice(n, max(1, round(SUBSAMPLE_SHARE * n)), replace=False))
        density = Density.of(None if graph is None else graph.among(rows), complete=dimensions <= PEAK_DIMENSIONS)
        gaps = density.confirmed(gap_readings(signal.scores[rows], rng)) if with_gaps else ()
        again = CountResult.of(best_readings([*density.readings(), *gaps]), len(rows)).reading
        counts.append(again.count)
        agreement.append(_mutual_information(full.reading.assignments[rows], again.assignments))
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

"""The methods of the league: each from the points of one class to their groups, with settings that never change."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from jaxtyping import Float, Float64, Int64
from sklearn.cluster import HDBSCAN, KMeans
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture

from core.diagnostics.subclusters import count_once
from tests.benchmarks.counting import release_0_2
from tests.benchmarks.counting.dip_means import dip_means
from tests.benchmarks.counting.uniforce import uniforce

Points = Float[np.ndarray, "n d"]
Groups = Int64[np.ndarray, "n"]
"""Group of each item; -1 = in none."""

OURS = "ours"
PRESENT = "release 0.2"
TOLD = "k-means, told k"
"""No count: which groups could be found by one who knew how many there are."""

MOST_COMPONENTS = 45
PATIENCE = 5
MOST_AXES = 15
VARIANCE = 0.9
SMALLEST_SHARE = 0.03


@dataclass(frozen=True)
class Method:
    """A way to count the groups of one class."""

    name: str
    groups: Callable[[Points, int], Groups]
    """(points, seed) -> group of each point."""
    how: str
    """What it is and its settings, in a line."""
    package: str = ""
    """What it needs beyond requirements.txt."""

    @property
    def available(self) -> bool:
        return not self.package or find_spec(self.package) is not None

    def count(self, points: Points, seed: int) -> tuple[int, Groups]:
        """Number of groups, at least 1, and the group of each point."""
        groups = np.asarray(self.groups(points, seed), dtype=np.int64)
        return max(1, len(np.unique(groups[groups >= 0]))), groups


def _ours(points: Points, seed: int) -> Groups:
    """The count alone: what `count_subclusters` answers, without the subsamples that say how sure it is."""
    return count_once(points, np.random.default_rng(seed)).reading.assignments


def _release_0_2(points: Points, seed: int) -> Groups:
    return release_0_2.count_once(points, np.random.default_rng(seed)).assignments


def leading_axes(points: Points) -> Float64[np.ndarray, "n m"]:
    """The leading principal components that hold 90 % of the variance, at most 15."""
    scores = PCA(min(MOST_AXES, *points.shape)).fit(points.astype(np.float64))
    total = points.astype(np.float64).var(axis=0, ddof=1).sum()
    kept = 1 + int(np.searchsorted(np.cumsum(scores.explained_variance_) / total, VARIANCE))
    return scores.transform(points.astype(np.float64))[:, :kept]


def _smallest(points: Points) -> int:
    return max(5, round(SMALLEST_SHARE * len(points)))


def _hdbscan(points: Points, seed: int) -> Groups:
    return HDBSCAN(min_cluster_size=_smallest(points), copy=True).fit_predict(points.astype(np.float64))


def _hdbscan_on_axes(points: Points, seed: int) -> Groups:
    return _hdbscan(leading_axes(points), seed)


def _mixture(points: Points, seed: int) -> Groups:
    """The lowest BIC over full, diagonal and spherical components; the search stops after PATIENCE vain steps."""
    axes = leading_axes(points)
    axes = axes / (axes.std() + 1e-300)
    found = []
    for covariance in ("full", "diag", "spherical"):
        best, vain, least = None, 0, np.inf
        for k in range(1, min(MOST_COMPONENTS, len(axes) // 4) + 1):
            mixture = GaussianMixture(k, covariance_type=covariance, random_state=seed).fit(axes)
            bic = mixture.bic(axes)
            best, least, vain = (mixture, bic, 0) if bic < least else (best, least, vain + 1)
            if vain == PATIENCE:
                break
        found.append((least, best.predict(axes)))
    return min(found, key=lambda pair: pair[0])[1]


def _dip_means(points: Points, seed: int) -> Groups:
    return dip_means(points, seed=seed)


def _uniforce(points: Points, seed: int) -> Groups:
    return uniforce(points, seed=seed)


def _fast_hdbscan(points: Points, seed: int) -> Groups:
    import fast_hdbscan

    return fast_hdbscan.HDBSCAN(min_cluster_size=_smallest(points), reproducible=True).fit_predict(points)


def _plscan(points: Points, seed: int) -> Groups:
    import fast_hdbscan

    return fast_hdbscan.PLSCAN(reproducible=True).fit_predict(points)


def _evoc(points: Points, seed: int) -> Groups:
    import evoc

    return evoc.EVoC(random_state=seed).fit_predict(points.astype(np.float32))


def _finch(points: Points, seed: int) -> Groups:
    import finch

    return finch.FINCH(points.astype(np.float32), random_state=seed)[0][:, -1]


METHODS = [
    Method(OURS, _ours, "the count of `core.diagnostics.count_subclusters`, without the measures of its reliability"),
    Method(
        PRESENT, _release_0_2, "the count of release 0.2, frozen in the benchmark, without its measures of reliability"
    ),
    Method("HDBSCAN", _hdbscan, "scikit-learn, smallest cluster 5 items and 3 % of the class"),
    Method(
        "HDBSCAN on axes", _hdbscan_on_axes, "the same on the leading principal axes (90 % of the variance, 15 at most)"
    ),
    Method("GMM + BIC", _mixture, "scikit-learn, on the same axes; full, diagonal or spherical, up to 45 components"),
    Method("dip-means", _dip_means, "own implementation (Kalogeratos & Likas 2012), settings of the paper"),
    Method("UniForCE", _uniforce, "own implementation (Vardakas et al. 2023), settings of the paper"),
    Method("fast-hdbscan", _fast_hdbscan, "fast-hdbscan, as HDBSCAN above", package="fast_hdbscan"),
    Method("PLSCAN", _plscan, "fast-hdbscan's PLSCAN, default settings", package="fast_hdbscan"),
    Method("EVoC", _evoc, "evoc, default settings", package="evoc"),
    Method("FINCH", _finch, "finch-clust, its coarsest partition", package="finch"),
]
"""In the order of the tables."""

BY_NAME = {method.name: method for method in METHODS}


def told(points: Points, k: int, seed: int) -> Groups:
    """The groups of k-means that is told how many there are."""
    return KMeans(k, n_init=10, random_state=seed).fit_predict(points).astype(np.int64)

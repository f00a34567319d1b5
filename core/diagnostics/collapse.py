"""Measures of class collapse: scale and shape of classes from means and variances, linear in n."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64, Int64

from core.common.parallel import chunks
from core.diagnostics.checks import Groups

BLOCK = 1024

CERTAIN_ABOVE = 0.5
"""A debiased squared distance of two means is taken for 0 up to this part of what sampling alone would make of it. Its
standard error is sqrt(2 / r) of that, with r the number of directions in which the classes vary."""

ROUNDING = 8
"""Units in the last place by which two means that are one may differ in every coordinate."""


@dataclass(frozen=True)
class Geometry:
    """Class means, sizes and total within-class variances: the input of all measures of scale."""

    means: Float64[np.ndarray, "c d"]
    sizes: Int64[np.ndarray, "c"]
    within: Float64[np.ndarray, "c"]
    """Unbiased variance around the class mean, summed over dimensions; NaN for a single item."""
    nearest: Int64[np.ndarray, "c"]
    """Class with the nearest mean; -1 if there is no other class."""
    nearest_square: Float64[np.ndarray, "c"]
    """Debiased squared distance to it, above 0; NaN if there is no other class, or if sampling error of the means alone
    or rounding, would make it so large."""

    @classmethod
    def of(cls, points: Float[np.ndarray, "n d"], groups: Groups) -> "Geometry":
        sizes = groups.sizes
        means, within = np.empty((len(sizes), points.shape[1])), np.full(len(sizes), np.nan)
        for c, rows in enumerate(groups.members()):
            own = points[rows].astype(np.float64)
            means[c] = own.mean(axis=0)
            if len(rows) > 1:
                within[c] = np.square(own - means[c]).sum() / (len(rows) - 1)
        nearest, squares = _nearest_means(means, noise=np.nan_to_num(within) / sizes)
        rounding = ROUNDING * np.finfo(points.dtype).eps * float(np.abs(means).max())
        return cls(means, sizes, within, nearest, np.where(squares > rounding**2 * points.shape[1], squares, np.nan))


def _nearest_means(
    means: Float64[np.ndarray, "c d"], noise: Float64[np.ndarray, "c"]
) -> tuple[Int64[np.ndarray, "c"], Float64[np.ndarray, "c"]]:
    """Nearest other mean by ||a - b||^2 - noise_a - noise_b: debiased by the sampling error of the means."""
    if len(means) < 2:
        return np.full(len(means), -1), np.full(len(means), np.nan)
    centred = means - means.mean(axis=0)
    others = np.einsum("cd,cd->c", centred, centred) - noise
    nearest = np.empty(len(means), dtype=np.int64)
    for block in chunks(len(means), BLOCK):
        found = (-2 * centred[block]) @ centred.T
        found += others  # terms that are constant in a row do not change its minimum
        found[np.arange(len(found)), np.arange(block.start, block.stop)] = np.inf
        nearest[block] = found.argmin(axis=1)
    error = noise + noise[nearest]
    squares = np.square(centred - centred[nearest]).sum(axis=1) - error
    return nearest, np.where(squares > CERTAIN_ABOVE * error, squares, np.nan)


def kappa(geometry: Geometry) -> Float64[np.ndarray, "c"]:
    """Spread of each class relative to its nearest other class: sqrt(v_c) / distance to the nearest other mean.

    In [0, infinity), never infinite; 0 = collapsed to a point. NaN for a single item, for a single class, and if the
    mean cannot be told from another one: the classes coincide (see `core.diagnostics.overlap`), or lie around one
    point, or all items are at one point (total collapse).
    """
    return np.sqrt(geometry.within / geometry.nearest_square)


def cdnv(geometry: Geometry) -> Float64[np.ndarray, "c"]:
    """Class-distance normalised variance to the nearest class: (v_c + v_j) / (2 ||mu_c - mu_j||^2).

    In [0, infinity), smaller = more collapsed; NaN as for kappa. Galanti et al. 2022, https://arxiv.org/abs/2112.15121.
    """
    return (geometry.within + geometry.within[geometry.nearest]) / (2 * geometry.nearest_square)


def trace_ratio(geometry: Geometry) -> Float64[np.ndarray, "c"]:
    """v_c over the trace of the between-class scatter (weighted by class size, debiased). In [0, infinity);
    NaN without such scatter."""
    share = geometry.sizes / geometry.sizes.sum()
    between = share @ np.square(geometry.means - share @ geometry.means).sum(axis=1)
    chance = np.nan_to_num(geometry.within) @ (1 - share) / geometry.sizes.sum()
    return _ratio(geometry.within, between - chance, classes=len(share))


def density(geometry: Geometry) -> Float64[np.ndarray, "c"]:
    """Mean distance within the class over the mean distance of its mean to the other means.

    In [0, infinity); NaN if all means are one. Both are halved squared Euclidean distances: on the sphere, within a
    class, exactly 1 - cosine averaged over all pairs, n / (n - 1) (1 - ||mean||^2). After Roth et al. 2020,
    https://arxiv.org/abs/2002.08473.
    """
    classes = len(geometry.means)
    centred = geometry.means - geometry.means.mean(axis=0)
    squares = np.square(centred).sum(axis=1)
    others = (classes * squares + squares.sum()) / max(classes - 1, 1)
    return _ratio(geometry.within, others / 2, classes=classes)


def participation_ratio(points: Float[np.ndarray, "n d"]) -> float:
    """Effective number of directions of the variance of one class: (sum of eigenvalues)^2 / sum of squared eigenvalues.

    Between 1 and min(n - 1, d). Do not interpret it alone: the isotropic residue of a collapsed class scores
    higher than three real sub-clusters. NaN if there is no variance.
    """
    centred = points.astype(np.float64) - points.mean(axis=0, dtype=np.float64)
    small = centred.T if centred.shape[1] <= centred.shape[0] else centred
    squared_trace, squared_norm = np.square(centred).sum() ** 2, np.square(small @ small.T).sum()
    return float(squared_trace / squared_norm) if squared_norm > 0 else float("nan")


def _ratio(
    within: Float64[np.ndarray, "c"], between: Float64[np.ndarray, "c"] | np.float64, *, classes: int
) -> Float64[np.ndarray, "c"]:
    if classes < 2:
        return np.full(len(within), np.nan)
    return within / np.where(between > 0, between, np.nan)

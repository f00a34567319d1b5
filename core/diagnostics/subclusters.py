"""Counting the sub-clusters of one class in the embedding space, never in a 2-D map.

Conservative against over-counting: a class is one group unless several steps, each with its own test, reject that.
"""

from dataclasses import dataclass, replace
from itertools import combinations

import diptest
import numpy as np
from jaxtyping import Float, Float32, Float64, Int64
from scipy.sparse.linalg import LinearOperator, eigsh

from core.diagnostics.checks import on_sphere
from core.diagnostics.duplicates import distinct_rows
from core.diagnostics.mixture import fit_mixture

MAX_GROUPS = 12
BIC_PATIENCE = 5
"""Successive numbers of components without a lower BIC before the search stops; many weak modes lower it only
together."""

MAX_DIMENSIONS = 15
FLIPS = 20
DENSE_UP_TO = 128
SPLIT_P_VALUE = 0.001
"""p-value below which two groups are kept apart. A uniform cloud, the hardest single group, is split about as often."""

SUPPORT_SHARE = 0.03
"""A pair of groups supports another pair with p-value p if its own p-value is at least this share of p."""

CLEAR_SEPARATION = 3.5
"""Smallest distance in standard deviations between two groups that may be supported; halves of a Gaussian are 2.6
apart."""

SMALLEST_GROUP = 4
SMALLEST_SHARE = 0.02


@dataclass(frozen=True)
class CountResult:
    """One pass of the count."""

    assignments: Int64[np.ndarray, "n"]
    """Sub-cluster of each row, 0 = the largest; -1 = in a group below the minimum size."""
    p_value: float
    """Largest p-value for two of the groups being one; 1 for a single group."""

    dimensions: int
    """Number of signal dimensions in which groups were searched."""

    components: int
    """Number of mixture components before merging."""

    @property
    def count(self) -> int:
        return max(1, int(self.assignments.max(initial=0)) + 1)


def count_once(points: Float[np.ndarray, "n d"], rng: np.random.Generator) -> CountResult:
    """Deduplicate, map to the tangent plane, keep the signal dimensions, fit mixtures and merge."""
    rows, copy_of = distinct_rows(points, rng)
    counted = count_scores(signal_scores(points[rows], rng), rng)
    return replace(counted, assignments=counted.assignments[copy_of])


def count_scores(
    scores: Float64[np.ndarray, "n s"], rng: np.random.Generator, *, max_components: int = MAX_GROUPS
) -> CountResult:
    """The count for distinct points given by their signal dimensions; s = 0: one group.

    max_components: largest number of mixture components tried.
    """
    n, dimensions = scores.shape
    if not dimensions:
        return CountResult(np.zeros(n, dtype=np.int64), 1.0, 0, 1)
    pieces = best_mixture(scores, rng, max_components=max_components)
    groups, p_value = merge_groups(scores, pieces)
    numbers = _renumber_by_size(groups, smallest=max(SMALLEST_GROUP, SMALLEST_SHARE * n))
    return CountResult(numbers, p_value, dimensions, len(np.unique(pieces)))


def signal_scores(points: Float[np.ndarray, "n d"], rng: np.random.Generator) -> Float64[np.ndarray, "n s"]:
    """Coordinates along the directions with more variance than chance; s = 0 if there are none."""
    flat = tangent_coordinates(points)
    radius = np.sqrt(np.square(flat).sum(axis=1).mean())
    size = np.sqrt(np.square(points.astype(np.float64)).sum(axis=1).mean())
    if len(points) < 2 * SMALLEST_GROUP or radius < max(1e-6, 10 * np.finfo(points.dtype).eps) * size:
        return np.empty((len(points), 0))
    small = _small(flat)
    values, vectors = _spectrum(small)
    return _coordinates(flat, values, vectors, _signal_dimensions(small, values, vectors, rng))


def principal_scores(flat: Float64[np.ndarray, "n d"], dimensions: int) -> Float64[np.ndarray, "n s"]:
    """Coordinates of centred rows along their leading principal directions."""
    return _coordinates(flat, *_spectrum(_small(flat)), dimensions)


def _small(flat: Float64[np.ndarray, "n d"]) -> Float64[np.ndarray, "m k"]:
    """The matrix or its transpose, whichever has the smaller scatter matrix."""
    return flat if flat.shape[0] >= flat.shape[1] else flat.T


def _spectrum(small: Float64[np.ndarray, "m k"]) -> tuple[Float64[np.ndarray, "k"], Float64[np.ndarray, "k k"]]:
    """Eigenvalues of the scatter matrix, largest first, and its eigenvectors in columns."""
    values, vectors = np.linalg.eigh(small.T @ small)
    return values[::-1], vectors[:, ::-1]


def _coordinates(
    flat: Float64[np.ndarray, "n d"], values: Float64[np.ndarray, "k"], vectors: Float64[np.ndarray, "k k"], kept: int
) -> Float64[np.ndarray, "n s"]:
    """Rows along the first `kept` directions, from the spectrum of either scatter matrix."""
    if flat.shape[0] >= flat.shape[1]:
        return flat @ vectors[:, :kept]
    return vectors[:, :kept] * np.sqrt(np.maximum(values[:kept], 0))


def _signal_dimensions(
    small: Float64[np.ndarray, "n d"],
    values: Float64[np.ndarray, "d"],
    vectors: Float64[np.ndarray, "d d"],
    rng: np.random.Generator,
) -> int:
    """Number of leading eigenvalues above chance; found ones are removed and the rest is tested again.

    Without this, strong dimensions raise the level of chance and hide weak ones (Dobriban & Owen 2019, Deterministic
    parallel analysis, J. R. Stat. Soc. B 81, 163-183).
    """
    most = min(MAX_DIMENSIONS, len(values))
    kept, residual = 0, small
    while kept < most:
        freedom = np.prod([size / (size - kept) for size in small.shape])  # sign flips refill the removed dimensions
        more = _above_chance(values[kept:most] / freedom, residual, rng)
        if not more:
            break
        kept += more
        residual = small - (small @ vectors[:, :kept]) @ vectors[:, :kept].T
    return kept


def tangent_coordinates(points: Float[np.ndarray, "n d"]) -> Float64[np.ndarray, "n d"]:
    """Centred rows; points on the sphere are first mapped to the tangent plane at their mean, so that lengths are
    angles."""
    points = points.astype(np.float64)
    mean = points.mean(axis=0)
    length = np.linalg.norm(mean)
    if not on_sphere(points) or length < 1e-3:
        return points - mean
    pole = mean / length
    along = points @ pole
    across = points - along[:, None] * pole
    sine = np.linalg.norm(across, axis=1)
    flat = across * (np.arctan2(sine, along) / np.maximum(sine, 1e-300))[:, None]
    return flat - flat.mean(axis=0)


def _above_chance(values: Float64[np.ndarray, "v"], small: Float64[np.ndarray, "n d"], rng: np.random.Generator) -> int:
    """How many of these eigenvalues exceed the largest one after random sign flips, in each of several draws (FlipPA).

    Hong, Sheng & Dobriban 2020, https://arxiv.org/abs/2012.02985.
    """
    single, above = small.astype(np.float32), len(values)
    for _ in range(FLIPS):
        flips = np.int8(2) * rng.integers(0, 2, size=small.shape, dtype=np.int8) - np.int8(1)
        above = _count_above_top(values[:above], single * flips, rng)
        if not above:
            break
    return above


def _count_above_top(
    values: Float64[np.ndarray, "v"], matrix: Float32[np.ndarray, "n d"], rng: np.random.Generator
) -> int:
    """How many of the values, in descending order, exceed the largest eigenvalue of matrix.T @ matrix."""
    if matrix.shape[1] > DENSE_UP_TO:
        return int(np.count_nonzero(values > _lanczos_top_eigenvalue(matrix, rng)))
    scatter = matrix.T @ matrix
    if _exceeds_all_eigenvalues(float(values[-1]), scatter):  # usually all do
        return len(values)
    return int(np.count_nonzero(values > np.linalg.eigvalsh(scatter)[-1]))


def _exceeds_all_eigenvalues(value: float, scatter: Float32[np.ndarray, "d d"]) -> bool:
    """Whether a value exceeds all eigenvalues: value I - scatter then has a Cholesky factor, at a tenth of the cost."""
    shifted = -scatter
    shifted.flat[:: len(shifted) + 1] += value
    try:
        np.linalg.cholesky(shifted)
    except np.linalg.LinAlgError:
        return False
    return True


def _lanczos_top_eigenvalue(matrix: Float32[np.ndarray, "n d"], rng: np.random.Generator) -> float:
    """Largest eigenvalue of matrix.T @ matrix by Lanczos, to half a percent."""
    width = matrix.shape[1]
    operator = LinearOperator((width, width), matvec=lambda v: matrix.T @ (matrix @ v), dtype=np.float32)
    start = rng.standard_normal(width, dtype=np.float32)
    return float(eigsh(operator, k=1, tol=5e-3, v0=start, return_eigenvectors=False)[0])


def best_mixture(
    scores: Float64[np.ndarray, "n s"], rng: np.random.Generator, *, max_components: int
) -> Int64[np.ndarray, "n"]:
    """Assignments of the mixture with the lowest BIC, with increasing numbers of components."""
    best, worse = fit_mixture(scores, 1, rng), 0
    for k in range(2, min(max_components, len(scores) // SMALLEST_GROUP) + 1):
        mixture = fit_mixture(scores, k, rng)
        if mixture.bic < best.bic:
            best, worse = mixture, 0
        else:
            worse += 1
            if worse == BIC_PATIENCE:
                break
    return best.assignments


def merge_groups(scores: Float64[np.ndarray, "n s"], groups: Int64[np.ndarray, "n"]) -> tuple[np.ndarray, float]:
    """Join the pair least separated by a gap, until every pair is; and the largest p-value left, see
    `_combined_p_values`.

    Hennig 2010, Methods for merging Gaussian mixture components, Advances in Data Analysis and Classification 4, 3-34.
    """
    groups = np.unique(groups, return_inverse=True)[1]
    g = groups.max() + 1
    p_values = np.zeros((g, g))
    for a, b in combinations(range(g), 2):
        p_values[a, b] = p_values[b, a] = _unimodal(scores, groups, a, b)
    while len(p_values) > 1:
        combined = _combined_p_values(p_values, _distances(scores, groups))
        kept, dropped = sorted(divmod(int(combined.argmax()), len(combined)))
        if combined[kept, dropped] < SPLIT_P_VALUE:
            return groups, float(combined[kept, dropped])
        groups = np.where(groups == dropped, kept, groups) - (groups > dropped)
        p_values = np.delete(np.delete(p_values, dropped, axis=0), dropped, axis=1)
        for other in set(range(len(p_values))) - {kept}:
            p_values[kept, other] = p_values[other, kept] = _unimodal(scores, groups, kept, other)
    return groups, 1.0


def _combined_p_values(
    p_values: Float64[np.ndarray, "g g"], distances: Float64[np.ndarray, "g g"]
) -> Float64[np.ndarray, "g g"]:
    """p-values of the pairs, each combined with those of the supporting pairs around it.

    In small groups the dip test has no power, but a single cloud cut in m pieces touches itself in m - 1 places or
    more: all of their p-values fall to p or below with a chance of about p^(m - 1). So m groups linked by pairs with
    similar p-values (or larger) are tested as one cloud. A pair that stands out as the weakest is on its own.
    """
    weakest_link = p_values.copy()  # on the best path from one group to the other
    np.fill_diagonal(weakest_link, np.inf)
    for between in range(len(p_values)):
        np.maximum(weakest_link, np.minimum(weakest_link[:, between, None], weakest_link[between]), out=weakest_link)
    linked = (weakest_link[:, None] >= SUPPORT_SHARE * p_values[:, :, None]).sum(axis=2)
    alone = (p_values < SPLIT_P_VALUE) | (distances < CLEAR_SEPARATION)
    return np.where(alone, p_values, p_values ** (linked - 1))


def _distances(scores: Float64[np.ndarray, "n s"], groups: Int64[np.ndarray, "n"]) -> Float64[np.ndarray, "g g"]:
    """Distances between centroids in standard deviations within groups: the pair's, or that of all groups if larger."""
    sizes = np.bincount(groups)
    members = [scores[groups == a] for a in range(len(sizes))]
    centres = np.array([rows.mean(axis=0) for rows in members])
    scatters = np.array([(rows - centre).T @ (rows - centre) for rows, centre in zip(members, centres, strict=True)])
    everywhere = scatters.sum(axis=0) / max(len(scores) - len(sizes), 1)
    pooled = np.maximum(sizes[:, None] + sizes - 2, 1)
    between = centres[:, None] - centres
    here = np.einsum("abi,aij,abj->ab", between, scatters, between)
    variance = np.maximum((here + here.T) / pooled, np.einsum("abi,ij,abj->ab", between, everywhere, between))
    distances = np.square(between).sum(axis=2) / np.sqrt(variance + 1e-300)
    enough = sizes >= SMALLEST_GROUP  # smaller groups have no reliable spread
    return np.where(enough[:, None] & enough, distances, 0.0)


def _unimodal(scores: Float64[np.ndarray, "n s"], groups: Int64[np.ndarray, "n"], a: int, b: int) -> float:
    """Dip-test p-value for two groups being a single one, along the line through their centroids."""
    first, second = scores[groups == a], scores[groups == b]
    if len(first) + len(second) < SMALLEST_GROUP:
        return 1.0
    axis = first.mean(axis=0) - second.mean(axis=0)
    return float(diptest.diptest(np.concatenate([first @ axis, second @ axis]))[1])


def _renumber_by_size(groups: Int64[np.ndarray, "n"], *, smallest: float) -> Int64[np.ndarray, "n"]:
    """Renumber from the largest group down; groups below `smallest` become -1."""
    names, inverse, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    order = np.argsort(-sizes, kind="stable")
    number = np.empty(len(names), dtype=np.int64)
    number[order] = np.arange(len(names))
    number[sizes < smallest] = -1
    return number[inverse]

"""How many sub-clusters one class has, in the embedding space itself and never in a 2-D map.

Built to be safe against over-counting: a class is one group unless several steps, each with its own test, disagree.
"""

from dataclasses import dataclass

import diptest
import numpy as np
from jaxtyping import Float, Float32, Float64, Int64
from scipy.sparse.linalg import LinearOperator, eigsh

from core.diagnostics.checks import on_sphere
from core.diagnostics.mixture import fit_mixture

MOST_GROUPS = 12
WORSE_IN_A_ROW = 3
MOST_DIMENSIONS = 15
FLIPS = 20
DIRECT_UP_TO = 128
MERGE_ABOVE = 0.01
"""Dip-test p-value from which two groups count as one."""

SMALL_PAIR = 60
"""Rows up to which a pair of groups is also told apart by a gap: the dip test has no power there."""

WIDE_GAP = 2.5
"""Width of that gap in standard deviations within groups; at 2, one skewed class of 50 in 75 was cut in two."""

SMALLEST_GROUP = 4
SMALLEST_SHARE = 0.02


@dataclass(frozen=True)
class Counted:
    """One pass of the count."""

    assignments: Int64[np.ndarray, "n"]
    """Sub-cluster of each row, 0 = the largest; -1 = in no group large enough."""
    p_value: float
    """Largest dip-test p-value among the pairs left unmerged; 1 where one group is left."""

    dimensions: int
    """Signal dimensions the groups were looked for in."""

    @property
    def count(self) -> int:
        return max(1, int(self.assignments.max(initial=0)) + 1)


def count_once(points: Float[np.ndarray, "n d"], rng: np.random.Generator, *, dimensions: int | None = None) -> Counted:
    """Deduplicate, flatten, keep the signal dimensions, fit mixtures, merge what is not separated by a gap.

    dimensions: how many signal dimensions there are, where already known; finding out is most of the cost.
    """
    distinct, copy_of = np.unique(points, axis=0, return_inverse=True)
    scores = signal_scores(distinct, rng, dimensions=dimensions)
    if not scores.shape[1]:
        return Counted(np.zeros(len(points), dtype=np.int64), 1.0, 0)
    groups, p_value = merge_groups(scores, best_mixture(scores, rng))
    numbers = _by_size(groups, smallest=max(SMALLEST_GROUP, SMALLEST_SHARE * len(groups)))
    return Counted(numbers[copy_of], p_value, scores.shape[1])


def signal_scores(
    points: Float[np.ndarray, "n d"], rng: np.random.Generator, *, dimensions: int | None = None
) -> Float64[np.ndarray, "n s"]:
    """Coordinates along the directions that carry more variance than chance; s = 0 where none does."""
    flat = flatten(points)
    radius = np.sqrt(np.square(flat).sum(axis=1).mean())
    size = np.sqrt(np.square(points.astype(np.float64)).sum(axis=1).mean())
    if len(points) < 2 * SMALLEST_GROUP or radius < max(1e-6, 10 * np.finfo(points.dtype).eps) * size:
        return np.empty((len(points), 0))
    small = flat if flat.shape[0] >= flat.shape[1] else flat.T
    values, vectors = np.linalg.eigh(small.T @ small)
    values, vectors = values[::-1], vectors[:, ::-1]
    kept = _signal_dimensions(small, values, vectors, rng) if dimensions is None else dimensions
    return flat @ vectors[:, :kept] if small is flat else vectors[:, :kept] * np.sqrt(values[:kept])


def _signal_dimensions(
    small: Float64[np.ndarray, "n d"],
    values: Float64[np.ndarray, "d"],
    vectors: Float64[np.ndarray, "d d"],
    rng: np.random.Generator,
) -> int:
    """How many leading eigenvalues exceed chance; found ones are taken away and the rest tried again.

    Without that, strong dimensions raise the level of chance and hide weak ones (Dobriban & Owen 2019, Deterministic
    parallel analysis, J. R. Stat. Soc. B 81, 163-183).
    """
    most = min(MOST_DIMENSIONS, len(values))
    kept, residual = 0, small
    while kept < most:
        freedom = np.prod([size / (size - kept) for size in small.shape])  # flips fill the emptied dimensions again
        more = int(np.count_nonzero(values[kept:most] > freedom * _largest_by_chance(residual, rng)))
        if not more:
            break
        kept += more
        residual = small - (small @ vectors[:, :kept]) @ vectors[:, :kept].T
    return kept


def flatten(points: Float[np.ndarray, "n d"]) -> Float64[np.ndarray, "n d"]:
    """Centred rows; for points on the sphere, mapped to the tangent plane at their mean, lengths being angles."""
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


def _largest_by_chance(small: Float64[np.ndarray, "n d"], rng: np.random.Generator) -> float:
    """Largest eigenvalue of the scatter matrix after random sign flips, the largest of several draws (FlipPA).

    Hong, Sheng & Dobriban 2020, https://arxiv.org/abs/2012.02985.
    """
    rough = small.astype(np.float32)
    return max(
        _top_eigenvalue(rough * (np.int8(2) * rng.integers(0, 2, size=small.shape, dtype=np.int8) - np.int8(1)), rng)
        for _ in range(FLIPS)
    )


def _top_eigenvalue(matrix: Float32[np.ndarray, "n d"], rng: np.random.Generator) -> float:
    """Largest eigenvalue of matrix.T @ matrix: directly when small, by Lanczos to half a percent when wide."""
    width = matrix.shape[1]
    if width <= DIRECT_UP_TO:
        return float(np.linalg.eigvalsh(matrix.T @ matrix)[-1])
    operator = LinearOperator((width, width), matvec=lambda v: matrix.T @ (matrix @ v), dtype=np.float32)
    start = rng.standard_normal(width, dtype=np.float32)
    return float(eigsh(operator, k=1, tol=5e-3, v0=start, return_eigenvectors=False)[0])


def best_mixture(scores: Float64[np.ndarray, "n s"], rng: np.random.Generator) -> Int64[np.ndarray, "n"]:
    """Assignments of the mixture with the lowest BIC, tried from one component up."""
    best, worse = fit_mixture(scores, 1, rng), 0
    for k in range(2, min(MOST_GROUPS, len(scores) // SMALLEST_GROUP) + 1):
        mixture = fit_mixture(scores, k, rng)
        if mixture.bic < best.bic:
            best, worse = mixture, 0
        else:
            worse += 1
            if worse == WORSE_IN_A_ROW:
                break
    return best.assignments


def merge_groups(scores: Float64[np.ndarray, "n s"], groups: Int64[np.ndarray, "n"]) -> tuple[np.ndarray, float]:
    """Join the pair least separated by a gap, until every pair has one; and the largest p-value left.

    Hennig 2010, Methods for merging Gaussian mixture components, Advances in Data Analysis and Classification 4, 3-34.
    """
    groups = np.unique(groups, return_inverse=True)[1]
    names = list(range(groups.max() + 1))
    p_values = {(a, b): _unimodal(scores, groups, a, b) for a in names for b in names if a < b}
    while p_values:
        (kept, dropped), largest = max(p_values.items(), key=lambda item: item[1])
        if largest < MERGE_ABOVE:
            return groups, largest
        groups = np.where(groups == dropped, kept, groups)
        names.remove(dropped)
        p_values = {pair: p for pair, p in p_values.items() if not {kept, dropped} & set(pair)}
        p_values |= {(min(a, kept), max(a, kept)): _unimodal(scores, groups, a, kept) for a in names if a != kept}
    return groups, 1.0


def _unimodal(scores: Float64[np.ndarray, "n s"], groups: Int64[np.ndarray, "n"], a: int, b: int) -> float:
    """p-value for two groups being one, along the line through their centroids.

    The dip test; for pairs too small for it to see anything, an empty stretch wide enough says the same. Its width is
    measured against the spread within groups: the pair's or that of all, whichever is larger.
    """
    first, second = scores[groups == a], scores[groups == b]
    axis = first.mean(axis=0) - second.mean(axis=0)
    n, smallest = len(first) + len(second), min(len(first), len(second))
    if n < SMALLEST_GROUP:
        return 1.0
    along = scores @ axis
    p_value = float(diptest.diptest(along[(groups == a) | (groups == b)])[1])
    if p_value < MERGE_ABOVE or n > SMALL_PAIR or smallest < SMALLEST_GROUP:
        return p_value
    sizes = np.bincount(groups)
    centres = np.bincount(groups, weights=along) / np.maximum(sizes, 1)
    residues = np.bincount(groups, weights=np.square(along - centres[groups]))
    everywhere = residues.sum() / max(len(along) - np.count_nonzero(sizes), 1)
    spread = np.sqrt(max((residues[a] + residues[b]) / (n - 2), everywhere))
    gap = along[groups == a].min() - along[groups == b].max()
    return 0.0 if gap > WIDE_GAP * spread else p_value


def _by_size(groups: Int64[np.ndarray, "n"], *, smallest: float) -> Int64[np.ndarray, "n"]:
    """Renumber from the largest group down; groups below `smallest` become -1."""
    names, inverse, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    order = np.argsort(-sizes, kind="stable")
    number = np.empty(len(names), dtype=np.int64)
    number[order] = np.arange(len(names))
    number[sizes < smallest] = -1
    return number[inverse]

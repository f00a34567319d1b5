"""The count as release 0.2 had it, frozen: the present count that a new one has to beat. Not to be changed.

A copy of what core.diagnostics was then: near-copies out, signal dimensions by FlipPA (Hong et al. 2020), Gaussian
mixtures of up to 12 components by BIC, pieces joined while a dip test along the line between their centroids sees no
gap (Hennig 2010).
"""

from dataclasses import dataclass, replace
from itertools import combinations

import diptest
import numpy as np
from jaxtyping import Float, Float32, Float64, Int64
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import LinearOperator, eigsh
from sklearn.neighbors import radius_neighbors_graph

from core.common.jit import compiled
from core.diagnostics.checks import on_sphere

PROBES = 64
MAX_VIEWS = 4
MAX_COPY_RATIO = 0.15
MAX_GROUPS = 12
BIC_PATIENCE = 5
MAX_DIMENSIONS = 15
FLIPS = 20
DENSE_UP_TO = 128
SPLIT_P_VALUE = 0.001
SUPPORT_SHARE = 0.03
CLEAR_SEPARATION = 3.5
SMALLEST_GROUP = 4
SMALLEST_SHARE = 0.02
STARTS = 4
STEPS = 10
START_ROWS = 1000
MAX_ITERATIONS = 100
TOLERANCE = 1e-4
SMALLEST_GAIN = 0.05
FLOOR = 1e-3


def distinct_rows(
    points: Float[np.ndarray, "n d"], rng: np.random.Generator
) -> tuple[Int64[np.ndarray, "m"], Int64[np.ndarray, "n"]]:
    distinct, first, copy_of = np.unique(points, axis=0, return_index=True, return_inverse=True)
    centred = distinct.astype(np.float64) - distinct.mean(axis=0, dtype=np.float64)
    radius = _copy_radius(centred, rng)
    if radius is None:
        return first, copy_of
    item = connected_components(radius_neighbors_graph(centred, radius), directed=False)[1]
    return first[np.unique(item, return_index=True)[1]], item.astype(np.int64)[copy_of]


def _copy_radius(points: Float[np.ndarray, "n d"], rng: np.random.Generator) -> float | None:
    if len(points) <= 2 * MAX_VIEWS:
        return None
    probes = points[rng.choice(len(points), min(PROBES, len(points)), replace=False)]
    lengths = np.square(points).sum(axis=1)
    squares = lengths - 2 * probes @ points.T + np.square(probes).sum(axis=1)[:, None]
    near = np.sqrt(np.maximum(np.partition(squares, (1, MAX_VIEWS), axis=1)[:, [1, MAX_VIEWS]], 0))
    if np.quantile(near[:, 0] / np.maximum(near[:, 1], 1e-300), 0.9) >= MAX_COPY_RATIO:
        return None
    return float(np.sqrt(np.prod(np.median(near, axis=0))))


@dataclass(frozen=True)
class CountResult:
    assignments: Int64[np.ndarray, "n"]
    p_value: float
    dimensions: int
    components: int

    @property
    def count(self) -> int:
        return max(1, int(self.assignments.max(initial=0)) + 1)


def count_once(points: Float[np.ndarray, "n d"], rng: np.random.Generator) -> CountResult:
    rows, copy_of = distinct_rows(points, rng)
    counted = count_scores(signal_scores(points[rows], rng), rng)
    return replace(counted, assignments=counted.assignments[copy_of])


def count_scores(
    scores: Float64[np.ndarray, "n s"], rng: np.random.Generator, *, max_components: int = MAX_GROUPS
) -> CountResult:
    n, dimensions = scores.shape
    if not dimensions:
        return CountResult(np.zeros(n, dtype=np.int64), 1.0, 0, 1)
    pieces = best_mixture(scores, rng, max_components=max_components)
    groups, p_value = merge_groups(scores, pieces)
    numbers = _renumber_by_size(groups, smallest=max(SMALLEST_GROUP, SMALLEST_SHARE * n))
    return CountResult(numbers, p_value, dimensions, len(np.unique(pieces)))


def signal_scores(points: Float[np.ndarray, "n d"], rng: np.random.Generator) -> Float64[np.ndarray, "n s"]:
    flat = tangent_coordinates(points)
    radius = np.sqrt(np.square(flat).sum(axis=1).mean())
    size = np.sqrt(np.square(points.astype(np.float64)).sum(axis=1).mean())
    if len(points) < 2 * SMALLEST_GROUP or radius < max(1e-6, 10 * np.finfo(points.dtype).eps) * size:
        return np.empty((len(points), 0))
    small = _small(flat)
    values, vectors = _spectrum(small)
    return _coordinates(flat, values, vectors, _signal_dimensions(small, values, vectors, rng))


def _small(flat: Float64[np.ndarray, "n d"]) -> Float64[np.ndarray, "m k"]:
    return flat if flat.shape[0] >= flat.shape[1] else flat.T


def _spectrum(small: Float64[np.ndarray, "m k"]) -> tuple[Float64[np.ndarray, "k"], Float64[np.ndarray, "k k"]]:
    values, vectors = np.linalg.eigh(small.T @ small)
    return values[::-1], vectors[:, ::-1]


def _coordinates(
    flat: Float64[np.ndarray, "n d"], values: Float64[np.ndarray, "k"], vectors: Float64[np.ndarray, "k k"], kept: int
) -> Float64[np.ndarray, "n s"]:
    if flat.shape[0] >= flat.shape[1]:
        return flat @ vectors[:, :kept]
    return vectors[:, :kept] * np.sqrt(np.maximum(values[:kept], 0))


def _signal_dimensions(
    small: Float64[np.ndarray, "n d"],
    values: Float64[np.ndarray, "d"],
    vectors: Float64[np.ndarray, "d d"],
    rng: np.random.Generator,
) -> int:
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
    if matrix.shape[1] > DENSE_UP_TO:
        return int(np.count_nonzero(values > _lanczos_top_eigenvalue(matrix, rng)))
    scatter = matrix.T @ matrix
    if _exceeds_all_eigenvalues(float(values[-1]), scatter):  # usually all do
        return len(values)
    return int(np.count_nonzero(values > np.linalg.eigvalsh(scatter)[-1]))


def _exceeds_all_eigenvalues(value: float, scatter: Float32[np.ndarray, "d d"]) -> bool:
    shifted = -scatter
    shifted.flat[:: len(shifted) + 1] += value
    try:
        np.linalg.cholesky(shifted)
    except np.linalg.LinAlgError:
        return False
    return True


def _lanczos_top_eigenvalue(matrix: Float32[np.ndarray, "n d"], rng: np.random.Generator) -> float:
    width = matrix.shape[1]
    operator = LinearOperator((width, width), matvec=lambda v: matrix.T @ (matrix @ v), dtype=np.float32)
    start = rng.standard_normal(width, dtype=np.float32)
    return float(eigsh(operator, k=1, tol=5e-3, v0=start, return_eigenvectors=False)[0])


def best_mixture(
    scores: Float64[np.ndarray, "n s"], rng: np.random.Generator, *, max_components: int
) -> Int64[np.ndarray, "n"]:
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
    weakest_link = p_values.copy()  # on the best path from one group to the other
    np.fill_diagonal(weakest_link, np.inf)
    for between in range(len(p_values)):
        np.maximum(weakest_link, np.minimum(weakest_link[:, between, None], weakest_link[between]), out=weakest_link)
    linked = (weakest_link[:, None] >= SUPPORT_SHARE * p_values[:, :, None]).sum(axis=2)
    alone = (p_values < SPLIT_P_VALUE) | (distances < CLEAR_SEPARATION)
    return np.where(alone, p_values, p_values ** (linked - 1))


def _distances(scores: Float64[np.ndarray, "n s"], groups: Int64[np.ndarray, "n"]) -> Float64[np.ndarray, "g g"]:
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
    first, second = scores[groups == a], scores[groups == b]
    if len(first) + len(second) < SMALLEST_GROUP:
        return 1.0
    axis = first.mean(axis=0) - second.mean(axis=0)
    return float(diptest.diptest(np.concatenate([first @ axis, second @ axis]))[1])


def _renumber_by_size(groups: Int64[np.ndarray, "n"], *, smallest: float) -> Int64[np.ndarray, "n"]:
    names, inverse, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    order = np.argsort(-sizes, kind="stable")
    number = np.empty(len(names), dtype=np.int64)
    number[order] = np.arange(len(names))
    number[sizes < smallest] = -1
    return number[inverse]


@dataclass(frozen=True)
class Mixture:
    assignments: Int64[np.ndarray, "n"]
    bic: float


def fit_mixture(scores: Float64[np.ndarray, "n s"], k: int, rng: np.random.Generator) -> Mixture:

    (n, dimensions), axes = scores.shape, np.ascontiguousarray(scores.T)
    member = nearest_centre(scores, _centres(scores, k, rng))[0]
    weights = (member == np.arange(k)[:, None]).astype(np.float64)
    floor = FLOOR * scores.var(axis=0) + 1e-300
    fitted = []
    for spherical in (True, False):  # the second goes on where the first ended
        assignments, likelihood = expectation_maximisation(
            axes, weights, floor, spherical, MAX_ITERATIONS if k > 1 else 1, max(TOLERANCE, SMALLEST_GAIN / n)
        )
        parameters = k * (dimensions + (1 if spherical else dimensions)) + k - 1
        fitted.append(Mixture(assignments, -2 * n * likelihood + parameters * np.log(n)))
    return min(fitted, key=lambda mixture: mixture.bic)


def _centres(scores: Float64[np.ndarray, "n s"], k: int, rng: np.random.Generator) -> Float64[np.ndarray, "k s"]:

    if k == 1:
        return scores.mean(axis=0, keepdims=True)
    if len(scores) > START_ROWS:
        scores = scores[rng.choice(len(scores), START_ROWS, replace=False)]
    first = rng.integers(len(scores), size=STARTS)
    return tightest_centres(scores, first, rng.random((k - 1, STARTS)), STEPS)


@compiled
def tightest_centres(
    scores: Float64[np.ndarray, "n s"],
    first: Int64[np.ndarray, "starts"],
    draws: Float64[np.ndarray, "k1 starts"],
    steps: int,
) -> Float64[np.ndarray, "k s"]:
    n, k = len(scores), len(draws) + 1
    best, least = np.empty((k, scores.shape[1])), np.inf
    nearest = np.empty(n)
    for start in range(len(first)):
        centres = np.empty((k, scores.shape[1]))
        centres[0] = scores[first[start]]
        nearest[:] = np.inf
        for c in range(1, k):
            reach = 0.0
            for i in range(n):
                nearest[i] = min(nearest[i], _square(scores[i], centres[c - 1]))
                reach += nearest[i]
            drawn, passed, seed = draws[c - 1, start] * reach, 0.0, n - 1
            for i in range(n):
                passed += nearest[i]
                if passed >= drawn:
                    seed = i
                    break
            centres[c] = scores[seed]
        total = np.inf
        for _ in range(steps):
            before = total
            total = _step(scores, centres)
            if total == before:
                break
        if total < least:
            least = total
            best[:] = centres
    return best


@compiled
def _square(first: Float64[np.ndarray, "s"], second: Float64[np.ndarray, "s"]) -> float:
    total = 0.0
    for a in range(len(first)):
        total += (first[a] - second[a]) ** 2
    return total


@compiled
def nearest_centre(
    scores: Float64[np.ndarray, "n s"], centres: Float64[np.ndarray, "k s"]
) -> tuple[Int64[np.ndarray, "n"], float]:
    member, total = np.zeros(len(scores), dtype=np.int64), 0.0
    for i in range(len(scores)):
        least = np.inf
        for c in range(len(centres)):
            square = _square(scores[i], centres[c])
            if square < least:
                least, member[i] = square, c
        total += least
    return member, total


@compiled
def _step(scores: Float64[np.ndarray, "n s"], centres: Float64[np.ndarray, "k s"]) -> float:
    member, total = nearest_centre(scores, centres)
    sums, mass = np.zeros_like(centres), np.zeros(len(centres))
    for i in range(len(scores)):
        mass[member[i]] += 1
        sums[member[i]] += scores[i]
    for c in range(len(centres)):
        if mass[c] > 0:
            centres[c] = sums[c] / mass[c]
    return total


@compiled
def expectation_maximisation(
    axes: Float64[np.ndarray, "s n"],
    weights: Float64[np.ndarray, "k n"],
    floor: Float64[np.ndarray, "s"],
    spherical: bool,
    iterations: int,
    gain: float,
) -> tuple[Int64[np.ndarray, "n"], float]:
    k, n = weights.shape
    log_likelihoods, top = np.empty((k, n)), np.empty(n)
    before = likelihood = -np.inf
    for _ in range(iterations):
        for c in range(k):
            _log_density(axes, weights[c], floor, spherical, log_likelihoods[c])
        likelihood = _share(log_likelihoods, weights, top)
        if likelihood - before < gain:
            break
        before = likelihood
    assignments = np.zeros(n, dtype=np.int64)
    for i in range(n):
        for c in range(1, k):
            if log_likelihoods[c, i] > log_likelihoods[assignments[i], i]:
                assignments[i] = c
    return assignments, likelihood


@compiled
def _log_density(
    axes: Float64[np.ndarray, "s n"],
    weights: Float64[np.ndarray, "n"],
    floor: Float64[np.ndarray, "s"],
    spherical: bool,
    out: Float64[np.ndarray, "n"],
) -> None:
    s, n = axes.shape
    mass = weights.sum() + 1e-12
    means, variances = np.empty(s), np.empty(s)
    for a in range(s):
        first = second = 0.0
        for i in range(n):
            weighted = weights[i] * axes[a, i]
            first += weighted
            second += weighted * axes[a, i]
        means[a] = first / mass
        variances[a] = second / mass - means[a] ** 2
    if spherical:
        variances[:] = variances.sum() / s
    variances = np.maximum(variances, floor)
    out[:] = np.log(mass / n) - 0.5 * np.log(2 * np.pi * variances).sum()
    for a in range(s):
        scale, mean = 0.5 / variances[a], means[a]
        for i in range(n):
            out[i] -= scale * (axes[a, i] - mean) ** 2


@compiled
def _share(
    log_likelihoods: Float64[np.ndarray, "k n"], weights: Float64[np.ndarray, "k n"], top: Float64[np.ndarray, "n"]
) -> float:
    k, n = weights.shape
    top[:] = log_likelihoods[0]
    for c in range(1, k):
        top[:] = np.maximum(top, log_likelihoods[c])
    total = np.zeros(n)
    for c in range(k):
        for i in range(n):
            weights[c, i] = np.exp(log_likelihoods[c, i] - top[i])
            total[i] += weights[c, i]
    for c in range(k):
        weights[c] /= total
    return (top + np.log(total)).sum() / n

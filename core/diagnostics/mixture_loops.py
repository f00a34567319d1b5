"""The loops of a mixture's fit, compiled: on classes of some dozen items, numpy's calls cost more than their sums."""

import math

import numpy as np
from jaxtyping import Float64, Int64

from core.common.jit import compiled

NEGLIGIBLE = -40.0
"""Log-likelihood below that of the likeliest component from which a share is none: far below a rounding error."""


@compiled
def tightest_centres(
    scores: Float64[np.ndarray, "n s"],
    first: Int64[np.ndarray, "starts"],
    draws: Float64[np.ndarray, "k1 starts"],
    steps: int,
) -> Float64[np.ndarray, "k s"]:
    """Centres of the k-means partition with the smallest distances, from several k-means++ starts.

    first: the row each start begins with. draws: in [0, 1), one for each further seed, which is drawn with probability
    proportional to its squared distance from the others.
    """
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
    """Each row's nearest centre, and the sum of squared distances to them."""
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
    """One step of k-means, in place; centres without rows stay. Returns the distances before it."""
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
    """Likeliest component of every row, and the mean log-likelihood per row; weights: in and out.

    axes: the scores, transposed: the innermost loops run over rows that lie side by side.
    """
    k, n = weights.shape
    squares, top = np.square(axes), np.empty(n)
    before = likelihood = -np.inf
    log_likelihoods = np.empty((k, n))
    for _ in range(iterations):
        _log_densities(axes, squares, weights, floor, spherical, log_likelihoods)
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
def _log_densities(
    axes: Float64[np.ndarray, "s n"],
    squares: Float64[np.ndarray, "s n"],
    weights: Float64[np.ndarray, "k n"],
    floor: Float64[np.ndarray, "s"],
    spherical: bool,
    out: Float64[np.ndarray, "k n"],
) -> None:
    """The log-density of every row under every component with these weights, times the component's share."""
    (k, n), s = weights.shape, len(axes)
    first, second = np.dot(weights, axes.T), np.dot(weights, squares.T)
    constants = np.empty(k)
    for c in range(k):
        mass = weights[c].sum() + 1e-12
        means = first[c] / mass
        variances = second[c] / mass - means**2
        if spherical:
            variances[:] = variances.sum() / s
        variances = np.maximum(variances, floor)
        first[c], second[c] = means / variances, -0.5 / variances
        constants[c] = np.log(mass / n) - 0.5 * (np.log(2 * np.pi * variances) + means**2 / variances).sum()
    np.dot(first, axes, out)
    out += np.dot(second, squares)
    for c in range(k):
        out[c] += constants[c]


@compiled
def _share(
    log_likelihoods: Float64[np.ndarray, "k n"], weights: Float64[np.ndarray, "k n"], top: Float64[np.ndarray, "n"]
) -> float:
    """Every row's share in every component, into weights; returns the mean log-likelihood."""
    k, n = weights.shape
    top[:] = log_likelihoods[0]
    for c in range(1, k):
        for i in range(n):
            top[i] = max(top[i], log_likelihoods[c, i])
    total = np.zeros(n)
    for c in range(k):
        for i in range(n):
            below = log_likelihoods[c, i] - top[i]
            if below > NEGLIGIBLE:
                weights[c, i] = math.exp(below)
                total[i] += weights[c, i]
            else:
                weights[c, i] = 0.0
    for c in range(k):
        weights[c] /= total
    return (top + np.log(total)).sum() / n

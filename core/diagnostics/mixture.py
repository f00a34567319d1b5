"""Gaussian mixtures with diagonal covariances, fitted by EM: small, deterministic, fast on a few thousand rows."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

STARTS = 4
STEPS = 10
"""k-means partitions tried, and steps for each: cheap, and most of what keeps EM from a poor optimum."""

MAX_ITERATIONS = 100
TOLERANCE = 1e-4
"""EM stops when the mean log-likelihood per row gains less."""

FLOOR = 1e-3
"""Smallest variance of a component, as a share of the data's along the same axis."""


@dataclass(frozen=True)
class Mixture:
    """A fitted mixture: what the count needs of it."""

    assignments: Int64[np.ndarray, "n"]
    bic: float
    """Bayesian information criterion; lower is better."""


def fit_mixture(scores: Float64[np.ndarray, "n s"], k: int, rng: np.random.Generator) -> Mixture:
    """EM from the tightest of several k-means partitions."""
    n, dimensions = scores.shape
    floor = FLOOR * scores.var(axis=0) + 1e-300
    features = np.concatenate([scores**2, scores], axis=1)
    starts = [_lloyd(scores, _seeds(scores, k, rng)) for _ in range(STARTS if k > 1 else 1)]
    weights = np.eye(k)[min(starts, key=lambda start: start[1])[0]]
    before = -np.inf
    for _ in range(MAX_ITERATIONS if k > 1 else 1):
        log_likelihoods = _log_likelihoods(features, weights, floor)
        top = log_likelihoods.max(axis=1)
        weights = np.exp(log_likelihoods - top[:, None])
        total = weights.sum(axis=1)
        weights /= total[:, None]
        likelihood = float(np.mean(top + np.log(total)))
        if likelihood - before < TOLERANCE:
            break
        before = likelihood
    parameters = k * 2 * dimensions + k - 1
    return Mixture(log_likelihoods.argmax(axis=1), -2 * n * likelihood + parameters * np.log(n))


def _log_likelihoods(
    features: Float64[np.ndarray, "n s2"], weights: Float64[np.ndarray, "n k"], floor: Float64[np.ndarray, "s"]
) -> Float64[np.ndarray, "n k"]:
    """M-step, then the log-density of every row under every component: one matrix product each."""
    n, dimensions = len(features), features.shape[1] // 2
    mass = weights.sum(axis=0) + 1e-12
    moments = weights.T @ features / mass[:, None]
    means = moments[:, dimensions:]
    variances = np.maximum(moments[:, :dimensions] - means**2, floor)
    linear = np.concatenate([-0.5 / variances, means / variances], axis=1)
    constant = -0.5 * (np.log(2 * np.pi * variances) + means**2 / variances).sum(axis=1) + np.log(mass / n)
    return features @ linear.T + constant


def _seeds(scores: Float64[np.ndarray, "n s"], k: int, rng: np.random.Generator) -> Float64[np.ndarray, "k s"]:
    """k-means++: each next seed is drawn with probability proportional to its squared distance from the others."""
    seeds = [scores[rng.integers(len(scores))]]
    squares = np.square(scores - seeds[0]).sum(axis=1)
    for _ in range(k - 1):
        reach = np.cumsum(squares)
        seeds.append(scores[min(np.searchsorted(reach, rng.random() * reach[-1]), len(scores) - 1)])
        squares = np.minimum(squares, np.square(scores - seeds[-1]).sum(axis=1))
    return np.array(seeds)


def _lloyd(
    scores: Float64[np.ndarray, "n s"], centres: Float64[np.ndarray, "k s"]
) -> tuple[Int64[np.ndarray, "n"], float]:
    """Nearest centre of each row after some steps of k-means, and the sum of squared distances less a constant."""
    for _ in range(STEPS):
        squares = np.square(centres).sum(axis=1) - 2 * scores @ centres.T
        nearest = squares.argmin(axis=1)
        member = np.eye(len(centres))[nearest]
        mass = member.sum(axis=0)
        moved = np.where(mass[:, None] > 0, member.T @ scores / np.maximum(mass, 1)[:, None], centres)
        if np.array_equal(moved, centres):
            break
        centres = moved
    return nearest, float(squares.min(axis=1).sum())

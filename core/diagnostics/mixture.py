"""Gaussian mixtures with axis-aligned covariances, fitted by EM: small, deterministic, fast on thousands of rows."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

STARTS = 4
STEPS = 10
"""k-means partitions tried, and steps for each: cheap, and most of what keeps EM from a poor optimum."""

START_ROWS = 1000
"""Rows those partitions are made from: EM sees all rows, its start needs no more."""

MAX_ITERATIONS = 100
TOLERANCE = 1e-4
SMALLEST_GAIN = 0.05
"""EM stops when the mean log-likelihood per row gains less, or the whole log-likelihood: BIC counts in units of it."""

FLOOR = 1e-3
"""Smallest variance of a component, as a share of the data's along the same axis."""


@dataclass(frozen=True)
class Mixture:
    """A fitted mixture: what the count needs of it."""

    assignments: Int64[np.ndarray, "n"]
    bic: float
    """Bayesian information criterion; lower is better."""


def fit_mixture(scores: Float64[np.ndarray, "n s"], k: int, rng: np.random.Generator) -> Mixture:
    """EM from the tightest of several k-means partitions; spherical or diagonal components, by BIC.

    Spherical ones have half the parameters: with few rows per component, BIC cannot afford the others.
    """
    centres = _centres(scores, k, rng)
    squares = np.square(centres).sum(axis=1)[:, None] - 2 * centres @ scores.T
    spherical, weights = _fit(scores, (squares == squares.min(axis=0)).astype(np.float64), spherical=True)
    diagonal, _ = _fit(scores, weights, spherical=False)
    return min(spherical, diagonal, key=lambda mixture: mixture.bic)


def _fit(
    scores: Float64[np.ndarray, "n s"], weights: Float64[np.ndarray, "k n"], *, spherical: bool
) -> tuple[Mixture, Float64[np.ndarray, "k n"]]:
    """EM from these weights of every row in every component; and the weights it ends with."""
    (n, dimensions), k = scores.shape, len(weights)
    floor = FLOOR * scores.var(axis=0) + 1e-300
    features = np.concatenate([scores**2, scores], axis=1)
    before = -np.inf
    for _ in range(MAX_ITERATIONS if k > 1 else 1):
        log_likelihoods = _log_likelihoods(features, weights, floor, spherical=spherical)
        top = np.maximum.reduce(log_likelihoods, axis=0)
        weights = np.exp(log_likelihoods - top)
        total = np.add.reduce(weights, axis=0)
        weights /= total
        likelihood = float(np.add.reduce(top + np.log(total))) / n
        if likelihood - before < max(TOLERANCE, SMALLEST_GAIN / n):
            break
        before = likelihood
    parameters = k * (dimensions + (1 if spherical else dimensions)) + k - 1
    return Mixture(log_likelihoods.argmax(axis=0), -2 * n * likelihood + parameters * np.log(n)), weights


def _log_likelihoods(
    features: Float64[np.ndarray, "n s2"],
    weights: Float64[np.ndarray, "k n"],
    floor: Float64[np.ndarray, "s"],
    *,
    spherical: bool,
) -> Float64[np.ndarray, "k n"]:
    """M-step, then the log-density of every row under every component: one matrix product each.

    Plain ufuncs and their reductions: the arrays are so small that what `mean` and the like do besides takes longer.
    """
    n, dimensions = len(features), features.shape[1] // 2
    mass = np.add.reduce(weights, axis=1) + 1e-12
    moments = weights @ features
    moments /= mass[:, None]
    means = moments[:, dimensions:]
    variances = moments[:, :dimensions] - means * means
    if spherical:
        variances = np.add.reduce(variances, axis=1, keepdims=True) / dimensions
    variances = np.maximum(variances, floor)
    linear = np.empty_like(moments)
    np.divide(-0.5, variances, out=linear[:, :dimensions])
    np.divide(means, variances, out=linear[:, dimensions:])
    exponents = np.log(2 * np.pi * variances)
    exponents += means * linear[:, dimensions:]
    constant = np.log(mass / n) - 0.5 * np.add.reduce(exponents, axis=1)
    log_likelihoods = linear @ features.T
    log_likelihoods += constant[:, None]
    return log_likelihoods


def _centres(scores: Float64[np.ndarray, "n s"], k: int, rng: np.random.Generator) -> Float64[np.ndarray, "k s"]:
    """Centres of the tightest of several k-means partitions, all run side by side."""
    if k == 1:
        return scores.mean(axis=0, keepdims=True)
    if len(scores) > START_ROWS:
        scores = scores[rng.choice(len(scores), START_ROWS, replace=False)]
    centres = _seeds(scores, k, rng)
    for _ in range(STEPS):
        squares = np.add.reduce(centres * centres, axis=2)[..., None] - 2 * centres @ scores.T
        tightest = np.minimum.reduce(squares, axis=1, keepdims=True)
        member = (squares == tightest).astype(np.float64)
        mass = np.add.reduce(member, axis=2)[..., None]
        moved = np.where(mass > 0, member @ scores / np.maximum(mass, 1), centres)
        if (moved == centres).all():
            break
        centres = moved
    return centres[tightest.sum(axis=(1, 2)).argmin()]


def _seeds(scores: Float64[np.ndarray, "n s"], k: int, rng: np.random.Generator) -> Float64[np.ndarray, "starts k s"]:
    """k-means++: each next seed is drawn with probability proportional to its squared distance from the others."""
    seeds = np.empty((STARTS, k, scores.shape[1]))
    seeds[:, 0] = scores[rng.integers(len(scores), size=STARTS)]
    lengths = np.square(scores).sum(axis=1)
    squares = np.full((STARTS, len(scores)), np.inf)
    for i in range(1, k):
        last = seeds[:, i - 1]
        distances = lengths - 2 * last @ scores.T + np.square(last).sum(axis=1)[:, None]
        squares = np.minimum(squares, np.maximum(distances, 0))
        reach = np.cumsum(squares, axis=1)
        drawn = rng.random((STARTS, 1)) * reach[:, -1:]
        seeds[:, i] = scores[np.minimum((reach < drawn).sum(axis=1), len(scores) - 1)]
    return seeds

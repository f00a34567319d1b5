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

MAX_COMPONENTS = 60
ROWS_PER_COMPONENT = 4
BIC_PATIENCE = 5
"""Successive numbers of components without a lower BIC before the search stops; many weak modes lower it only
together."""

FLOOR = 1e-3
"""Smallest variance of a component, as a share of the data's along the same axis."""


@dataclass(frozen=True)
class Mixture:
    """A fitted mixture: what the count needs of it."""

    assignments: Int64[np.ndarray, "n"]
    bic: float
    """Bayesian information criterion; lower is better."""


def best_mixture(scores: Float64[np.ndarray, "n s"], rng: np.random.Generator) -> Int64[np.ndarray, "n"]:
    """Assignments of the mixture with the lowest BIC, with increasing numbers of components."""
    best, worse = fit_mixture(scores, 1, rng), 0
    for k in range(2, min(MAX_COMPONENTS, len(scores) // ROWS_PER_COMPONENT) + 1):
        mixture = fit_mixture(scores, k, rng)
        if mixture.bic < best.bic:
            best, worse = mixture, 0
        else:
            worse += 1
            if worse == BIC_PATIENCE:
                break
    return best.assignments


def fit_mixture(scores: Float64[np.ndarray, "n s"], k: int, rng: np.random.Generator) -> Mixture:
    """EM from the tightest of several k-means partitions; spherical or diagonal components, by BIC.

    Spherical ones have half the parameters: with few rows per component, BIC cannot afford the others.
    """
    from core.diagnostics import mixture_loops  # imports numba: seconds

    (n, dimensions), axes = scores.shape, np.ascontiguousarray(scores.T)
    member = mixture_loops.nearest_centre(scores, _centres(scores, k, rng))[0]
    weights = (member == np.arange(k)[:, None]).astype(np.float64)
    floor = FLOOR * scores.var(axis=0) + 1e-300
    fitted = []
    for spherical in (True, False):  # the second goes on where the first ended
        assignments, likelihood = mixture_loops.expectation_maximisation(
            axes, weights, floor, spherical, MAX_ITERATIONS if k > 1 else 1, max(TOLERANCE, SMALLEST_GAIN / n)
        )
        parameters = k * (dimensions + (1 if spherical else dimensions)) + k - 1
        fitted.append(Mixture(assignments, -2 * n * likelihood + parameters * np.log(n)))
    return min(fitted, key=lambda mixture: mixture.bic)


def _centres(scores: Float64[np.ndarray, "n s"], k: int, rng: np.random.Generator) -> Float64[np.ndarray, "k s"]:
    """Centres of the tightest of several k-means partitions."""
    from core.diagnostics import mixture_loops

    if k == 1:
        return scores.mean(axis=0, keepdims=True)
    if len(scores) > START_ROWS:
        scores = scores[rng.choice(len(scores), START_ROWS, replace=False)]
    first = rng.integers(len(scores), size=STARTS)
    return mixture_loops.tightest_centres(scores, first, rng.random((k - 1, STARTS)), STEPS)

"""Measures of a whole embedding. Secondary: compare them only between embeddings of equal n and d."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64

from core.diagnostics.checks import check_points
from core.neighbours.index import KnnGraph, Neighbours

NEIGHBOURS = 10


@dataclass(frozen=True)
class Space:
    """See `core.diagnostics.glossary` for each."""

    rankme: float
    spectral_decay: float
    hubness: float
    orphans: float


def measure_space(embeddings: Float[np.ndarray, "n d"], *, graph: KnnGraph | None = None) -> Space:
    """All measures of `Space`; graph: k-NN graph of the embeddings if already computed (k >= 10). Raises DataError."""
    points = check_points(embeddings)
    singular = np.sqrt(np.maximum(np.linalg.eigvalsh(_gram(points)), 0))[::-1]
    graph = graph or Neighbours(points, np.arange(len(points))).graph(min(NEIGHBOURS, len(points)))
    in_degree = in_degrees(graph)
    return Space(rankme(singular), spectral_decay(singular), skewness(in_degree), float(np.mean(in_degree == 0)))


def rankme(singular: Float64[np.ndarray, "d"]) -> float:
    """Exponential of the entropy of the singular values, in [1, min(n, d)]; low = many unused dimensions.

    Garrido et al. 2023, https://arxiv.org/abs/2210.02885.
    """
    shares = singular / singular.sum() if singular.any() else np.ones(1)
    shares = shares[shares > 0]
    return float(np.exp(-(shares * np.log(shares)).sum()))


def spectral_decay(singular: Float64[np.ndarray, "d"]) -> float:
    """KL divergence from the uniform distribution to that of the singular values, in [0, infinity).

    0 = all directions used equally. rho of Roth et al. 2020, https://arxiv.org/abs/2002.08473, who leave out the
    largest value. Infinite if a singular value is 0.
    """
    rest = np.sort(singular)[::-1][1:]
    if not len(rest):
        return 0.0
    if not rest[-1] > 0:
        return float("inf")
    return float(-np.mean(np.log(rest / rest.sum() * len(rest))))


def in_degrees(graph: KnnGraph) -> Float64[np.ndarray, "n"]:
    """How many items have each item among their 10 nearest."""
    rows = graph.rows[:, :NEIGHBOURS]
    return np.bincount(rows[rows >= 0], minlength=len(rows)).astype(np.float64)


def skewness(in_degree: Float64[np.ndarray, "n"]) -> float:
    """Third standardised moment; above about 1, few items are neighbours of very many.

    Radovanovic et al. 2010, Hubs in space, JMLR 11, 2487-2531.
    """
    centred = in_degree - in_degree.mean()
    variance = np.square(centred).mean()
    return float((centred**3).mean() / variance**1.5) if variance > 0 else 0.0


def _gram(points: Float[np.ndarray, "n d"]) -> Float64[np.ndarray, "m m"]:
    small = (points if points.shape[0] >= points.shape[1] else points.T).astype(np.float64)
    return small.T @ small

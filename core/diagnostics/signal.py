"""The signal of one class: the coordinates in which it varies more than chance, in which its groups are looked for."""

import numpy as np
from jaxtyping import Float, Float32, Float64
from scipy.sparse.linalg import LinearOperator, eigsh

from core.diagnostics.checks import on_sphere

MAX_DIMENSIONS = 60
FEWEST_ROWS = 8
"""Rows below which no direction can be told from chance."""

FLIPS = 20
DENSE_UP_TO = 128


def signal_scores(points: Float[np.ndarray, "n d"], rng: np.random.Generator) -> Float64[np.ndarray, "n s"]:
    """Coordinates along the directions with more variance than chance; s = 0 if there are none."""
    flat = tangent_coordinates(points)
    radius = np.sqrt(np.square(flat).sum(axis=1).mean())
    size = np.sqrt(np.square(points.astype(np.float64)).sum(axis=1).mean())
    if len(points) < FEWEST_ROWS or radius < max(1e-6, 10 * np.finfo(points.dtype).eps) * size:
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

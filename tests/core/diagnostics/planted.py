"""Classes whose structure is known, because they were drawn with it."""

import numpy as np
from jaxtyping import Float, Int64

NOISE = 0.02
"""Standard deviation per axis around a mode: 64 axes of it make a radius of 0.16 on the unit sphere."""


def sphere(points: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
    """Rows scaled to norm 1, stored as embeddings are."""
    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)


def modes(
    rng: np.random.Generator, k: int, n: int, *, separation: float, d: int = 64
) -> tuple[Float[np.ndarray, "n d"], Int64[np.ndarray, "n"]]:
    """n points in k isotropic modes of equal expected size; all centres `separation` standard deviations apart."""
    axes = np.linalg.qr(rng.normal(size=(d, d)))[0]
    centres = axes[0] + separation * NOISE / np.sqrt(2) * axes[1 : k + 1]
    truth = rng.permutation(np.arange(n) % k)
    return sphere(centres[truth] + NOISE * rng.normal(size=(n, d))), truth


def one_mode(rng: np.random.Generator, shape: str, n: int, *, d: int = 64) -> Float[np.ndarray, "n d"]:
    """n points of a class without sub-clusters, in one of the SHAPES."""
    axes = np.linalg.qr(rng.normal(size=(d, d)))[0]
    return SHAPES[shape](rng, axes, n, d)


def _around(axes, offsets):
    return sphere(axes[0] + offsets @ axes)


def _isotropic(rng, axes, n, d, scale=NOISE):
    return _around(axes, scale * rng.normal(size=(n, d)))


def _power_law(rng, axes, n, d):
    return _around(axes, 5 * NOISE * rng.normal(size=(n, d)) / np.arange(1, d + 1))


def _rod(rng, axes, n, d):
    return _around(axes, NOISE * rng.normal(size=(n, d)) * np.where(np.arange(d) == 1, 10, 1))


def _disc(rng, axes, n, d):
    angle, radius = rng.uniform(0, 2 * np.pi, n), 10 * NOISE * np.sqrt(rng.uniform(size=n))
    offsets = 0.3 * NOISE * rng.normal(size=(n, d))
    offsets[:, 1] += radius * np.cos(angle)
    offsets[:, 2] += radius * np.sin(angle)
    return _around(axes, offsets)


def _heavy_tailed(rng, axes, n, d):
    return _around(axes, NOISE * rng.normal(size=(n, d)) / np.sqrt(rng.chisquare(3, size=(n, 1)) / 3))


def _skewed(rng, axes, n, d):
    return _around(axes, NOISE * (rng.exponential(size=(n, d)) - 1) * np.where(np.arange(d) < 6, 4, 1))


def _float_noise(rng, axes, n, d):
    return (sphere(axes[:1]) + rng.integers(-2, 3, size=(n, d)) * np.float32(6e-8)).astype(np.float32)


def _duplicates(rng, axes, n, d):
    return np.repeat(sphere(axes[:1]), n, axis=0)


SHAPES = {
    "isotropic": _isotropic,
    "power law": _power_law,
    "rod 10:1": _rod,
    "uniform disc": _disc,
    "heavy-tailed (t3)": _heavy_tailed,
    "skewed": _skewed,
    "collapsed to 1e-2": lambda rng, axes, n, d: _isotropic(rng, axes, n, d, 1e-2),
    "collapsed to 1e-4": lambda rng, axes, n, d: _isotropic(rng, axes, n, d, 1e-4),
    "float32 noise": _float_noise,
    "exact duplicates": _duplicates,
}

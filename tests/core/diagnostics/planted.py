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


def classes_of_modes(
    rng: np.random.Generator,
    places: tuple[int, ...],
    *,
    classes: int = 3,
    per_class: int = 75,
    d: int = 32,
    separation: float = 12,
    scale: float = 1,
    noise: float = 0,
    homes: tuple[int, ...] | None = None,
) -> tuple[Float[np.ndarray, "n d"], Int64[np.ndarray, "n"], Int64[np.ndarray, "n"]]:
    """(embeddings, labels, sublabels) of classes at right angles to each other, each with modes of equal size.

    places: for each mode the place it lies at within its class; modes with one place have merged. All places of a class
    are `separation` standard deviations apart, and everything within a class is shrunk by `scale`. noise: share of the
    labels drawn at random. homes: for each class the one whose places its items lie at; its own by default.
    """
    axes = np.linalg.qr(rng.normal(size=(d, d)))[0]
    labels = np.repeat(np.arange(classes), per_class)
    mode = rng.permuted(np.tile(np.arange(per_class) % len(places), (classes, 1)), axis=1).ravel()
    home = np.array(homes or range(classes))[labels]
    offsets = NOISE * rng.normal(size=(len(labels), d))
    if len(set(places)) > 1:
        axis = classes + home * len(set(places)) + np.array(places)[mode]
        offsets += separation * NOISE / np.sqrt(2) * axes[axis]
    points = sphere(axes[home] + scale * offsets)
    wrong = rng.random(len(labels)) < noise
    return points, np.where(wrong, rng.integers(0, classes, len(labels)), labels), labels * len(places) + mode


def arc_of_modes(
    rng: np.random.Generator, k: int, n: int, *, d: int
) -> tuple[Float[np.ndarray, "n d"], Int64[np.ndarray, "n"]]:
    """n points in k isotropic modes, half a radian (25 standard deviations) apart on a circle; d from 2 up."""
    angle = 0.5 * np.arange(k)
    axes = np.linalg.qr(rng.normal(size=(d, d)))[0]
    truth = rng.permutation(np.arange(n) % k)
    centres = np.outer(np.cos(angle), axes[0]) + np.outer(np.sin(angle), axes[1])
    return sphere(centres[truth] + NOISE * rng.normal(size=(n, d))), truth


def four_views(rng: np.random.Generator, items: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "m d"]:
    """Every item four times, each a twentieth of the noise away from it."""
    views = np.repeat(items, 4, axis=0)
    return sphere(views + 0.05 * NOISE * rng.normal(size=views.shape))


def one_mode(rng: np.random.Generator, shape: str, n: int, *, d: int = 64) -> Float[np.ndarray, "n d"]:
    """n points of a class without sub-clusters, in one of the SHAPES or FRESH_SHAPES."""
    axes = np.linalg.qr(rng.normal(size=(d, d)))[0]
    return (SHAPES | FRESH_SHAPES)[shape](rng, axes, n, d)


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


def _each_axis(draw):
    """A class whose leading axes carry independent draws of standard deviation 1, all others isotropic noise."""

    def shape(rng, axes, n, d):
        return _around(axes, NOISE * draw(rng, (n, d)) * np.where(np.arange(d) < 6, 4, 1))

    return shape


def _arc(rng, axes, n, d):
    """A crescent: a third of a turn, thicker than the noise."""
    angle = rng.uniform(-np.pi / 3, np.pi / 3, n)
    offsets = NOISE * rng.normal(size=(n, d))
    offsets[:, 0] += 0.2 * (np.cos(angle) - 1)
    offsets[:, 1] += 0.2 * np.sin(angle)
    return _around(axes, offsets)


def _ball(rng, axes, n, d):
    """Uniform in a ball of up to 5 dimensions."""
    inner = min(5, d)
    direction = rng.normal(size=(n, inner))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    offsets = 0.3 * NOISE * rng.normal(size=(n, d))
    offsets[:, :inner] += 10 * NOISE * direction * rng.uniform(size=(n, 1)) ** (1 / inner)
    return _around(axes, offsets)


def _two_scales(rng, axes, n, d):
    """Two Gaussians with one mean, one three times as wide, along a falling spectrum."""
    scale = np.where(rng.uniform(size=(n, 1)) < 0.5, 1, 3)
    return _around(axes, 2 * NOISE * scale * rng.normal(size=(n, d)) / np.sqrt(np.arange(1, d + 1)))


def _falling(exponent):
    return lambda rng, axes, n, d: _around(axes, 5 * NOISE * rng.normal(size=(n, d)) / np.arange(1, d + 1) ** exponent)


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

FRESH_SHAPES = {
    "gamma(2) axes": _each_axis(lambda rng, size: (rng.gamma(2, size=size) - 2) / np.sqrt(2)),
    "log-normal axes": _each_axis(lambda rng, size: np.exp(0.5 * rng.normal(size=size)) / 0.6 - 1.9),
    "half-normal axes": _each_axis(lambda rng, size: (np.abs(rng.normal(size=size)) - 0.8) / 0.6),
    "Laplace axes": _each_axis(lambda rng, size: rng.laplace(size=size) / np.sqrt(2)),
    "t4 axes": _each_axis(lambda rng, size: rng.standard_t(4, size=size) / np.sqrt(2)),
    "uniform axes": _each_axis(lambda rng, size: rng.uniform(-np.sqrt(3), np.sqrt(3), size=size)),
    "uniform ball": _ball,
    "crescent": _arc,
    "two scales": _two_scales,
    "spectrum 1/sqrt(i)": _falling(0.5),
    "spectrum 1/i^2": _falling(2),
}
"""Single modes no constant of the count was chosen on."""

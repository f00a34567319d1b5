"""Classes with planted structure for the counting league: unit vectors in any dimension, turned at random.

Shapes marked `held_out` are for reporting alone: a count is developed on the others.
"""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from jaxtyping import Float32, Float64, Int64

from tests.core.diagnostics.planted import FRESH_SHAPES, NOISE, SHAPES, one_mode, sphere

FOREIGN = -1
"""Truth of an item that belongs to no piece."""

FOREIGN_SHARE = 0.1
RADIUS = 0.3
"""Of curves, on the unit sphere."""

CURVE_NOISE = 0.2
"""Around curves and bodies of few dimensions, as a share of the noise around a mode."""

SEPARATIONS = (5, 6, 8, 12, 20)
MODE_COUNTS = (2, 3, 5, 8, 12, 20, 30)

Rng = np.random.Generator
Drawn = tuple[Float32[np.ndarray, "n d"], Int64[np.ndarray, "n"]]
Draw = Callable[[Rng, int, int], Drawn]
"""(generator, n, d) -> points and the piece of each."""
Flat = Callable[[Rng, int], Float64[np.ndarray, "n m"]]
"""(generator, n) -> points of a figure of few dimensions."""


@dataclass(frozen=True)
class Shape:
    """One kind of class."""

    name: str
    kind: str
    """What it is summarised under."""
    pieces: int
    draw: Draw
    held_out: bool = False
    least: int = 40
    """Fewest items it is drawn with, so that its smallest piece has some ten."""

    def sample(self, seed: int, n: int, d: int) -> Drawn:
        """n points on the sphere in d dimensions and the piece of each; the same for the same arguments."""
        return self.draw(np.random.default_rng([seed, n, d, zlib.crc32(self.name.encode())]), n, d)


def mode_noise(d: int) -> float:
    """Standard deviation per axis around a mode: from 64 dimensions on, the whole noise is kept instead."""
    return NOISE * min(1.0, np.sqrt(64 / d))


def on_sphere(rng: Rng, flat: Float64[np.ndarray, "n m"], d: int, *, noise: float) -> Float32[np.ndarray, "n d"]:
    """Points of an m-dimensional figure, m < d, in a random place and direction of the sphere; noise: per axis of d."""
    axes = np.linalg.qr(rng.normal(size=(d, flat.shape[1] + 1)))[0].T
    return sphere(axes[0] + flat @ axes[1:] + noise * rng.normal(size=(len(flat), d)))


def figures(*pieces: Flat, weights: Sequence[float] | None = None) -> Draw:
    """Figures of few dimensions, one piece each, with sizes in proportion to the weights; equal by default."""

    def draw(rng: Rng, n: int, d: int) -> Drawn:
        truth = rng.permutation(np.repeat(np.arange(len(pieces)), sizes(n, weights or [1.0] * len(pieces))))
        parts = [piece(rng, int(np.count_nonzero(truth == k))) for k, piece in enumerate(pieces)]
        together = np.empty((n, parts[0].shape[1]))
        for k, part in enumerate(parts):
            together[truth == k] = part
        return on_sphere(rng, together, d, noise=CURVE_NOISE * mode_noise(d)), truth

    return draw


def sizes(n: int, weights: Sequence[float]) -> Int64[np.ndarray, "k"]:
    """n items shared out in proportion to the weights."""
    ends = np.round(np.cumsum(weights) / np.sum(weights) * n).astype(np.int64)
    return np.diff(ends, prepend=0)


def gaussians(
    rng: Rng,
    n: int,
    d: int,
    *,
    weights: Sequence[float],
    separation: float,
    spreads: Sequence[float] | None = None,
    stretch: float = 1.0,
) -> Drawn:
    """Gaussian modes whose centres lie `separation` standard deviations apart, or more where k >= d.

    spreads: standard deviation of each mode; separation is in units of the largest. stretch: of each mode along three
    directions of its own.
    """
    k, noise = len(weights), mode_noise(d)
    spread = np.ones(k) if spreads is None else np.asarray(spreads) / np.max(spreads)
    truth = rng.permutation(np.repeat(np.arange(k), sizes(n, weights)))
    items = rng.normal(size=(n, d))
    if stretch != 1:
        for mode in range(k):
            axes, mine = np.linalg.qr(rng.normal(size=(d, 3)))[0], items[truth == mode]
            items[truth == mode] += (stretch - 1) * (mine @ axes) @ axes.T
    items *= noise * spread[truth, None]
    return sphere(_centres(rng, k, d, separation * noise)[truth] + items), truth


def _centres(rng: Rng, k: int, d: int, apart: float) -> Float64[np.ndarray, "k d"]:
    """Around a random point of the sphere: a regular simplex where k < d, else random with `apart` the least."""
    if k < d:
        axes = np.linalg.qr(rng.normal(size=(d, k + 1)))[0].T
        return axes[0] + apart / np.sqrt(2) * axes[1:]
    pole, tips = sphere(rng.normal(size=(1, d)))[0], rng.normal(size=(k, d))
    tips -= np.outer(tips @ pole, pole)
    distances = np.linalg.norm(tips[:, None] - tips, axis=2)[np.triu_indices(k, 1)]
    return pole + apart / distances.min() * tips


def with_foreign(draw: Draw) -> Draw:
    """A tenth of the items replaced by ones scattered far and wide, which belong to no piece."""

    def mixed(rng: Rng, n: int, d: int) -> Drawn:
        points, truth = draw(rng, n, d)
        rows = rng.choice(n, round(FOREIGN_SHARE * n), replace=False)
        middle = points.mean(axis=0)
        points[rows] = sphere(middle / np.linalg.norm(middle) + rng.normal(size=(len(rows), d)) / np.sqrt(d))
        truth[rows] = FOREIGN
        return points, truth

    return mixed


def circle(angle: Float64[np.ndarray, "n"], radius: float = RADIUS) -> Float64[np.ndarray, "n 2"]:
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _arc(rng: Rng, n: int, *, turn: float = np.pi, radius: float = RADIUS) -> Float64[np.ndarray, "n 2"]:
    return circle(rng.uniform(0, turn, n), radius)


def _denser_to_one_end(rng: Rng, n: int) -> Float64[np.ndarray, "n 2"]:
    return circle(np.pi * rng.beta(1, 2, n))


def _uneven_ring(rng: Rng, n: int) -> Float64[np.ndarray, "n 2"]:
    return circle(rng.vonmises(0, 0.5, n))


def _swiss_roll(rng: Rng, n: int) -> Float64[np.ndarray, "n 3"]:
    angle = 1.5 * np.pi * (1 + 2 * rng.random(n))
    roll = np.stack([angle * np.cos(angle), angle * np.sin(angle)], axis=1) / (4.5 * np.pi)
    return RADIUS * np.column_stack([roll, rng.uniform(-1, 1, n)])


def _helix(rng: Rng, n: int) -> Float64[np.ndarray, "n 3"]:
    angle = rng.uniform(0, 6 * np.pi, n)
    return np.column_stack([circle(angle, RADIUS / 2), RADIUS * angle / (2 * np.pi)])


def _spiral(rng: Rng, n: int, *, start: float = 0.0) -> Float64[np.ndarray, "n 2"]:
    """Archimedean, of one and a half turns, about evenly dense along its length."""
    angle = np.pi * np.sqrt(rng.uniform(0.1, 9, n))
    return circle(angle + start, 1.0) * (RADIUS * angle / (3 * np.pi))[:, None]


def _s_curve(rng: Rng, n: int) -> Float64[np.ndarray, "n 3"]:
    angle = rng.uniform(-1.5 * np.pi, 1.5 * np.pi, n)
    bend = np.stack([np.sin(angle), np.sign(angle) * (np.cos(angle) - 1)], axis=1)
    return RADIUS / 2 * np.column_stack([bend, rng.uniform(-1, 1, n)])


def _trefoil(rng: Rng, n: int) -> Float64[np.ndarray, "n 3"]:
    t = rng.uniform(0, 2 * np.pi, n)
    return RADIUS / 3 * np.stack([np.sin(t) + 2 * np.sin(2 * t), np.cos(t) - 2 * np.cos(2 * t), -np.sin(3 * t)], axis=1)


def _torus(rng: Rng, n: int) -> Float64[np.ndarray, "n 3"]:
    around, tube = rng.uniform(0, 2 * np.pi, (2, n))
    return np.column_stack(
        [circle(around, 1.0) * (RADIUS * (1 + np.cos(tube) / 3))[:, None], RADIUS / 3 * np.sin(tube)]
    )


def _shell(rng: Rng, n: int) -> Float64[np.ndarray, "n 3"]:
    return RADIUS * sphere(rng.normal(size=(n, 3))).astype(np.float64)


def _gaussian(rng: Rng, n: int, *, m: int) -> Float64[np.ndarray, "n m"]:
    return RADIUS / 5 * rng.normal(size=(n, m))


def _box(rng: Rng, n: int, *, sides: Sequence[float]) -> Float64[np.ndarray, "n m"]:
    return RADIUS * rng.uniform(-1, 1, (n, len(sides))) * np.asarray(sides)


def _triangle(rng: Rng, n: int) -> Float64[np.ndarray, "n 3"]:
    return RADIUS * rng.dirichlet([1, 1, 1], n)


def _simplex_mean(rng: Rng, n: int) -> Float64[np.ndarray, "n 5"]:
    return 2 * RADIUS * rng.dirichlet([2] * 5, n)


def _cone(rng: Rng, n: int) -> Float64[np.ndarray, "n 4"]:
    """Denser towards its tip."""
    height = rng.random(n)
    across = sphere(rng.normal(size=(n, 3))) * (height * rng.random(n) ** (1 / 3))[:, None]
    return RADIUS * np.column_stack([height, across / 2])


def _weibull(rng: Rng, n: int) -> Float64[np.ndarray, "n 6"]:
    return RADIUS / 3 * (rng.weibull(1.5, (n, 6)) - 0.9)


def _falling_t(rng: Rng, n: int) -> Float64[np.ndarray, "n 10"]:
    return RADIUS / 3 * rng.standard_t(5, (n, 10)) / np.arange(1, 11)


def _moved(piece: Flat, *, by: Sequence[float]) -> Flat:
    return lambda rng, n: piece(rng, n) + RADIUS * np.asarray(by)


def _mirrored(piece: Flat, *, signs: Sequence[float]) -> Flat:
    return lambda rng, n: piece(rng, n) * np.asarray(signs)


def _on_axes(piece: Flat, *, axes: Sequence[int]) -> Flat:
    """A piece of two dimensions in a plane of three."""

    def placed(rng: Rng, n: int) -> Float64[np.ndarray, "n 3"]:
        flat = np.zeros((n, 3))
        flat[:, list(axes)] = piece(rng, n)
        return flat

    return placed


def _curves(
    name: str, pieces: Sequence[Flat], *, weights: Sequence[float] | None = None, held_out: bool = False
) -> Shape:
    return Shape(name, "several curves", len(pieces), figures(*pieces, weights=weights), held_out, least=100)


def modes(k: int, separation: float) -> Shape:
    """k isotropic modes of equal size."""
    draw = partial(gaussians, weights=[1.0] * k, separation=separation)
    return Shape(f"{k} modes, separation {separation}", "equal modes", k, draw, least=15 * k)


RING = partial(_arc, turn=2 * np.pi)
SEGMENT = partial(_box, sides=(1.0, 0.0))
UNITS = "float32 noise", "exact duplicates"
"""Shapes of tests.core.diagnostics.planted without extent, which every method must take for one."""

CURVES = [
    Shape("arc", "one curve", 1, figures(_arc)),
    Shape("ring", "one curve", 1, figures(RING)),
    Shape("swiss roll", "one curve", 1, figures(_swiss_roll)),
    Shape("helix", "one curve", 1, figures(_helix)),
    Shape("spiral", "one curve", 1, figures(_spiral), held_out=True),
    Shape("S-curve", "one curve", 1, figures(_s_curve), held_out=True),
    Shape("trefoil knot", "one curve", 1, figures(_trefoil), held_out=True),
    Shape("torus", "one curve", 1, figures(_torus), held_out=True),
    Shape("shell of a ball", "one curve", 1, figures(_shell), held_out=True),
    Shape("arc, denser to one end", "one curve", 1, figures(_denser_to_one_end), held_out=True),
    Shape("ring, denser on one side", "one curve", 1, figures(_uneven_ring), held_out=True),
]


def _of_planted(name: str) -> Shape:
    def draw(rng: Rng, n: int, d: int) -> Drawn:
        return one_mode(rng, name, n, d=d), np.zeros(n, dtype=np.int64)

    return Shape(name, "one cloud", 1, draw)


CLOUDS = [
    *(_of_planted(name) for name in (SHAPES | FRESH_SHAPES) if name not in UNITS),
    Shape("Gaussian, 5 dimensions", "one cloud", 1, figures(partial(_gaussian, m=5))),
    Shape("Gaussian, 10 dimensions", "one cloud", 1, figures(partial(_gaussian, m=10))),
    Shape("cube", "one cloud", 1, figures(partial(_box, sides=(1, 1, 1)))),
    Shape("cube, 5 dimensions", "one cloud", 1, figures(partial(_box, sides=(1,) * 5))),
    Shape("sheet", "one cloud", 1, figures(partial(_box, sides=(1, 0.4)))),
    Shape("triangle", "one cloud", 1, figures(_triangle), held_out=True),
    Shape("Dirichlet(2)", "one cloud", 1, figures(_simplex_mean), held_out=True),
    Shape("cone, denser to the tip", "one cloud", 1, figures(_cone), held_out=True),
    Shape("Weibull axes", "one cloud", 1, figures(_weibull), held_out=True),
    Shape("t5, spectrum 1/i", "one cloud", 1, figures(_falling_t), held_out=True),
]
EQUAL_MODES = [modes(k, separation) for k in MODE_COUNTS for separation in SEPARATIONS]
UNEVEN = [
    Shape("two, 90 : 10", "unequal sizes", 2, partial(gaussians, weights=[9, 1], separation=12), least=100),
    Shape("two, 95 : 5, far", "unequal sizes", 2, partial(gaussians, weights=[19, 1], separation=35), least=200),
    Shape("two, 5 : 1", "unequal sizes", 2, partial(gaussians, weights=[5, 1], separation=8), least=100),
    Shape(
        "six, 20 to 1", "unequal sizes", 6, partial(gaussians, weights=[20, 16, 12, 8, 4, 1], separation=12), least=600
    ),
    Shape(
        "four, 10 : 5 : 2 : 1",
        "unequal sizes",
        4,
        partial(gaussians, weights=[10, 5, 2, 1], separation=10),
        held_out=True,
        least=200,
    ),
]
SPREADS = [
    Shape(
        "three, spreads 1 : 2 : 4",
        "unequal shapes",
        3,
        partial(gaussians, weights=[1] * 3, separation=8, spreads=[1, 2, 4]),
    ),
    Shape("four, stretched", "unequal shapes", 4, partial(gaussians, weights=[1] * 4, separation=12, stretch=4)),
    Shape(
        "five, stretched, spreads 1 to 3",
        "unequal shapes",
        5,
        partial(gaussians, weights=[1] * 5, separation=10, spreads=[1, 1.5, 2, 2.5, 3], stretch=3),
        held_out=True,
    ),
]
SEVERAL_CURVES = [
    _curves("two rings, one in the other", [partial(RING, radius=RADIUS / 3), RING], weights=[1, 3]),
    _curves(
        "three rings, one in the other",
        [partial(RING, radius=RADIUS * share) for share in (0.3, 0.65, 1.0)],
        weights=[0.3, 0.65, 1],
    ),
    _curves("four parallel segments", [_moved(SEGMENT, by=(0, y / 3)) for y in range(4)]),
    _curves("moons", [_arc, _moved(_mirrored(_arc, signs=(1, -1)), by=(1, 0.5))]),
    _curves(
        "two linked rings",
        [_on_axes(RING, axes=(0, 1)), _moved(_on_axes(RING, axes=(0, 2)), by=(1, 0, 0))],
        held_out=True,
    ),
    _curves("two spirals", [_spiral, partial(_spiral, start=np.pi)], held_out=True),
    _curves("an arc around a ball", [_arc, partial(_gaussian, m=2)], held_out=True),
]
MIXED = [
    Shape("Gaussian, 10 % foreign", "foreign items", 1, with_foreign(partial(gaussians, weights=[1], separation=0))),
    Shape("arc, 10 % foreign", "foreign items", 1, with_foreign(figures(_arc))),
    Shape("three modes, 10 % foreign", "foreign items", 3, with_foreign(modes(3, 12).draw)),
    Shape("eight modes, 10 % foreign", "foreign items", 8, with_foreign(modes(8, 12).draw), held_out=True),
]
ONE_PIECE = [*CURVES, *CLOUDS]
EVERY = {shape.name: shape for shape in (*ONE_PIECE, *EQUAL_MODES, *UNEVEN, *SPREADS, *SEVERAL_CURVES, *MIXED)}

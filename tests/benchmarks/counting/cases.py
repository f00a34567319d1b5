"""What the league counts: one class per case, planted or real, named so that any process can make it again."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int64

from tests.benchmarks.counting import real
from tests.benchmarks.counting.shapes import EVERY, ONE_PIECE, Shape, modes

PLANTED, ONE, PROMISE, REAL = "planted", "one piece", "promise", "real"

SETTINGS = ((40, 64), (100, 16), (200, 64), (400, 256), (200, 768), (1000, 64))
"""(n, d) of the planted cases; shapes that need more items get as many as they need."""

LARGE = (5000, 64)
DRAWN_LARGE = (
    "arc",
    "swiss roll",
    "isotropic",
    "power law",
    "two, 90 : 10",
    "5 modes, separation 8",
    "30 modes, separation 12",
)
ONE_PIECE_SETTINGS = (
    *((60, 64), (150, 64), (500, 64), (150, 16), (300, 256), (100, 64)),
    *((60, 16), (150, 64), (500, 64), (200, 64), (300, 256), (1500, 64)),
)
"""The draws of a single piece take these in turn."""

TRUE_COUNTS = (2, 3, 4, 5, 6, 8)
PROMISED = {
    5: None,
    6: {50: 0.22, 100: 0.55, 200: 0.83, 500: 1.0},
    8: {50: 0.58, 100: 0.82, 200: 1.0, 500: 1.0},
    12: {50: 0.88, 100: 1.0, 200: 1.0, 500: 1.0},
    20: {50: 1.0, 100: 1.0, 200: 1.0, 500: 1.0},
}
"""Share of exact counts of equal modes by separation (in standard deviations per axis) and n, over TRUE_COUNTS; None:
only shown."""

PROMISED_SIZES = (50, 100, 200, 500)

QUICK_SETTINGS = ((100, 16),)
QUICK_SHAPES = ("arc", "isotropic", "3 modes, separation 12", "two, 90 : 10", "moons")


SHAPES = EVERY | {shape.name: shape for shape in (modes(k, separation) for k in TRUE_COUNTS for separation in PROMISED)}


@dataclass(frozen=True)
class Case:
    """One class whose groups are counted."""

    section: str
    """Which table it belongs to: PLANTED, ONE, PROMISE or REAL."""
    kind: str
    """What it is summarised under."""
    name: str
    """The shape, or the study's recipe."""
    seed: int
    n: int
    d: int
    pieces: int
    held_out: bool = False
    """A planted shape that no count was developed on."""
    arm: str = ""
    label: str = ""
    cache: str = ""
    """Where a real class's study lies."""

    @property
    def key(self) -> str:
        """Differs between any two cases."""
        return f"{self.section}|{self.name}|{self.arm}|{self.label}|{self.seed}|{self.n}|{self.d}"

    def draw(self) -> tuple[Float[np.ndarray, "n d"], Int64[np.ndarray, "n"]]:
        """Points and the piece of each, -1 = foreign to all."""
        if self.section != REAL:
            return SHAPES[self.name].sample(self.seed, self.n, self.d)
        found = real.classes(Path(self.cache), self.name, self.seed, arm=self.arm)
        mine = next(each for each in found if each.label == self.label)
        return mine.points, mine.modes


def planted(seeds: Iterable[int], *, quick: bool = False) -> Iterator[Case]:
    """Every shape at every setting, once for each seed."""
    for seed in seeds:
        for name in QUICK_SHAPES if quick else EVERY:
            shape = EVERY[name]
            settings = QUICK_SETTINGS if quick else (*SETTINGS, LARGE) if name in DRAWN_LARGE else SETTINGS
            for n, d in dict.fromkeys((max(n, shape.least), d) for n, d in settings):
                yield _case(PLANTED, shape, seed, n, d)


def one_piece(draws: int, seed: int, *, quick: bool = False) -> Iterator[Case]:
    """Each shape of a single piece, `draws` times, at the settings in turn."""
    for shape in (shape for shape in ONE_PIECE if not quick or shape.name in QUICK_SHAPES):
        for i in range(draws):
            n, d = ONE_PIECE_SETTINGS[i % len(ONE_PIECE_SETTINGS)]
            yield _case(ONE, shape, 1000 * seed + i, n, d)


def promise(draws: int, seed: int, *, quick: bool = False) -> Iterator[Case]:
    """Equal modes in 64 dimensions, as the accuracy was promised on."""
    for separation in PROMISED:
        for n in PROMISED_SIZES[:1] if quick else PROMISED_SIZES:
            for k in TRUE_COUNTS:
                for i in range(draws):
                    yield _case(PROMISE, modes(k, separation), 1000 * seed + i, n, 64)


def known_modes(cache: Path, seeds: Iterable[int]) -> Iterator[Case]:
    """Every class of the studies that the cache holds."""
    for reading, (recipe, _) in real.READINGS.items():
        for seed in seeds:
            if real.study_folder(cache, recipe, seed).exists():
                for found in real.classes(cache, reading, seed):
                    n, d = found.points.shape
                    place = {"arm": found.arm, "label": found.label, "cache": str(cache)}
                    yield Case(REAL, reading, reading, seed, n, d, found.pieces, **place)


def _case(section: str, shape: Shape, seed: int, n: int, d: int) -> Case:
    return Case(section, shape.kind, shape.name, seed, n, d, shape.pieces, shape.held_out)

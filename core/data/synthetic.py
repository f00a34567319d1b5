"""Synthetic data sets with several modes per class: vectors, and drawn shapes that are easy to recognise in galleries.

Vectors are converted to images: a random non-linear map takes each of them to side x side intensities from 0 to 255. So
networks, previews, search and the raw-pixel reference handle them like any image, and each mode is a recognisable
pattern. The quantisation step is far below the spread of a mode.

All random numbers of item i are drawn together with its chunk of CHUNK items, from a generator seeded by the chunk's
number. So an item does not depend on which other items are generated, nor on the block size.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float, Int, UInt8

from core.data.collection import Collection
from core.data.drawing import draw_shapes
from core.data.images import ArrayImages
from core.recipe.data import DataConfig
from core.recipe.synthetic import ATTRIBUTES, Look, SyntheticConfig, parse_look

CHUNK = 512
GOLDEN = (5**0.5 - 1) / 2


def read(config: DataConfig) -> Collection:
    """All items of a synthetic source, held in memory."""
    made = open_synthetic(config)
    rows = np.arange(made.config.items)
    return Collection(made.truth(rows), ArrayImages(made.pictures(rows)))


def open_synthetic(config: DataConfig) -> "Synthetic":
    """The items of a synthetic source, generated on demand."""
    kinds: dict[str, type[Synthetic]] = {"synthetic-vectors": SyntheticVectors, "synthetic-shapes": SyntheticShapes}
    return kinds[config.source](config.synthetic or SyntheticConfig())


@dataclass(frozen=True)
class Mode:
    """The label and sublabel of one mode."""

    label: str
    sublabel: str
    name: str
    """The sublabel without the class."""


class Synthetic(ABC):
    """A generator of items by number, unlimited from 0."""

    def __init__(self, config: SyntheticConfig) -> None:
        self.config = config

    @cached_property
    def modes(self) -> list[Mode]:
        """All modes, class by class."""
        config = self.config
        return [
            Mode(f"class {c + 1}", f"class {c + 1}, mode {k + 1}", f"mode {k + 1}")
            for c in range(config.classes)
            for k in range(config.modes)
        ]

    def truth(self, rows: Int[np.ndarray, "m"]) -> pd.DataFrame:
        """Label and sublabel of the given items."""
        codes = self.mode_of(rows)
        names = np.array([(mode.label, mode.sublabel) for mode in self.modes], dtype=object)
        return pd.DataFrame({"label": names[codes, 0], "sublabel": names[codes, 1]}, dtype=str)

    def mode_of(self, rows: Int[np.ndarray, "m"]) -> Int[np.ndarray, "m"]:
        """Mode index of the given items. Steps of the golden ratio through the cumulative shares give every mode its
        share of any run of consecutive items, up to a few."""
        shares = self._shares()
        offset = _generator(self.config.seed, "order").random()
        places = (offset + rows.astype(np.float64) * GOLDEN) % 1
        return np.minimum(np.searchsorted(np.cumsum(shares), places, side="right"), len(shares) - 1)

    def blocks(self, size: int) -> Iterator[tuple[pd.DataFrame, UInt8[np.ndarray, "m ..."]]]:
        """Labels and images of all items, in blocks of `size`."""
        for start in range(0, self.config.items, size):
            rows = np.arange(start, min(start + size, self.config.items))
            yield self.truth(rows), self.pictures(rows)

    def pictures(self, rows: Int[np.ndarray, "m"]) -> UInt8[np.ndarray, "m ..."]:
        """The given items as images, grey (m, side, side) or colour (m, side, side, 3)."""
        return self._by_chunk(rows, self._make)

    def _by_chunk(self, rows: Int[np.ndarray, "m"], make: Callable[..., np.ndarray]) -> np.ndarray:
        """Call `make(positions in the chunk, modes, generator)` for each chunk and concatenate the results in row
        order."""
        parts: list[np.ndarray] = []
        order = np.argsort(rows // CHUNK, kind="stable")
        chunks, starts = np.unique(rows[order] // CHUNK, return_index=True)
        for chunk, members in zip(chunks.tolist(), np.split(rows[order], starts[1:]), strict=True):
            rng = np.random.default_rng([self.config.seed, chunk, *b"items"])
            parts.append(make(members % CHUNK, self.mode_of(members), rng))
        return np.concatenate(parts)[np.argsort(order)]

    @abstractmethod
    def _make(self, places: Int[np.ndarray, "m"], modes: Int[np.ndarray, "m"], rng: np.random.Generator) -> np.ndarray:
        """The items at the given positions of one chunk; rng: the generator of this chunk."""

    def _shares(self) -> Float[np.ndarray, "k"]:
        """Share of each mode among all items; classes have equal shares."""
        labels = pd.Series([mode.label for mode in self.modes])
        place = labels.groupby(labels, sort=False).cumcount()
        last = labels.groupby(labels, sort=False).transform("size") - 1
        weights = self.config.imbalance ** -(place / last.clip(lower=1))
        return (weights / weights.groupby(labels).transform("sum") / labels.nunique()).to_numpy()


class SyntheticVectors(Synthetic):
    """Gaussian modes on a sphere or in Euclidean space, converted to images by a random map."""

    @property
    def side(self) -> int:
        return self.config.side or 8

    @cached_property
    def centres(self) -> Float[np.ndarray, "k d"]:
        """Centres of the modes, at a root-mean-square distance of `separation` from each other."""
        config, rng = self.config, _generator(self.config.seed, "centres")
        drawn = rng.normal(size=(config.classes, config.modes, config.dimension))
        drawn[:, : config.shared_modes] = drawn[0, : config.shared_modes]
        lengths = np.linalg.norm(drawn, axis=2, keepdims=True) if config.geometry == "sphere" else config.dimension**0.5
        return (drawn / lengths * (config.separation / 2**0.5)).reshape(-1, config.dimension)

    def points(self, rows: Int[np.ndarray, "m"]) -> Float[np.ndarray, "m d"]:
        """The given items in the space of the modes, before the map to images."""
        return self._by_chunk(rows, self._points)

    def _points(
        self, places: Int[np.ndarray, "m"], modes: Int[np.ndarray, "m"], rng: np.random.Generator
    ) -> Float[np.ndarray, "m d"]:
        points = self.centres[modes] + self.config.spread * rng.normal(size=(CHUNK, self.config.dimension))[places]
        if self.config.geometry == "sphere" and self.config.separation:
            points *= self.config.separation / 2**0.5 / np.linalg.norm(points, axis=1, keepdims=True)
        return points

    def _make(self, places: Int[np.ndarray, "m"], modes: Int[np.ndarray, "m"], rng: np.random.Generator) -> np.ndarray:
        points = self._points(places, modes, rng)
        inner, outer = self._map
        # einsum, because the rounding of a matrix product may depend on the number of rows
        seen = np.einsum("mh,hs->ms", np.tanh(np.einsum("md,dh->mh", points, inner)), outer)
        return np.rint(255 / (1 + np.exp(-seen))).astype(np.uint8).reshape(-1, self.side, self.side)

    @cached_property
    def _map(self) -> tuple[Float[np.ndarray, "d h"], Float[np.ndarray, "h s"]]:
        rng, hidden = _generator(self.config.seed, "map"), 2 * self.side**2
        outer = rng.normal(size=(hidden, self.side**2)) * (2 / hidden**0.5)
        return rng.normal(size=(self.config.dimension, hidden)), outer


class SyntheticShapes(Synthetic):
    """Shapes with a colour, a texture and a rotation, on a black background."""

    @cached_property
    def modes(self) -> list[Mode]:
        """All modes, named after their attributes."""
        names = self.config.chosen or [f"class {c + 1}" for c in range(self.config.classes)]
        labels = [name for name, looks in zip(names, self._looks_by_class, strict=True) for _ in looks]
        looks = map(describe, self.looks)
        return [Mode(label, f"{label}: {look}", look) for label, look in zip(labels, looks, strict=True)]

    @cached_property
    def looks(self) -> list[Look]:
        """Attributes of every mode; attributes that are not fixed vary within the mode."""
        return [look for looks in self._looks_by_class for look in looks]

    @cached_property
    def _looks_by_class(self) -> list[list[Look]]:
        config = self.config
        constant = {name: values[0] for name, values in ATTRIBUTES.items() if name not in config.attributes}
        if config.chosen is not None:
            return [[constant | parse_look(words, where=name) for words in own] for name, own in config.chosen.items()]
        there = config.all_looks()
        drawn = [there[i] for i in _generator(config.seed, "looks").permutation(len(there))]
        shared, own = drawn[: config.shared_modes], config.modes - config.shared_modes
        rest = drawn[config.shared_modes :]
        return [shared + rest[c * own : (c + 1) * own] for c in range(config.classes)]

    def _make(self, places: Int[np.ndarray, "m"], modes: Int[np.ndarray, "m"], rng: np.random.Generator) -> np.ndarray:
        side = self.config.side or 32
        free = {name: rng.integers(len(values), size=CHUNK)[places] for name, values in ATTRIBUTES.items()}
        variation = rng.uniform(-1, 1, size=(CHUNK, 5))[places]
        grain = rng.normal(size=(CHUNK, side, side, 1)).astype(np.float32)[places]
        values: dict[Any, np.ndarray] = {}
        for name, known in ATTRIBUTES.items():
            fixed = np.array([known.index(look[name]) if name in look else -1 for look in self.looks])[modes]
            values[name] = np.where(fixed < 0, free[name], fixed)
        return draw_shapes(values, self.config.spread * variation, self.config.spread * grain, side=side)


def describe(look: Look) -> str:
    """`red striped star left`: all attributes that differ from the defaults; shape and colour always if fixed."""
    usual = {"plain", "upright"}
    order: tuple[Any, ...] = ("colour", "texture", "shape", "rotation")
    return " ".join(look[name] for name in order if name in look and look[name] not in usual)


def _generator(seed: int, purpose: str) -> np.random.Generator:
    return np.random.default_rng([seed, *purpose.encode()])

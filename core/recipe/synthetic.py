"""The recipe's table [data.synthetic]: classes of several modes, made to order."""

import itertools
from typing import Literal

from pydantic.dataclasses import dataclass

from core.common.validation import STRICT, require

Attribute = Literal["shape", "colour", "texture", "rotation"]
ATTRIBUTES: dict[Attribute, tuple[str, ...]] = {
    "shape": ("circle", "square", "triangle", "star", "cross", "ring", "half", "arrow"),
    "colour": ("red", "blue", "green", "yellow", "purple", "cyan", "orange", "white"),
    "texture": ("plain", "striped", "checked", "dotted"),
    "rotation": ("upright", "left", "down", "right"),
}
"""The values of every attribute; the first is what an item has where the attribute does not vary."""
TURNING = frozenset({"triangle", "half", "arrow"})
"""Shapes that look different after every quarter turn."""

Look = dict[Attribute, str]
"""Attribute -> value; an attribute that a look leaves out may take any."""


@dataclass(frozen=True, config=STRICT)
class SyntheticConfig:
    """Classes, each a union of modes, as vectors or as drawn shapes; item i is the same however many there are."""

    items: int = 2000
    """Number of items."""
    classes: int = 2
    """Number of classes; with `chosen`, it counts them instead."""
    modes: int = 4
    """Modes of each class; with `chosen`, the looks of a class count instead."""
    shared_modes: int = 0
    """How many of its modes a class has in common with all others: items there cannot be told apart by class."""
    imbalance: float = 1.0
    """Items of a class's most frequent mode for each of its rarest; those between fall geometrically."""
    spread: float = 0.15
    """Within a mode. Vectors: standard deviation along each axis. Shapes: how far place, size, angle, shade and the
    noise of the pixels vary; 0 = not at all."""
    seed: int = 0
    """Decides modes and items, whatever the seed of the study."""
    side: int = 0
    """Side of a picture in pixels; of vectors, which are seen as side x side numbers. 0 = 32 for shapes, 8 for
    vectors."""
    dimension: int = 16
    """Vectors only: dimension of the space in which the modes are Gaussian, before the random map to what is seen."""
    separation: float = 2.0
    """Vectors only: root mean square distance between two modes; the random map bends at about 1."""
    geometry: Literal["sphere", "space"] = "sphere"
    """Vectors only: modes uniform on a sphere, or Gaussian in space."""
    attributes: tuple[Attribute, ...] = ("shape", "colour")
    """Shapes only: what differs between modes; a mode has one value of each, all else is equal."""
    chosen: dict[str, tuple[str, ...]] | None = None
    """Shapes only: class -> looks of its modes in words, as in `warm = ["red star", "yellow striped"]`; `attributes`
    that a look does not name vary within the mode. Without it, modes are drawn with the seed."""

    def __post_init__(self) -> None:
        where = "data.synthetic"
        require(2 <= self.classes <= 1000, f"{where}.classes must lie between 2 and 1000: one has no negatives")
        require(1 <= self.modes <= 200, f"{where}.modes must lie between 1 and 200")
        require(
            0 <= self.shared_modes < self.modes or self.shared_modes == 0,
            f"{where}.shared_modes must be at least 0 and below modes = {self.modes}: else all classes are the same",
        )
        fewest = 2 * self.count_of_modes
        require(
            fewest <= self.items <= 2_000_000,
            f"{where}.items must lie between {fewest} (two of every mode) and 2000000",
        )
        require(1 <= self.imbalance <= 1000, f"{where}.imbalance must lie between 1 and 1000")
        require(0 <= self.spread <= 1, f"{where}.spread must lie between 0 and 1")
        require(0 <= self.seed < 2**32, f"{where}.seed must lie between 0 and 4294967295")
        require(self.side == 0 or 8 <= self.side <= 64, f"{where}.side must be 0 or 8 to 64")
        require(2 <= self.dimension <= 256, f"{where}.dimension must lie between 2 and 256")
        require(0 <= self.separation <= 100, f"{where}.separation must lie between 0 and 100")
        require(len(self.attributes) > 0, f"{where}.attributes must name at least one of: {', '.join(ATTRIBUTES)}")
        if self.chosen is not None:
            self._check_chosen(self.chosen)

    def _check_chosen(self, chosen: dict[str, tuple[str, ...]]) -> None:
        where = "data.synthetic.chosen"
        require(len(chosen) >= 2, f"{where} needs at least 2 classes")
        require(self.shared_modes == 0, "data.synthetic.shared_modes cannot go with chosen: give classes the same look")
        for name, looks in chosen.items():
            require(bool(name.strip()) and len(looks) > 0, f'{where}: the class "{name}" needs a name and looks')
            for words in looks:
                parse_look(words, where=f"{where}.{name}")

    @property
    def count_of_modes(self) -> int:
        """Modes of all classes together."""
        return self.classes * self.modes if self.chosen is None else sum(map(len, self.chosen.values()))

    def all_looks(self) -> list[Look]:
        """Every look that differs in `attributes`; shapes that look the same after a turn only upright."""
        values = [ATTRIBUTES[name] if name in self.attributes else ATTRIBUTES[name][:1] for name in ATTRIBUTES]
        looks: list[Look] = [dict(zip(ATTRIBUTES, chosen, strict=True)) for chosen in itertools.product(*values)]
        return [look for look in looks if look["rotation"] == "upright" or look["shape"] in TURNING]

    def check_looks(self) -> None:
        """ValueError where there are more modes than looks."""
        wanted = self.classes * (self.modes - self.shared_modes) + self.shared_modes
        there = len(self.all_looks())
        require(
            self.chosen is not None or wanted <= there,
            f"data.synthetic: {' x '.join(self.attributes)} make {there} different looks, fewer than the {wanted} of "
            f"{self.classes} classes with {self.modes} modes; use fewer, or more attributes",
        )


def parse_look(words: str, *, where: str) -> Look:
    """`red striped star` as attribute -> value. ValueError for a word that is none, or two of one attribute."""
    look: Look = {}
    for word in words.split():
        attribute = next((name for name, values in ATTRIBUTES.items() if word in values), None)
        known = ", ".join(itertools.chain(*ATTRIBUTES.values()))
        if attribute is None or attribute in look:
            raise ValueError(f'{where}: "{words}" is no look; use at most one {", ".join(ATTRIBUTES)} of: {known}')
        look[attribute] = word
    require(bool(look), f"{where}: a look is empty; describe it in words such as: red star")
    return look

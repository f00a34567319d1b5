"""The recipe's table [data.synthetic]: classes of several modes, made to order."""

import itertools
from typing import Annotated, Literal

from pydantic.dataclasses import dataclass

from core.recipe.constraints import STRICT, BrokenRule, Range, Real, Seed, Whole, require

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

CHOSEN = "data.synthetic.chosen"
Look = dict[Attribute, str]
"""Attribute -> value; an attribute that a look leaves out may take any."""


@dataclass(frozen=True, config=STRICT)
class SyntheticConfig:
    """Classes, each a union of modes, as vectors or as drawn shapes; item i is the same however many there are."""

    items: Annotated[Whole, Range(4, 2_000_000)] = 2000
    """Number of items."""
    classes: Annotated[Whole, Range(2, 1000, reason="one has no negatives")] = 2
    """Number of classes; with `chosen`, it counts them instead."""
    modes: Annotated[Whole, Range(1, 200)] = 4
    """Modes of each class; with `chosen`, the looks of a class count instead."""
    shared_modes: Annotated[Whole, Range(0, 199)] = 0
    """How many of its modes a class has in common with all others: items there cannot be told apart by class."""
    imbalance: Annotated[Real, Range(1, 1000)] = 1.0
    """Items of a class's most frequent mode for each of its rarest; those between fall geometrically."""
    spread: Annotated[Real, Range(0, 1)] = 0.15
    """Within a mode. Vectors: standard deviation along each axis. Shapes: how far place, size, angle, shade and the
    noise of the pixels vary; 0 = not at all."""
    seed: Seed = 0
    """Decides modes and items, whatever the seed of the study."""
    side: Annotated[Whole, Range(8, 64, or_zero=True)] = 0
    """Side of a picture in pixels; of vectors, which are seen as side x side numbers. 0 = 32 for shapes, 8 for
    vectors."""
    dimension: Annotated[Whole, Range(2, 256)] = 16
    """Vectors only: dimension of the space in which the modes are Gaussian, before the random map to what is seen."""
    separation: Annotated[Real, Range(0, 100)] = 2.0
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
        require(
            self.shared_modes < self.modes,
            f"{where}.shared_modes must be below modes = {self.modes}: else all classes are the same",
            key=f"{where}.shared_modes",
        )
        fewest = 2 * self.count_of_modes
        require(
            self.items >= fewest,
            f"{where}.items must be at least {fewest}: two of every mode",
            key=f"{where}.items",
        )
        require(
            len(self.attributes) > 0,
            f"{where}.attributes must name at least one of: {', '.join(ATTRIBUTES)}",
            key=f"{where}.attributes",
        )
        if self.chosen is not None:
            self._check_chosen(self.chosen)

    def _check_chosen(self, chosen: dict[str, tuple[str, ...]]) -> None:
        require(len(chosen) >= 2, f"{CHOSEN} needs at least 2 classes", key=CHOSEN)
        require(
            self.shared_modes == 0,
            "data.synthetic.shared_modes cannot go with chosen: give classes the same look",
            key="data.synthetic.shared_modes",
        )
        for name, looks in chosen.items():
            named = bool(name.strip()) and len(looks) > 0
            require(named, f'{CHOSEN}: the class "{name}" needs a name and looks', key=CHOSEN)
            for words in looks:
                parse_look(words, where=f"{CHOSEN}.{name}")

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
            key="data.synthetic",
        )


def parse_look(words: str, *, where: str) -> Look:
    """`red striped star` as attribute -> value. ValueError for a word that is none, or two of one attribute."""
    look: Look = {}
    for word in words.split():
        attribute = next((name for name, values in ATTRIBUTES.items() if word in values), None)
        known = ", ".join(itertools.chain(*ATTRIBUTES.values()))
        if attribute is None or attribute in look:
            problem = f'{where}: "{words}" is no look; use at most one {", ".join(ATTRIBUTES)} of: {known}'
            raise BrokenRule(problem, CHOSEN)
        look[attribute] = word
    require(bool(look), f"{where}: a look is empty; describe it in words such as: red star", key=CHOSEN)
    return look

"""The recipe's table [data]: where the items come from and how they are split."""

from typing import Literal

from pydantic.dataclasses import dataclass

from core.common.validation import STRICT as _STRICT
from core.common.validation import require as _require
from core.recipe.synthetic import SyntheticConfig
from core.recipe.text import is_text

SYNTHETIC = ("synthetic-vectors", "synthetic-shapes")
"""The sources that `DataConfig.synthetic` is for."""

SOURCE_SIDE = 64
"""Side in pixels up to which a source's own size is kept where data.image_size is 0."""


@dataclass(frozen=True, config=_STRICT)
class DataConfig:
    """Where the items come from, how they are split, and which labels the loss is given."""

    source: Literal[
        "mnist", "digits", "folder", "table", "idx", "cub200", "cars196", "synthetic-vectors", "synthetic-shapes"
    ]
    """The kind of data set."""
    label: str = ""
    """Which of the source's groupings is the class, where it offers several (mnist: `parity` or `digit`)."""
    path: str = ""
    """The folder, zip or table, for sources that read the disk; cub200 and cars196 as they are unpacked."""
    split: Literal["items", "modes", "classes"] = "items"
    """Hold out items of every class, the second half of every class's modes, or the second half of the classes."""
    test_fraction: float = 0.3
    """Share of the items held out, in (0, 1). A `split` column in a table wins."""
    label_noise: float = 0.0
    """Probability, in [0, 1), that a training item carries the label of another class."""
    noise_between: tuple[tuple[str, str], ...] = ()
    """Pairs of classes that are mistaken for each other; `label_noise` is then of their items alone. None: any class
    may be taken for any other."""
    max_items: int | None = None
    """Use only this many items, drawn with the seed."""
    image_size: int = 0
    """Side in pixels of the network's square input; 0 = the source's own, at most 64."""
    channels: Literal[1, 3] = 1
    """Grey (1) or colour (3) input."""
    synthetic: SyntheticConfig | None = None
    """What is made for the synthetic sources, if not the usual; no other source has it."""

    def __post_init__(self) -> None:
        _require(0 < self.test_fraction < 1, "data.test_fraction must lie between 0 and 1")
        _require(0 <= self.label_noise < 1, "data.label_noise must be at least 0 and below 1")
        _require(self.max_items is None or self.max_items >= 4, "data.max_items must be at least 4")
        _require(self.image_size == 0 or 8 <= self.image_size <= 512, "data.image_size must be 0 or 8 to 512")
        _require(is_text(self.path), "data.path must be Unicode text without null characters")
        needs_path = self.source not in {"mnist", "digits", *SYNTHETIC}
        _require(bool(self.path) or not needs_path, f'data.source = "{self.source}" needs data.path')
        _require(bool(self.label_noise) or not self.noise_between, "data.noise_between needs data.label_noise above 0")
        _require(
            self.synthetic is None or self.source in SYNTHETIC,
            f'data.synthetic is for {" and ".join(SYNTHETIC)}, not for data.source = "{self.source}"; remove it',
        )
        if self.source == "synthetic-shapes":
            self._check_shapes(self.synthetic or SyntheticConfig())

    def _check_shapes(self, shapes: SyntheticConfig) -> None:
        shapes.check_looks()
        _require(
            self.channels == 3 or "colour" not in shapes.attributes,
            "data.channels must be 3 for shapes that differ in colour, of which grey pictures show little",
        )

    @property
    def modes(self) -> int | None:
        """Modes of each class, where the recipe alone tells."""
        if self.split == "modes":
            return None
        if self.source in SYNTHETIC:
            made = self.synthetic or SyntheticConfig()
            return made.modes if made.chosen is None else None
        return 5 if self.source in {"mnist", "digits"} and self.label == "parity" else None

"""The recipe's table [data]: where the items come from and how they are split."""

from dataclasses import field
from typing import Annotated, Literal

from pydantic.dataclasses import dataclass

from core.recipe.constraints import STRICT, WHOLE, Flag, Range, Real, Text, Whole, require
from core.recipe.synthetic import SyntheticConfig

SYNTHETIC = ("synthetic-vectors", "synthetic-shapes")
"""The sources that `DataConfig.synthetic` is for."""

SOURCE_SIDE = 64
"""Side in pixels up to which a source's own size is kept where data.image_size is 0."""


@dataclass(frozen=True, config=STRICT)
class DataConfig:
    """Where the items come from, how they are split, and which labels the loss is given."""

    source: Literal[
        "mnist", "digits", "folder", "table", "idx", "cub200", "cars196", "synthetic-vectors", "synthetic-shapes"
    ]
    """The kind of data set."""
    label: Text = ""
    """Which of the source's groupings is the class, where it offers several (mnist: `parity` or `digit`)."""
    path: Text = ""
    """The folder, zip or table, for sources that read the disk; cub200 and cars196 as they are unpacked."""
    columns: dict[Text, Text] = field(default_factory=dict)
    """What a table calls its columns, where not as here: { label = "Class", path = "Image" }."""
    skip_broken: Flag = False
    """Leave out pictures and rows of a folder or table that cannot be used, and list them, instead of refusing all."""
    split: Literal["items", "modes", "classes"] = "items"
    """Hold out items of every class, the second half of every class's modes, or the second half of the classes."""
    test_fraction: Annotated[Real, Range(0, 1, open_min=True, open_max=True)] = 0.3
    """Share of the items held out. A `split` column in a table wins."""
    label_noise: Annotated[Real, Range(0, 1, open_max=True)] = 0.0
    """Probability that a training item carries the label of another class."""
    noise_between: tuple[tuple[str, str], ...] = ()
    """Pairs of classes that are mistaken for each other; `label_noise` is then of their items alone. None: any class
    may be taken for any other."""
    max_items: Annotated[Whole, Range(4)] | None = None
    """Use only this many items, drawn with the seed."""
    image_size: Annotated[Whole, Range(8, 512, or_zero=True)] = 0
    """Side in pixels of the network's square input; 0 = the source's own, at most 64."""
    channels: Annotated[Literal[1, 3], WHOLE] = 1
    """Grey (1) or colour (3) input."""
    synthetic: SyntheticConfig | None = None
    """What is made for the synthetic sources, if not the usual; no other source has it."""

    def __post_init__(self) -> None:
        needs_path = self.source not in {"mnist", "digits", *SYNTHETIC}
        require(bool(self.path) or not needs_path, f'data.source = "{self.source}" needs data.path', key="data.path")
        require(
            not self.columns or self.source == "table",
            f'data.columns is for tables, not for data.source = "{self.source}"; remove it',
            key="data.columns",
        )
        require(
            not self.skip_broken or self.source in {"folder", "table"},
            f'data.skip_broken is for folders and tables, not for data.source = "{self.source}"; remove it',
            key="data.skip_broken",
        )
        require(
            bool(self.label_noise) or not self.noise_between,
            "data.noise_between needs data.label_noise above 0",
            key="data.noise_between",
        )
        require(
            self.synthetic is None or self.source in SYNTHETIC,
            f'data.synthetic is for {" and ".join(SYNTHETIC)}, not for data.source = "{self.source}"; remove it',
            key="data.synthetic",
        )
        if self.source == "synthetic-shapes":
            self._check_shapes(self.synthetic or SyntheticConfig())

    def _check_shapes(self, shapes: SyntheticConfig) -> None:
        shapes.check_looks()
        require(
            self.channels == 3 or "colour" not in shapes.attributes,
            "data.channels must be 3 for shapes that differ in colour, of which grey pictures show little",
            key="data.channels",
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

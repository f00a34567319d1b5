"""What a data set was understood to be, for people to compare with what they meant."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

SHOWN = 5
"""Names of classes that are listed."""


@dataclass(frozen=True)
class Example:
    """One item, and what its place or row was taken to say."""

    item: str
    """Its path, or its number."""
    label: str
    sublabel: str | None
    part: str | None
    """train, test, query or gallery; None before the split."""

    def __str__(self) -> str:
        mode = "" if self.sublabel is None else f", mode {self.sublabel}"
        part = "" if self.part is None else f", {self.part}"
        return f"{self.item} -> class {self.label}{mode}{part}"


@dataclass(frozen=True)
class Understood:
    """Counts and examples; nothing in them where nothing could be read."""

    items: int
    classes: tuple[str, ...]
    modes: int | None
    """None where the data say nothing of modes."""
    parts: dict[str, int]
    """Items in each part of the split: train, test, and of the latter those that are queries and those searched."""
    examples: tuple[Example, ...]

    @classmethod
    def of(cls, items: pd.DataFrame) -> Self:
        """items: of `core.data.Dataset`, or of an import; before the split, or empty, if there is something wrong."""
        if "label" not in items:
            return cls(0, (), None, {}, ())
        part = _parts(items)
        counts = {} if part is None else part.value_counts().sort_index(ascending=False).to_dict()
        rows = np.unique(np.linspace(0, len(items) - 1, 3).round().astype(int))[: len(items)]
        named = next((column for column in ("path", "name") if column in items), None)
        examples = (
            Example(
                f"item {row}" if named is None else items[named].iloc[row],
                items["label"].iloc[row],
                items["sublabel"].iloc[row] if "sublabel" in items else None,
                None if part is None else part.iloc[row],
            )
            for row in rows
        )
        modes = items["sublabel"].nunique() if "sublabel" in items else None
        return cls(len(items), tuple(sorted(items["label"].unique())), modes, counts, tuple(examples))

    def sentences(self) -> Sequence[str]:
        """For people, a line each."""
        if not self.items:
            return ["nothing could be read"]
        listed = ", ".join(self.classes[:SHOWN]) + (", ..." if len(self.classes) > SHOWN else "")
        modes = "no modes" if self.modes is None else f"{self.modes:,} modes"
        parts = ", ".join(f"{count:,} {name}" for name, count in self.parts.items()) or "not split"
        first = f"understood as {self.items:,} items of {len(self.classes):,} classes ({listed}), {modes}; {parts}"
        return [first, *(f"  {example}" for example in self.examples)]

    def to_dict(self) -> dict[str, Any]:
        return {
            "items": self.items,
            "classes": list(self.classes),
            "modes": self.modes,
            "parts": self.parts,
            "examples": [str(example) for example in self.examples],
        }


def _parts(items: pd.DataFrame) -> pd.Series | None:
    """Of each item, the part of the split, and its role in the test."""
    if "split" not in items:
        return None
    part = items["split"].astype(object)
    for column, role in (("is_gallery", "gallery"), ("is_query", "query")):
        if column in items:
            part = part.mask((items["split"] == "test") & items[column], f"test {role}")
    return part

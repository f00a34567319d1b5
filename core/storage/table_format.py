"""What the columns of a table on disk must hold, as data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from pandas.api import types

from core.common.errors import shown

Kind = Literal["text", "whole", "number", "flag", "list"]

_WORDS: dict[Kind, tuple[str, str]] = {
    "text": ("a text", "text"),
    "whole": ("a whole number", "whole numbers"),
    "number": ("a number", "numbers"),
    "flag": ("true or false", "true or false"),
    "list": ("a list", "lists"),
}
"""One value, and several."""


def _is_whole(values: pd.Series) -> bool:
    """Whether these are the whole numbers that a column with gaps holds as floats."""
    return types.is_float_dtype(values) and bool((values.dropna() % 1 == 0).all())


_TESTS: dict[Kind, Callable[[pd.Series], bool]] = {
    "text": lambda values: types.infer_dtype(values, skipna=True) == "string",
    "whole": lambda values: types.is_integer_dtype(values) or _is_whole(values),
    "number": lambda values: types.is_numeric_dtype(values) and not types.is_complex_dtype(values),
    "flag": lambda values: types.infer_dtype(values, skipna=True) == "boolean",
    "list": lambda values: all(isinstance(value, np.ndarray | list) for value in values.dropna()),
}


def columns(kind: Kind, *names: str) -> dict[str, Kind]:
    """Columns that all hold the same kind of values."""
    return dict.fromkeys(names, kind)


@dataclass(frozen=True)
class TableFormat:
    """The columns of a table, each with the kind of its values."""

    needed: Mapping[str, Kind]
    """In every such table, with a value in every row."""
    measured: Mapping[str, Kind] = field(default_factory=dict)
    """In every such table; values may be missing."""
    full: Mapping[str, Kind] = field(default_factory=dict)
    """With a value in every row, in tables that have them."""
    partial: Mapping[str, Kind] = field(default_factory=dict)
    """In tables that have them; values may be missing."""
    others: Kind | None = None
    """What all other columns hold, where there is a value; None: anything, for nobody reads them."""

    def fault(self, table: pd.DataFrame) -> str:
        """What is wrong with a table, in a few words; empty where nothing is."""
        if missing := (self.needed.keys() | self.measured.keys()) - set(table.columns):
            return f"lacks the column {min(missing)}"
        known = {**self.needed, **self.measured, **self.full, **self.partial}
        for name, column in table.items():
            kind = known.get(str(name), self.others)
            gaps = column.isna()
            if kind is not None and gaps.any() and (name in self.needed or name in self.full):
                return f"lacks {_WORDS[kind][0]} in the column {shown(name)} in some rows"
            if types.is_float_dtype(column) and np.isinf(column.to_numpy(float, na_value=np.nan)).any():
                return f"has infinite numbers in the column {shown(name)}"
            if kind is not None and not gaps.all() and not _TESTS[kind](column):
                return f"has a column {shown(name)} that does not hold {_WORDS[kind][1]}"
        return ""

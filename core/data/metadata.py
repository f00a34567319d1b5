"""What a table says of its items beyond the known columns: titles, prices, captions. It stays with the items, under the
columns' own names with a prefix, for people to read, search, colour and filter by; nothing is measured of it."""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

PREFIX = "meta."
"""Before a column's own name, among the columns of the items."""
MAX_COLUMNS = 50
SERIES = 8
"""So many columns that differ only in a number at their end are taken for the dimensions of a vector."""

_NUMBER = re.compile(r"[+-]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
"""007 and 1. are none: they are names."""
_DIGITS = 15
"""Digits that a float keeps."""


def kept(names: Sequence[str], read: Sequence[int]) -> list[int]:
    """The places of the columns that are kept for people. read: places of the known columns."""
    stems = Counter(re.sub("[0-9]+$", "", name) for name in names if re.search("[0-9]$", name))
    found = [
        place
        for place, name in enumerate(names)
        if place not in read
        and name
        and names.count(name) == 1
        and not (re.search("[0-9]$", name) and stems[re.sub("[0-9]+$", "", name)] >= SERIES)
    ]
    return found[:MAX_COLUMNS]


def typed(column: pd.Series) -> pd.Series:
    """Numbers, NaN for empty cells, where all other cells are numbers; else the text as it is."""
    distinct = [value for value in column.unique() if value]
    if not distinct or not all(_NUMBER.fullmatch(v) and sum(map(str.isdigit, v)) <= _DIGITS for v in distinct):
        return column
    numbers = {value: float(value) for value in distinct}
    if not np.isfinite(list(numbers.values())).all():
        return column
    return column.map(numbers | {"": np.nan}).astype(np.float64)


def metadata(items: pd.DataFrame) -> pd.DataFrame:
    """The kept columns of some items under their own names: text ("" for empty cells) or numbers (NaN)."""
    names = [name for name in items if str(name).startswith(PREFIX)]
    return items[names].rename(columns=lambda name: name.removeprefix(PREFIX))

"""Which row of a matrix belongs to which row of a table, where the matrix has columns that tell."""

import itertools
import posixpath
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Int64

from core.common.errors import DataError, shown
from core.data.columns import COLUMNS, simple
from core.data.labels import clean_names
from core.data.split import natural_key

PANDAS_INDEX = "__index_level_"
"""Prefix of the columns that pandas adds for the index of a table."""

_NUMBERED = {"index", "idx", "row", "rows", "rowid", "rownumber", "unnamed0", "position", ""}
"""Columns that number rows, as `simple` has them."""
_TELLING = {
    "id": {"id", "ids", "itemid", "imageid", "uid", "uuid", "key"},
    "path": {
        "path",
        "paths",
        "file",
        "filename",
        "filepath",
        "image",
        "imagepath",
        "imagefile",
        "imgpath",
        "imagename",
    },
    "label": {"label", "labels"},
}
"""Other names of columns that tell which row is which."""


def _no_column(_: str) -> pd.Series | None:
    return None


@dataclass(frozen=True)
class Rows:
    """The table of items that the vectors belong to."""

    path: Path
    n: int
    keys: Mapping[str, pd.Series] = field(default_factory=dict)
    """Its columns id, path and label, as far as it has them, as text."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Known column -> its name in the file, where that is another."""
    other: Callable[[str], pd.Series | None] = _no_column
    """Any other column by its name in the file, None where there is none."""

    def check_length(self, n: int, path: Path) -> None:
        """Raise DataError for a matrix with another number of rows."""
        if n != self.n:
            what = f"{shown(path)} has {n:,} rows and {shown(self.path)} has {self.n:,}"
            raise DataError(f"{what}; give one vector per row of the table")


def meaning(name: str, rows: Rows) -> str | None:
    """What a column of a matrix tells about its rows: a known column's name, "index", or None for nothing."""
    for column, own in rows.columns.items():
        if name == own:
            return column
    if name in COLUMNS:
        return name
    if name.startswith(PANDAS_INDEX) or simple(name) in _NUMBERED:
        return "index"
    return next((column for column, names in _TELLING.items() if simple(name) in names), None)


def match_rows(
    path: Path, names: Sequence[str], read: Callable[[str], pd.Series], rows: Rows
) -> Int64[np.ndarray, "n"]:
    """For each row of a matrix, its row in the table: joined by a key, or else in order if nothing contradicts it.

    names: the columns of the matrix that are no vectors. read: one of them as text. Raises DataError where a key has
    no counterpart in the table, or contradicts it.
    """
    order = ("id", "path", None, "index", "label")
    keys = sorted(
        ((name, column) for name in names if (column := meaning(name, rows)) in order),
        key=lambda key: order.index(key[1]),
    )
    places: Int64[np.ndarray, "n"] | None = None
    for name, column in keys:
        ours = _comparable(read(name), column)
        theirs = _counterpart(name, column, ours, rows)
        if theirs is None:
            if column is not None and places is None:
                _check_unmatched(path, name, column, ours, rows)
        elif places is None and (column == "id" or _same_set(ours, theirs)):
            places = _join(path, name, ours, theirs, rows)
        else:
            _compare(path, name, ours, theirs if places is None else theirs.iloc[places], rows, column)
    return np.arange(rows.n) if places is None else places


def _counterpart(name: str, column: str | None, ours: pd.Series, rows: Rows) -> pd.Series | None:
    """The table's column to compare with: its values are the matrix's in any order, or else its meaning is the same."""
    if column == "label":
        same = rows.keys.get("label")
        return None if same is None else _comparable(same, column)
    others = [rows.keys.get(column or ""), rows.other(name)]
    if column is not None:
        others += [rows.keys.get("id"), rows.keys.get("path")]
    found = [_comparable(other, column) for other in others if other is not None]
    same_values = [other for other in found if sorted(other) == sorted(ours)]
    named = found[:1] if column in rows.keys else []
    return next(iter(same_values + named), None)


def _check_unmatched(path: Path, name: str, column: str, values: pd.Series, rows: Rows) -> None:
    """Raise DataError for a key that the table has nothing to compare with, except rows numbered or named in order."""
    if column == "label":
        return
    key = shown(name, limit=40)
    if column != "index":
        what = f"{shown(path)} has a column {key} but {shown(rows.path)} has none to match it"
        raise DataError(f"{what}; add it there or remove it here")
    numbers = pd.to_numeric(values, errors="coerce")
    order = numbers.tolist() if numbers.notna().all() else [natural_key(value) for value in values]
    wrong = next((row for row, (a, b) in enumerate(itertools.pairwise(order), start=1) if not a < b), None)
    if wrong is not None:
        where = f"its {key} does not ascend (row {wrong}, counting from 0)"
        raise DataError(f"{shown(path)} may be in another order than {shown(rows.path)}: {where}; sort or remove it")


def _comparable(values: pd.Series, column: str | None) -> pd.Series:
    distinct = values.unique()
    if column == "path":
        return values.map({value: _path(value) for value in distinct}).astype(object)
    return clean_names(values) if column == "label" else values.map({v: v.strip() for v in distinct}).astype(object)


def _path(text: str) -> str:
    text = text.strip().replace("\\", "/")
    return posixpath.normpath(text) if text else ""


def _same_set(ours: pd.Series, theirs: pd.Series) -> bool:
    return ours.is_unique and theirs.is_unique and set(ours) == set(theirs)


def _join(path: Path, name: str, ours: pd.Series, theirs: pd.Series, rows: Rows) -> Int64[np.ndarray, "n"]:
    """For each row of the matrix, the row of the table with the same key."""
    key = shown(name, limit=40)
    for owner, values in ((path, ours), (rows.path, theirs)):
        if (twice := values[values.duplicated()]).size:
            raise DataError(f"{shown(owner)}: the {key} {_quoted(twice.iloc[0])} is used twice; make each differ")
    places = pd.Index(theirs).get_indexer(pd.Index(ours))
    if (unknown := ours[places < 0]).size:
        what = f"{shown(path)} has {len(unknown):,} {key}(s) that are not in {shown(rows.path)}"
        raise DataError(f"{what}, such as {_quoted(unknown.iloc[0])}; use the same in both")
    return places.astype(np.int64)


def _compare(path: Path, name: str, ours: pd.Series, theirs: pd.Series, rows: Rows, column: str | None) -> None:
    """Raise DataError for the first row whose key is not the table's."""
    wrong = np.flatnonzero(ours.to_numpy() != theirs.to_numpy())
    if not wrong.size or (column == "label" and _renamed(ours, theirs)):
        return
    row = int(wrong[0])
    values = f"{_quoted(ours.iloc[row])} in row {row} (counting from 0), the table has {_quoted(theirs.iloc[row])}"
    what = f"{shown(path)} contradicts {shown(rows.path)}: its {shown(name, limit=30)} is {values}"
    raise DataError(f"{what}; use the same order")


def _renamed(ours: pd.Series, theirs: pd.Series) -> bool:
    """Whether two columns of classes differ in names alone, as numbers and words do."""
    pairs = pd.DataFrame({"ours": ours.to_numpy(), "theirs": theirs.to_numpy()}).drop_duplicates()
    return pairs["ours"].is_unique and pairs["theirs"].is_unique and not set(pairs["ours"]) & set(pairs["theirs"])


def _quoted(value: str) -> str:
    return repr(shown(value, limit=30))

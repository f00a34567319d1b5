"""Items listed in a CSV or Parquet table, with the columns of open-metric-learning.

`path` (relative to the table's folder, or to a given one) and `label`; optional `sublabel`, `split` (train | test or
validation), `is_query` with `is_gallery`, and `id`, the join key of imported embeddings. Other columns are kept for
people (`core.data.metadata`). Every value is read as text, and stays what the file says: 007, 1.0, nan and None are
names.
"""

import functools
import posixpath
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pandas as pd
import pyarrow as pa

from core.common.errors import DataError, shown
from core.data.collection import Collection, Problem, raise_errors
from core.data.columns import choose_columns, known_names, listed, option, overlooked
from core.data.delimited import DelimitedText, open_delimited
from core.data.files import Files, Folder, open_files, reason
from core.data.images import FileImages
from core.data.labels import clean_names, name_faults, qualify_modes, unknown_option
from core.data.layout import TEST, TRAIN
from core.data.metadata import PREFIX, kept, typed
from core.data.parquet_text import ParquetText, open_parquet
from core.recipe.data import DataConfig

Result = TypeVar("Result")

MAX_ROWS = 10_000_000
BOOLEANS = {
    **dict.fromkeys(("true", "1", "1.0", "yes"), True),
    **dict.fromkeys(("false", "0", "0.0", "no", ""), False),
}

SPLIT_NAMES = dict.fromkeys(TRAIN, "train") | dict.fromkeys(TEST, "test")
"""What a cell of the column `split` may say, in any case."""

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?")
_NO_NUMBER = {"nan", "na", "n/a", "<na>", "none", "null"}
"""What programs write for a missing number, in lower case."""
_A = {"id": "an id", "path": "a path"}


@dataclass(frozen=True)
class Table:
    """A table whose columns are known, and whose rows are not read yet."""

    path: Path
    text: DelimitedText | ParquetText
    places: dict[str, int]
    """Known column -> its place."""

    @property
    def said(self) -> str:
        """What was found out about the file, in one sentence."""
        names = self.text.names
        read = [c if names[p] == c else f"{c} from {shown(names[p], limit=20)}" for c, p in self.places.items()]
        kept = [names[place] for place in self._kept]
        unread = [name for name in names if name not in {*kept, *(names[place] for place in self.places.values())}]
        also = f"; kept for people: {listed(kept, room=60)}" if kept else ""
        rest = f"; not read: {listed(unread, room=60)}" if unread else ""
        return f"{shown(self.path)}: {self.text.said}; columns read: {', '.join(read)}{also}{rest}"

    @property
    def problems(self) -> list[Problem]:
        """Warnings of what may have been meant otherwise."""
        found = [(str(self.path), self.text.doubt, "")] if self.text.doubt else []
        for column, name in overlooked(self.text.names, self.places).items():
            found.append((f"column {name}", f"it is not read, and may be meant as {column}", option(column, name)))
        return [Problem(where, "warning", problem, remedy) for where, problem, remedy in found]

    def rows(self) -> pd.DataFrame:
        """The known columns as text without surrounding whitespace; "" for missing values. Raises DataError."""
        text = self._read(list(self.places.values()))
        if text.empty:
            raise DataError(f"{shown(self.path)} has no rows; list at least two items of two classes")
        return text.rename(columns={place: column for column, place in self.places.items()})

    def metadata(self) -> pd.DataFrame:
        """The columns that are kept for people, as `core.data.metadata` names and types them. Raises DataError."""
        text = _parsed(self.path, lambda: self.text.read(self._kept, max_rows=MAX_ROWS, for_people=True))
        return text.apply(clean_text).apply(typed).rename(columns=lambda place: PREFIX + self.text.names[place])

    @property
    def _kept(self) -> list[int]:
        known = [*self.places.values()]
        return [place for place in kept(self.text.names, known) if self.text.readable(place)]

    def column(self, name: str) -> pd.Series | None:
        """Any one column by its name in the file, None where it is not there once. Raises DataError."""
        if self.text.names.count(name) != 1:
            return None
        place = self.text.names.index(name)
        return self._read([place])[place]

    def _read(self, places: Sequence[int]) -> pd.DataFrame:
        return _parsed(self.path, lambda: self.text.read(places, max_rows=MAX_ROWS)).apply(clean_text)


def open_table(path: Path, columns: Mapping[str, str], *, required: Sequence[str]) -> Table:
    """Find out what a table is and which of its columns are which; raises DataError.

    columns: known column -> its name in the table, where that is another.
    """
    kinds: dict[str, Callable[[], DelimitedText | ParquetText]] = {
        ".csv": lambda: open_delimited(path, score=lambda names: known_names(names, columns)),
        ".parquet": lambda: open_parquet(path),
    }
    if path.suffix.lower() not in kinds:
        raise DataError(f"{shown(path)} is neither a .csv nor a .parquet file; give one of these")
    text = _parsed(path, kinds[path.suffix.lower()])
    return Table(path, text, choose_columns(path, text.names, columns, required=required))


def read(config: DataConfig) -> Collection:
    """The usable rows of the table at `config.path`, and the problems of the others."""
    if config.label:
        raise unknown_option(config.label, (), source="table")
    table = open_config(config)
    raw = table.rows().drop(columns="id", errors="ignore").join(table.metadata())
    folder = Folder(table.path.absolute().parent)
    raw["path"] = _relative(raw["path"], folder.root)
    faults = _row_faults(raw, folder, distinct=("path",))
    usable = raw.drop(index=list(faults)).reset_index(drop=True)
    problems = [_problem(row, raw, *fault) for row, fault in faults.items()]
    return Collection(_items(usable), FileImages(folder.root, usable["path"].tolist()), table.problems + problems)


def open_config(config: DataConfig) -> Table:
    """The table of a recipe. Raises DataError."""
    return open_table(Path(config.path).expanduser(), config.columns, required=("path", "label"))


def describe(config: DataConfig) -> str:
    """What was found out about a recipe's table; "" for other sources, and for a table that cannot be opened."""
    if config.source != "table":
        return ""
    try:
        return open_config(config).said
    except DataError:  # which is among the problems
        return ""


def read_items(table: Table, *, images: Path | None) -> tuple[pd.DataFrame, FileImages | None]:
    """All rows of a table for imported embeddings: the items, and their images below `images`, if given.

    Without `images`, paths are only names and are not opened. The column `id` becomes `name`. Several rows may have the
    same image. Raises DataError if any row is unusable, because dropping it would misalign items and embeddings.
    """
    raw = table.rows().join(table.metadata())
    files = None if images is None else open_files(images)
    if images is not None:
        raw["path"] = _relative(raw["path"], images.absolute())
    faults = _row_faults(raw, files, distinct=("id",))
    problems = [_problem(row, raw, *fault) for row, fault in faults.items()]
    raise_errors([problem for problem in problems if problem.problem == problems[0].problem], origin=str(table.path))
    items = _items(raw).rename(columns={"id": "name"})
    return items, None if images is None else FileImages(images, items["path"].tolist())


def clean_text(column: pd.Series) -> pd.Series:
    """Text without surrounding whitespace."""
    return column.map({value: value.strip() for value in column.unique()}).astype(object)


def _parsed(path: Path, read: Callable[[], Result]) -> Result:
    try:
        return read()
    except (OSError, ValueError, OverflowError, KeyError, TypeError, pa.ArrowException) as error:
        raise DataError(f"{shown(path)} cannot be read as a table ({reason(error)}); save it again") from None


def _relative(paths: Iterable[str], root: Path) -> list[str]:
    """Normalised paths relative to the table's folder, with forward slashes.

    Absolute ones may lead there by other links than the table's own path does.
    """
    real = functools.cache(_real)

    def below(path: str) -> str:
        path = path.replace("\\", "/")
        folder, _, name = path.rpartition("/")
        if path.startswith(f"{root}/"):
            path = path[len(f"{root}/") :]
        elif path.startswith("/") and real(Path(folder or "/")).is_relative_to(real(root)):
            path = (real(Path(folder or "/")).relative_to(real(root)) / name).as_posix()
        return posixpath.normpath(path) if path else ""

    return [below(path) for path in paths]


def _real(folder: Path) -> Path:
    try:
        return folder.resolve()
    except (OSError, ValueError, RuntimeError):  # a zero byte, a ring of links
        return folder


def _row_faults(raw: pd.DataFrame, files: Files | None, *, distinct: Sequence[str]) -> dict[int, tuple[str, str]]:
    """Map row -> (fault, remedy), at most one per row, in row order.

    files: the root of the paths; None = do not open them. distinct: columns whose values must differ.
    """
    faults: dict[int, tuple[str, str]] = {}

    def note(rows: pd.Index, fault: str, remedy: str) -> None:
        for row in rows:
            faults.setdefault(int(row), (fault, remedy))

    if files is not None:
        note(raw.index[raw["path"] == ""], "a path is missing", "give every row a path")
    for column in distinct:
        if column in raw:
            note(raw.index[raw[column] == ""], f"{_A[column]} is missing", f"give every row {_A[column]}")
            note(raw.index[raw[column].duplicated()], f"{_A[column]} is listed twice", "keep one of the rows")
    for column in ("label", "sublabel"):
        if column in raw:
            raw[column] = clean_names(raw[column])
            for row, fault in name_faults(raw[column]).dropna().items():
                faults.setdefault(int(row), (f"a {column} {fault}", f"correct the {column}"))
            note(_missing_numbers(raw[column]), f"a {column} says that a number is missing", f"correct the {column}")
    if "split" in raw:
        known = raw["split"].str.casefold().isin(SPLIT_NAMES)
        note(raw.index[~known], "a split is neither train nor test nor validation", "correct the split")
    for column in ("is_query", "is_gallery"):
        if column in raw:
            known = raw[column].str.casefold().isin(BOOLEANS)
            note(raw.index[~known], f"{column} is neither true nor false", "correct it")
    if files is not None:
        for row, path in raw["path"].items():
            if row not in faults and (fault := files.entry(path).fault) is not None:
                faults[int(row)] = fault.problem, fault.remedy
    return dict(sorted(faults.items()))


def _missing_numbers(names: pd.Series) -> pd.Index:
    """The rows that say nan, NA or the like where all others are numbers; among words, these are names."""
    distinct = pd.Series(names.unique(), dtype=object)
    missing = set(distinct[distinct.str.casefold().isin(_NO_NUMBER)])
    others = set(distinct) - missing
    if not missing or not others or not all(map(_NUMBER.fullmatch, others)):
        return names.index[:0]
    return names.index[names.isin(missing)]


def _problem(row: int, raw: pd.DataFrame, fault: str, remedy: str) -> Problem:
    path = raw["path"].iloc[row] if "path" in raw else ""
    return Problem(f"row {row + 1}" + (f" {path}" if path else ""), "error", fault, remedy, of_item=True)


def _items(raw: pd.DataFrame) -> pd.DataFrame:
    items = raw.copy()
    if "split" in items:
        items["split"] = items["split"].str.casefold().map(SPLIT_NAMES)
    for column in ("is_query", "is_gallery"):
        if column in items:
            items[column] = items[column].str.casefold().map(BOOLEANS).astype(bool)
    return qualify_modes(items) if "sublabel" in items else items

"""Items listed in a CSV or Parquet table, with the columns of open-metric-learning.

`path` (relative to the table's folder, or to a given one) and `label`; optional `sublabel`, `split` (train | test or
validation), and `is_query` with `is_gallery`. Other columns are ignored, except `id`, the join key of imported
embeddings. Every value is read as text, so that the class 007 keeps its name.
"""

import functools
import posixpath
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core.common.errors import DataError
from core.data.collection import Collection, Problem, raise_errors
from core.data.files import Files, Folder, open_files, reason
from core.data.images import FileImages
from core.data.labels import clean_names, name_faults, qualify_modes, unknown_option
from core.data.layout import TEST, TRAIN
from core.recipe.data import DataConfig

COLUMNS = ("id", "path", "label", "sublabel", "split", "is_query", "is_gallery")
MAX_ROWS = 10_000_000
BOOLEANS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False, "": False}

SPLIT_NAMES = dict.fromkeys(TRAIN, "train") | dict.fromkeys(TEST, "test")
"""What a cell of the column `split` may say, in any case."""

_INTEGER = re.compile(r"[+-]?[0-9]+(\.0+)?")


def read(config: DataConfig) -> Collection:
    """The usable rows of the table at `config.path`, and the problems of the others."""
    if config.label:
        raise unknown_option(config.label, (), source="table")
    table = Path(config.path).expanduser()
    raw = _read_text(table, required=("path", "label")).drop(columns="id", errors="ignore")
    folder = Folder(table.absolute().parent)
    raw["path"] = _relative(raw["path"], folder.root)
    faults = _row_faults(raw, folder, distinct=True)
    usable = raw.drop(index=list(faults)).reset_index(drop=True)
    problems = [_problem(row, raw, *fault) for row, fault in faults.items()]
    return Collection(_items(usable), FileImages(folder.root, usable["path"].tolist()), problems)


def read_items(table: Path, *, images: Path | None) -> tuple[pd.DataFrame, FileImages | None]:
    """All rows of a table for imported embeddings: the items, and their images below `images`, if given.

    Without `images`, paths are only names and are not opened. The column `id` becomes `name`. Several rows may have the
    same image. Raises DataError if any row is unusable, because dropping it would misalign items and embeddings.
    """
    raw = _read_text(table, required=("label",) if images is None else ("path", "label"))
    files = None if images is None else open_files(images)
    if images is not None:
        raw["path"] = _relative(raw["path"], images.absolute())
    faults = _row_faults(raw, files, distinct=False)
    problems = [_problem(row, raw, *fault) for row, fault in faults.items()]
    raise_errors([problem for problem in problems if problem.problem == problems[0].problem], origin=str(table))
    items = _items(raw).rename(columns={"id": "name"})
    return items, None if images is None else FileImages(images, items["path"].tolist())


def clean_text(column: pd.Series) -> pd.Series:
    """Text stripped of whitespace, "" for missing values; 3.0 becomes 3 if all values are integers."""
    text = column.str.strip().astype(object)
    return _whole_numbers(text.mask(text.str.casefold() == "nan", ""))


def as_text(values: pa.ChunkedArray | pa.Array) -> pd.Series:
    """A column of a Parquet file as text, as in a CSV file.

    Raises ValueError if a cell is neither text nor a number.
    """
    return pd.Series([_text(value) for value in values.to_pylist()], dtype=str)


def _read_text(table: Path, *, required: tuple[str, ...]) -> pd.DataFrame:
    """The known columns as text; "" for missing values."""
    readers: dict[str, Callable[[Path], pd.DataFrame]] = {".csv": _read_csv, ".parquet": _read_parquet}
    if table.suffix.lower() not in readers:
        raise DataError(f"{table} is neither a .csv nor a .parquet file; give one of these")
    try:
        text = readers[table.suffix.lower()](table)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise DataError(f"{table} cannot be read as a table ({reason(error)}); save it again") from None
    _require_columns(text, table, required)
    if text.empty:
        raise DataError(f"{table} has no rows; list at least two items of two classes")
    return text.apply(clean_text)


def _read_csv(table: Path) -> pd.DataFrame:
    text = pd.read_csv(
        table,
        usecols=lambda name: name.strip() in COLUMNS,
        dtype=str,
        keep_default_na=False,
        encoding="utf-8-sig",
        nrows=MAX_ROWS + 1,
    )
    _limit_rows(len(text))
    return text.rename(columns=str.strip)


def _read_parquet(table: Path) -> pd.DataFrame:
    with pq.ParquetFile(table) as file:
        _limit_rows(file.metadata.num_rows)
        columns = [name for name in COLUMNS if name in file.schema_arrow.names]
        arrow = file.read(columns=columns)
    return pd.DataFrame({name: as_text(arrow[name]) for name in columns}, columns=columns, dtype=str)


def _limit_rows(n: int) -> None:
    if n > MAX_ROWS:
        raise ValueError(f"it has more than {MAX_ROWS:,} rows")


def _text(value: object) -> str:
    if isinstance(value, (bytes, list, dict)):
        raise ValueError(f"a cell holds {type(value).__name__}, not text or a number")
    return "" if value is None else str(value)


def _whole_numbers(column: pd.Series) -> pd.Series:
    """3.0 becomes 3 if all values are integers: pandas writes integer columns with missing values like this."""
    if not column[column != ""].str.fullmatch(_INTEGER).all():
        return column
    return column.str.replace(r"\.0+$", "", regex=True).astype(object)


def _require_columns(raw: pd.DataFrame, table: Path, required: tuple[str, ...]) -> None:
    if missing := [name for name in required if name not in raw]:
        found = ", ".join(raw.columns) or "none of the known ones"
        raise DataError(f"{table} lacks the column {' and the column '.join(missing)} (found: {found}); add it")
    if ("is_query" in raw) != ("is_gallery" in raw):
        raise DataError(f"{table} has only one of the columns is_query and is_gallery; add the other")


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


def _row_faults(raw: pd.DataFrame, files: Files | None, *, distinct: bool) -> dict[int, tuple[str, str]]:
    """Map row -> (fault, remedy), at most one per row, in row order.

    files: the root of the paths; None = do not open them. distinct: reject paths that are listed more than once.
    """
    faults: dict[int, tuple[str, str]] = {}

    def note(rows: pd.Index, fault: str, remedy: str) -> None:
        for row in rows:
            faults.setdefault(int(row), (fault, remedy))

    if files is not None:
        note(raw.index[raw["path"] == ""], "a path is missing", "give every row a path")
    if distinct:
        note(raw.index[raw["path"].duplicated()], "a path is listed twice", "keep one of the rows")
    for column in ("label", "sublabel"):
        if column in raw:
            raw[column] = clean_names(raw[column])
            for row, fault in name_faults(raw[column]).dropna().items():
                faults.setdefault(int(row), (f"a {column} {fault}", f"correct the {column}"))
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


def _problem(row: int, raw: pd.DataFrame, fault: str, remedy: str) -> Problem:
    path = raw["path"].iloc[row] if "path" in raw else ""
    return Problem(f"row {row + 1}" + (f" {path}" if path else ""), "error", fault, remedy)


def _items(raw: pd.DataFrame) -> pd.DataFrame:
    items = raw.copy()
    if "split" in items:
        items["split"] = items["split"].str.casefold().map(SPLIT_NAMES)
    for column in ("is_query", "is_gallery"):
        if column in items:
            items[column] = items[column].str.casefold().map(BOOLEANS).astype(bool)
    return qualify_modes(items) if "sublabel" in items else items

"""Vectors in a Parquet file: which columns hold them, and their numbers in the order of a table's rows."""

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Float

from core.common.errors import DataError, shown
from core.data.columns import listed
from core.data.files import regular_size
from core.data.parquet_text import is_plain, repeating, texts
from core.data.row_keys import Rows, match_rows, meaning

BLOCK_NUMBERS = 1 << 22
"""Numbers read at once."""
MAX_UNPACKED = 1 << 28
"""Bytes that a file may unpack to, whatever its own size."""
MAX_RATIO = 64
"""Times its own size that a larger one may unpack to: vectors hardly compress at all."""

_SERIES = re.compile(r"(.*?)([0-9]{1,9})")


def read_matrix(path: Path, rows: Rows) -> tuple[Float[np.ndarray, "n d"], str]:
    """One vector for each row of a table, and a doubt about what was read, or "".

    The vectors are one column of lists of numbers, or else the numeric columns of one series, such as e0 ... e7.
    Columns that tell which row is which are heeded. Raises DataError; ValueError, OSError or what pyarrow raises for
    files that cannot be read.
    """
    size = regular_size(path)
    with pq.ParquetFile(path) as file:
        schema, n = file.schema_arrow, file.metadata.num_rows
        if len(set(schema.names)) < len(schema.names):
            twice = [name for name in schema.names if schema.names.count(name) > 1]
            raise DataError(f"{shown(path)} has several columns called {listed(twice[:1])}; keep one of each name")
        columns, doubt = vector_columns(schema, path, rows)
        rows.check_length(n, path)
        _check_unpacked(file, size, path)
        keys = [name for name in schema.names if name not in columns and _may_tell(schema, name, rows)]
    with pq.ParquetFile(path, read_dictionary=repeating(schema, keys)) as file:
        places = match_rows(path, keys, lambda name: pd.Series(texts(file, name), dtype=object), rows)
        return _values(file, columns, places, path), doubt


def vector_columns(schema: pa.Schema, path: Path, rows: Rows) -> tuple[list[str], str]:
    """The column of lists of numbers, or the numeric columns of a series; and a doubt. Raises DataError."""
    names = [name for name in schema.names if meaning(name, rows) is None]
    lists = [name for name in names if _is_list(schema.field(name).type)]
    if len(lists) == 1:
        return lists, ""
    if lists:
        raise DataError(f"{shown(path)} has several columns of lists ({listed(lists)}); keep only the vectors")
    whole = [name for name in names if pa.types.is_integer(schema.field(name).type)]
    numbers = [name for name in names if pa.types.is_floating(schema.field(name).type)]
    if whole and numbers:
        what = f"{shown(path)} mixes float columns with integer columns ({listed(whole)})"
        raise DataError(f"{what}, which may not be part of the vectors; remove them, or save them as floats")
    if not whole and not numbers:
        raise DataError(
            f"{shown(path)} has no numeric columns; "
            "save the vectors as one column of lists, or as one column per dimension"
        )
    return numbers or whole, _series(numbers or whole, names, schema, path)


def _series(columns: Sequence[str], names: Sequence[str], schema: pa.Schema, path: Path) -> str:
    """A doubt about columns that are no series; DataError where one is a series and others are not part of it."""
    series = _by_prefix(columns)
    main = max(series, key=lambda prefix: len(series[prefix]), default="")
    if len(series.get(main, ())) < 2:
        return "" if all(len(name) == 1 for name in columns) else f"takes the columns {listed(columns)} for dimensions"
    numbers = series[main]
    first, last = min(numbers), max(numbers)
    span = f"{shown(numbers[first], limit=30)} to {shown(numbers[last], limit=30)}"
    if others := [name for name in columns if name not in numbers.values()]:
        what = f"{shown(path)} has number columns that are no part of the series {span}: {listed(others)}"
        raise DataError(f"{what}; remove them, or rename them if they belong to the vectors")
    if odd := [name for name in _by_prefix(names)[main].values() if name not in columns]:
        kind = shown(schema.field(odd[0]).type, limit=30)
        raise DataError(
            f"{shown(path)}: the column {shown(odd[0], limit=40)} holds {kind}, others of its series numbers"
        )
    gaps = last - first + 1 - len(numbers)
    return f"takes the columns {span} for dimensions, of which {gaps:,} are not there" if gaps else ""


def _by_prefix(names: Sequence[str]) -> dict[str, dict[int, str]]:
    """Prefix -> number -> name, of the names that end in a number."""
    series: dict[str, dict[int, str]] = defaultdict(dict)
    for name in names:
        if match := _SERIES.fullmatch(name):
            series[match[1]].setdefault(int(match[2]), name)
    return series


def _may_tell(schema: pa.Schema, name: str, rows: Rows) -> bool:
    """Whether a column is a key, or text or whole numbers that the table may have too."""
    kind = schema.field(name).type
    return meaning(name, rows) is not None or (is_plain(kind) and not pa.types.is_floating(kind))


def _check_unpacked(file: pq.ParquetFile, size: int, path: Path) -> None:
    """Raise DataError for a file that would take far more memory than its size says."""
    groups = [file.metadata.row_group(i) for i in range(file.metadata.num_row_groups)]
    numbers = sum(group.column(j).num_values for group in groups for j in range(group.num_columns))
    unpacked = max(8 * numbers, sum(group.total_byte_size for group in groups))
    if unpacked > max(MAX_UNPACKED, MAX_RATIO * size):
        raise DataError(
            f"{shown(path)} has {size:,} bytes and unpacks to {unpacked:,}; save its vectors with numpy.save"
        )


def _values(file: pq.ParquetFile, columns: list[str], places: np.ndarray, path: Path) -> Float[np.ndarray, "n d"]:
    schema, n = file.schema_arrow, len(places)
    narrow = all(_value_type(schema, column) in (pa.float16(), pa.float32()) for column in columns)
    dtype = np.float32 if narrow else np.float64
    values, start = np.empty((n, 0), dtype), 0
    leaves = sum(file.metadata.row_group(0).column(j).num_values for j in range(file.metadata.num_columns)) if n else 0
    width = max(64, leaves // max(1, file.metadata.row_group(0).num_rows)) if n else 64
    for batch in file.iter_batches(columns=columns, batch_size=max(1, BLOCK_NUMBERS // width)):
        if batch.schema.names != columns:
            raise ValueError(f"the names of its columns mean several columns: {listed(columns)}")
        part = _matrix(batch, dtype, path, first=start)
        if start == 0:
            values = np.empty((n, part.shape[1]), dtype)
        if part.shape[1] != values.shape[1]:
            raise _length_error(path, start, part.shape[1], values.shape[1])
        values[places[start : start + len(part)]] = part
        start += len(part)
    return values


def _is_list(kind: pa.DataType) -> bool:
    lists = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    return any(is_kind(kind) for is_kind in lists) and _is_number(kind.value_type)


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind)


def _value_type(schema: pa.Schema, name: str) -> pa.DataType:
    kind = schema.field(name).type
    return kind.value_type if _is_list(kind) else kind


def _matrix(batch: pa.RecordBatch, dtype: type, path: Path, *, first: int) -> Float[np.ndarray, "m d"]:
    """Some rows as a matrix, NaN for missing numbers."""
    if not _is_list(batch.schema.field(0).type):
        return np.column_stack([c.to_numpy(zero_copy_only=False) for c in batch.columns]).astype(dtype, copy=False)
    lists = batch.column(0)
    if lists.null_count:
        row = first + int(np.flatnonzero(lists.is_null().to_numpy(zero_copy_only=False))[0])
        raise DataError(
            f"{shown(path)}: row {row} (counting from 0) has no vector; embed the item again or leave it out"
        )
    lengths = np.asarray(lists.value_lengths().to_numpy(zero_copy_only=False))
    if (other := np.flatnonzero(lengths != lengths[0])).size:
        raise _length_error(path, first + int(other[0]), int(lengths[other[0]]), int(lengths[0]))
    return lists.flatten().to_numpy(zero_copy_only=False).reshape(len(lists), -1).astype(dtype, copy=False)


def _length_error(path: Path, row: int, length: int, usual: int) -> DataError:
    return DataError(f"{shown(path)}: row {row} (counting from 0) has {length} numbers, those before it {usual}")

"""Imported embeddings: a memory-mapped .npy file or a Parquet table."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Float, Float32, Float64, Int64, Shaped

from core.common.directions import directions_of, lengths_of
from core.common.errors import DataError
from core.data.collection import first_names
from core.data.files import reason
from core.data.table import COLUMNS, as_text, clean_text

BLOCK_NUMBERS = 1 << 22
"""Numbers processed at once: 32 MiB in float64."""

ID = "id"
PANDAS_INDEX = "__index_level_"
"""Prefix of the columns that pandas adds for the index of a table."""


@dataclass(frozen=True)
class Rows:
    """The table of items that the vectors belong to."""

    path: Path
    n: int
    ids: list[str] | None
    """The column `id`, if there is one."""


@dataclass(frozen=True)
class Vectors:
    """One vector per item: the shape is validated, the values are not (see `unit_blocks`)."""

    path: Path
    values: Shaped[np.ndarray, "n d"]
    """Floats or integers, rows in the order of the items; memory-mapped for .npy files."""

    def unit_blocks(self) -> Iterator[Float32[np.ndarray, "_ d"]]:
        """All rows, L2-normalised, in blocks; unit vectors are not changed.

        Raises DataError after the last block if rows are not finite, are zero, or are all equal.
        """
        broken: list[Int64[np.ndarray, "_"]] = []
        zero: list[Int64[np.ndarray, "_"]] = []
        first: Float32[np.ndarray, "one d"] | None = None
        constant = True
        for start, block in self._blocks():
            finite = np.isfinite(block).all(axis=1, keepdims=True)
            broken.append(start + np.flatnonzero(~finite))
            zero.append(start + np.flatnonzero(~block.any(axis=1)))
            units = directions_of(np.where(finite, block, 1.0)).astype(np.float32)
            first = units[:1] if first is None else first
            constant = constant and bool((units == first).all())
            yield units
        self._raise_if_any(np.concatenate(broken), "NaN or infinite values")
        self._raise_if_any(np.concatenate(zero), "only zeros, which have no direction")
        if constant:
            raise DataError(f"{self.path}: all {len(self.values):,} rows are the same vector; embed the items again")

    def lengths(self) -> Float64[np.ndarray, "n"]:
        """Euclidean norms of the rows, which `unit_blocks` takes away."""
        return np.concatenate([lengths_of(block) for _, block in self._blocks()])

    def _blocks(self) -> Iterator[tuple[int, Float64[np.ndarray, "_ d"]]]:
        """All rows in blocks, each with the number of its first row."""
        step = max(1, BLOCK_NUMBERS // self.values.shape[1])
        for start in range(0, len(self.values), step):
            yield start, np.asarray(self.values[start : start + step], dtype=np.float64)

    def _raise_if_any(self, rows: Int64[np.ndarray, "_"], what: str) -> None:
        if len(rows):
            count = "1 row holds" if len(rows) == 1 else f"{len(rows):,} rows hold"
            where = first_names([str(row) for row in rows[:4]])
            raise DataError(
                f"{self.path}: {count} {what} (counting from 0: {where}); embed these items again or leave them out"
            )


def open_vectors(path: Path, rows: Rows) -> Vectors:
    """Open a matrix with one row per row of a table; read it with `Vectors.unit_blocks`.

    A Parquet file with a column `id` is joined with the table by it. Rows of any other file must be in the order of the
    table, which cannot be checked. In Parquet, the vectors are one column of lists, or else all numeric columns that
    are not columns of an item table. Raises DataError.
    """
    suffix = path.suffix.lower()
    if suffix not in {".npy", ".parquet"}:
        raise DataError(f"{path} is neither .npy nor .parquet; save the matrix with numpy.save")
    try:
        values = _memory_map(path) if suffix == ".npy" else _read_parquet(path, rows)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise DataError(f"{path} cannot be read ({reason(error)}); check the path, or save it again") from None
    _check_shape(values, path, rows)
    return Vectors(path, values)


def _memory_map(path: Path) -> Shaped[np.ndarray, "..."]:
    if _dtype(path).hasobject:
        remedy = "save a plain matrix: numpy.save(path, numpy.stack(vectors).astype('float32'))"
        raise DataError(f"{path} contains pickled Python objects, which are not read for safety; {remedy}")
    values = np.lib.format.open_memmap(path, mode="r")
    if values.dtype.kind not in "fiu":
        raise DataError(f"{path} holds {values.dtype}, not real numbers; save the matrix as float32")
    return values


def _dtype(path: Path) -> np.dtype:
    """Of a .npy file, by its header; ValueError where it has none."""
    with path.open("rb") as file:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        return read(file)[2]


def _check_shape(values: Shaped[np.ndarray, "..."], path: Path, rows: Rows) -> None:
    if values.ndim != 2:
        raise DataError(f"{path} has shape {values.shape}; give a matrix with one row per item (n, d)")
    if values.shape[1] < 2:
        raise DataError(f"{path} has {values.shape[1]} column(s), but unit vectors need at least 2")
    _check_length(len(values), path, rows)


def _check_length(n: int, path: Path, rows: Rows) -> None:
    if n != rows.n:
        raise DataError(f"{path} has {n:,} rows and {rows.path} has {rows.n:,}; give one vector per row of the table")


def _read_parquet(path: Path, rows: Rows) -> Float[np.ndarray, "n d"]:
    with pq.ParquetFile(path) as file:
        schema, n = file.schema_arrow, file.metadata.num_rows
        columns = _vector_columns(schema, path)
        _check_length(n, path, rows)
        places = _join(as_text(file.read(columns=[ID])[ID]), path, rows) if ID in schema.names else np.arange(n)
        narrow = all(_value_type(schema, column) in (pa.float16(), pa.float32()) for column in columns)
        dtype = np.float32 if narrow else np.float64
        values, start = np.empty((n, 0), dtype), 0
        for batch in file.iter_batches(columns=columns, batch_size=max(1, BLOCK_NUMBERS // max(64, len(columns)))):
            part = _matrix(batch, dtype, path, first=start)
            if start == 0:
                values = np.empty((n, part.shape[1]), dtype)
            if part.shape[1] != values.shape[1]:
                raise _length_error(path, start, part.shape[1], values.shape[1])
            values[places[start : start + len(part)]] = part
            start += len(part)
    return values


def _vector_columns(schema: pa.Schema, path: Path) -> list[str]:
    """The name of the column of lists of numbers, or the names of all numeric columns."""
    names = [name for name in schema.names if name not in COLUMNS and not name.startswith(PANDAS_INDEX)]
    lists = [name for name in names if _is_list(schema.field(name).type)]
    if len(lists) == 1:
        return lists
    if lists:
        raise DataError(f"{path} has several columns of lists ({first_names(lists)}); keep only the vectors")
    whole = [name for name in names if pa.types.is_integer(schema.field(name).type)]
    numbers = [name for name in names if pa.types.is_floating(schema.field(name).type)]
    if whole and numbers:
        what = f"{path} mixes float columns with integer columns ({first_names(whole)})"
        raise DataError(f"{what}, which may not be part of the vectors; remove them, or save them as floats")
    if not whole and not numbers:
        raise DataError(
            f"{path} has no numeric columns; save the vectors as one column of lists, or as one column per dimension"
        )
    return numbers or whole


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
        raise DataError(f"{path}: row {row} (counting from 0) has no vector; embed the item again or leave it out")
    lengths = np.asarray(lists.value_lengths().to_numpy(zero_copy_only=False))
    if (other := np.flatnonzero(lengths != lengths[0])).size:
        raise _length_error(path, first + int(other[0]), int(lengths[other[0]]), int(lengths[0]))
    return lists.flatten().to_numpy(zero_copy_only=False).reshape(len(lists), -1).astype(dtype, copy=False)


def _length_error(path: Path, row: int, length: int, usual: int) -> DataError:
    return DataError(f"{path}: row {row} (counting from 0) has {length} numbers, those before it {usual}")


def _join(ids: pd.Series, path: Path, rows: Rows) -> Int64[np.ndarray, "n"]:
    """For each row of the file, the row of the table with the same id."""
    if rows.ids is None:
        raise DataError(f"{path} has a column id but {rows.path} has none; add it there or remove it here")
    ids, known = clean_text(ids), pd.Series(rows.ids, dtype=object)
    for owner, values in ((path, ids), (rows.path, known)):
        if (twice := values[values.duplicated()]).size:
            raise DataError(f"{owner}: the id {twice.iloc[0]!r:.80} is used twice; give every row an id of its own")
    places = pd.Index(known).get_indexer(pd.Index(ids))
    if (unknown := ids[places < 0]).size:
        count, first = len(unknown), unknown.iloc[0]
        raise DataError(
            f"{path} has {count:,} id(s) that are not in {rows.path}, such as {first!r:.80}; use the same ids"
        )
    return places.astype(np.int64)

"""Columns of a Parquet file as text: what its cells say, with every distinct value turned into text once."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core.common.errors import shown
from core.data.delimited import MAX_CELL
from core.data.files import regular_size

MAX_TEXT = 1 << 31
"""Characters of a column: repeated values take next to nothing in the file."""


@dataclass(frozen=True)
class ParquetText:
    """A Parquet table whose columns are known, and whose rows are not read yet."""

    path: Path
    schema: pa.Schema
    said: str = "Parquet"
    doubt: str = ""

    @property
    def names(self) -> list[str]:
        """The columns without surrounding whitespace."""
        return [name.strip() for name in self.schema.names]

    def readable(self, place: int) -> bool:
        """Whether a column can be read as text for people: no lists, no bytes."""
        kind = self.schema.field(place).type
        return is_plain(kind) or pa.types.is_temporal(kind)

    def read(self, places: Collection[int], *, max_rows: int, for_people: bool = False) -> pd.DataFrame:
        """The columns at some places, as text, under these numbers; "" for missing values and NaN.

        for_people: whatever is `readable`, dates too, and long cells shortened, rather than plain names and numbers.
        Raises ValueError, OSError, or what pyarrow raises on broken files.
        """
        names = [self.schema.names[place] for place in places]
        with pq.ParquetFile(self.path, read_dictionary=repeating(self.schema, names)) as file:
            if (n := file.metadata.num_rows) > max_rows:
                raise ValueError(f"it has more than {max_rows:,} rows")
            columns = {
                place: texts(file, name, allow_dates=for_people) for place, name in zip(places, names, strict=True)
            }
        frame = pd.DataFrame(columns, index=range(n), dtype=object)
        return frame.map(lambda text: text[:MAX_CELL]) if for_people else frame


def open_parquet(path: Path) -> ParquetText:
    """Raises ValueError, OSError, or what pyarrow raises on broken files."""
    regular_size(path)
    with pq.ParquetFile(path) as file:
        return ParquetText(path, file.schema_arrow)


def repeating(schema: pa.Schema, names: Collection[str]) -> list[str]:
    """The columns of text, for `read_dictionary`: every distinct text is then in memory once."""
    kinds = (pa.types.is_string, pa.types.is_large_string)
    return [name for name in names if any(is_kind(schema.field(name).type) for is_kind in kinds)]


def texts(file: pq.ParquetFile, name: str, *, allow_dates: bool = False) -> np.ndarray:
    """One column of an open file as text, "" for missing values. Raises ValueError for cells of another kind.

    Open the file with `read_dictionary` of what is `repeating`.
    """
    kind = file.schema_arrow.field(name).type
    if not is_plain(kind) and not (allow_dates and pa.types.is_temporal(kind)):
        raise ValueError(f'the column "{shown(name, limit=40)}" holds {shown(kind, limit=40)}, not text or numbers')
    column = read_column(file, name)
    parts = [_chunk(chunk) for chunk in column.chunks]
    return np.concatenate(parts) if parts else np.empty(0, dtype=object)


def read_column(file: pq.ParquetFile, name: str) -> pa.ChunkedArray:
    """A top-level column by its name, which may hold dots. Raises ValueError where the name is not its alone."""
    table = file.read(columns=[name])
    if table.column_names != [name]:
        raise ValueError(f'the name "{shown(name, limit=40)}" means several columns; rename them')
    return table.column(0)


def is_plain(kind: pa.DataType) -> bool:
    """Whether cells are text, numbers, true or false, or missing."""
    if pa.types.is_dictionary(kind):
        return is_plain(kind.value_type)
    return any(
        is_kind(kind)
        for is_kind in (
            *(pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view),
            *(pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_boolean, pa.types.is_null),
        )
    )


def _chunk(chunk: pa.Array) -> np.ndarray:
    if pa.types.is_null(chunk.type):
        return np.full(len(chunk), "", dtype=object)
    coded = chunk if pa.types.is_dictionary(chunk.type) else chunk.dictionary_encode()
    distinct = np.array([*map(_text, coded.dictionary.to_pylist()), ""], dtype=object)
    codes = coded.indices.cast(pa.int64()).fill_null(len(distinct) - 1).to_numpy(zero_copy_only=False)
    if np.array([len(text) for text in distinct])[codes].sum() > MAX_TEXT:
        raise ValueError(f"a column has more than {MAX_TEXT:,} characters")
    return distinct[codes]


def _text(value: Any) -> str:
    return "" if value is None or value != value else str(value)  # NaN alone differs from itself

"""Imported embeddings: a memory-mapped .npy file or a Parquet table."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Float32, Float64, Int64, Shaped

from core.common.directions import directions_of, lengths_of
from core.common.errors import DataError, shown
from core.common.notices import Notice
from core.data.collection import first_names
from core.data.files import reason
from core.data.npy import map_matrix
from core.data.row_keys import Rows
from core.data.vector_columns import read_matrix

BLOCK_NUMBERS = 1 << 22
"""Numbers processed at once: 32 MiB in float64."""


@dataclass(frozen=True)
class Vectors:
    """One vector per item: the shape is validated, the values are not (see `unit_blocks`)."""

    path: Path
    values: Shaped[np.ndarray, "n d"]
    """Floats or integers, rows in the order of the items; memory-mapped for .npy files."""
    doubt: str = ""
    """What may not be meant as vectors."""

    def notices(self) -> list[Notice]:
        """Warnings of what may not be meant as it was read."""
        found = {"vector-columns": self.doubt, "vector-values": self._coded()}
        return [Notice(code, "warning", f"{shown(self.path)} {text}") for code, text in found.items() if text]

    def _coded(self) -> str:
        """What the values look like if not like an embedding's."""
        dtype = self.values.dtype
        if all(((block == 0) | (block == 1)).all() for _, block in self._blocks()):
            kind = "binary codes"
        elif dtype == np.uint8:
            kind = "quantised values with an offset, or bits packed into bytes"
        elif dtype == np.int8:
            kind = "quantised values"
        else:
            return ""
        what = "only zeros and ones" if kind == "binary codes" else f"{dtype} numbers"
        return f"holds {what}, which look like {kind}; they are compared by angle; give floats if there are any"

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
            raise DataError(
                f"{shown(self.path)}: all {len(self.values):,} rows are the same vector; embed the items again"
            )

    def lengths(self) -> Float64[np.ndarray, "n"]:
        """Euclidean norms of the rows, which `unit_blocks` takes away."""
        return np.concatenate([lengths_of(block) for _, block in self._blocks()])

    def _blocks(self) -> Iterator[tuple[int, Float64[np.ndarray, "_ d"]]]:
        """All rows in blocks, each with the number of its first row."""
        step = max(1, BLOCK_NUMBERS // self.values.shape[1])
        for start in range(0, len(self.values), step):
            with np.errstate(over="ignore"):  # wider floats become infinite, which is refused
                block = np.asarray(self.values[start : start + step], dtype=np.float64)
            yield start, block

    def _raise_if_any(self, rows: Int64[np.ndarray, "_"], what: str) -> None:
        if len(rows):
            count = "1 row holds" if len(rows) == 1 else f"{len(rows):,} rows hold"
            where = first_names([str(row) for row in rows[:4]])
            found = f"{shown(self.path)}: {count} {what} (counting from 0: {where})"
            raise DataError(f"{found}; embed these items again or leave them out")


def open_vectors(path: Path, rows: Rows) -> Vectors:
    """Open a matrix with one row per row of a table; read it with `Vectors.unit_blocks`.

    A Parquet file is joined with the table by the keys that it has, or compared with it. The rows of a .npy file, which
    has none, must be in the order of the table, which cannot be checked. Raises DataError.
    """
    suffix = path.suffix.lower()
    if suffix not in {".npy", ".parquet"}:
        raise DataError(f"{shown(path)} is neither .npy nor .parquet; save the matrix with numpy.save")
    try:
        values, doubt = (map_matrix(path), "") if suffix == ".npy" else read_matrix(path, rows)
    except (OSError, ValueError, OverflowError, KeyError, TypeError, pa.ArrowException) as error:
        raise DataError(f"{shown(path)} cannot be read ({reason(error)}); check the path, or save it again") from None
    _check_shape(values, path, rows)
    return Vectors(path, values, doubt)


def _check_shape(values: Shaped[np.ndarray, "..."], path: Path, rows: Rows) -> None:
    if values.ndim != 2:
        shape = shown(values.shape, limit=60)
        raise DataError(f"{shown(path)} has shape {shape}; give a matrix with one row per item (n, d)")
    if values.shape[1] < 2:
        raise DataError(f"{shown(path)} has {values.shape[1]} column(s), but unit vectors need at least 2")
    rows.check_length(len(values), path)

"""Matrices in NumPy's .npy format, mapped into memory only after what their header says has been checked."""

import ast
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Shaped

from core.common.errors import DataError, shown
from core.data.files import regular_size

MAGIC = b"\x93NUMPY"
MAX_HEADER = 10_000
"""Bytes, as in NumPy: a plain matrix needs 128."""
MAX_BRACKETS = 50
"""Python's parser fails on deeper nesting than a header can need."""


@dataclass(frozen=True)
class Header:
    """What the file says that it holds."""

    dtype: np.dtype
    shape: tuple[int, ...]
    fortran_order: bool
    offset: int
    """Of the first number in the file."""

    @property
    def end(self) -> int:
        """Size of the file in bytes."""
        return self.offset + math.prod(self.shape) * self.dtype.itemsize


def map_matrix(path: Path) -> Shaped[np.ndarray, "..."]:
    """The numbers of a file, of any shape, read-only and not loaded.

    Raises DataError for what is no plain numbers; ValueError or OSError for what is no such file or not whole.
    """
    size = regular_size(path)
    header = _read_header(path, size)
    if header.dtype.hasobject:
        remedy = "save a plain matrix: numpy.save(path, numpy.stack(vectors).astype('float32'))"
        raise DataError(f"{shown(path)} contains pickled Python objects, which are not read for safety; {remedy}")
    if header.dtype.kind not in "fiu":
        kind = shown(header.dtype, limit=40)
        raise DataError(f"{shown(path)} holds {kind}, not real numbers; save the matrix as float32")
    if header.end != size:
        said = shown(f"{header.dtype} of shape {header.shape}", limit=60)
        raise ValueError(f"{said} takes {header.end:,} bytes; the file has {size:,}")
    if 0 in header.shape:
        return np.empty(header.shape, header.dtype)
    order: Literal["F", "C"] = "F" if header.fortran_order else "C"
    return np.memmap(path, header.dtype, mode="r", offset=header.offset, shape=header.shape, order=order)


def _read_header(path: Path, size: int) -> Header:
    """Raises ValueError for anything but a header of the format's versions 1 to 3."""
    with path.open("rb") as file:
        start = file.read(len(MAGIC) + 2)
        if not size:
            raise ValueError("the file is empty")
        if start[:-2] != MAGIC or start[-2] not in (1, 2, 3):
            raise ValueError("it is not in NumPy's format")
        length = int.from_bytes(file.read(2 if start[-2] == 1 else 4), "little")
        if length > MAX_HEADER:
            raise ValueError(f"its header has {length:,} bytes")
        text = file.read(length)
        offset = file.tell()
    values = _literal(text.decode("utf-8" if start[-2] == 3 else "latin1"))
    if not isinstance(values, dict) or values.keys() != {"descr", "fortran_order", "shape"}:
        raise ValueError("its header is damaged")
    shape, fortran = values["shape"], values["fortran_order"]
    if not isinstance(shape, tuple) or not all(type(side) is int and side >= 0 for side in shape):
        raise ValueError(f"its header gives the shape {shown(shape, limit=40)}")
    if type(fortran) is not bool:
        raise ValueError("its header is damaged")
    return Header(_dtype(values["descr"]), shape, fortran, offset)


def _literal(text: str) -> Any:
    if any(text.count(sign) > MAX_BRACKETS for sign in "([{-+~"):
        raise ValueError("its header is damaged")
    try:
        return ast.literal_eval(text.strip())
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        raise ValueError("its header is damaged") from None


def _dtype(description: Any) -> np.dtype:
    try:
        return np.lib.format.descr_to_dtype(description)
    except (TypeError, ValueError, KeyError, IndexError, OverflowError, MemoryError, RecursionError):
        raise ValueError(f"its header gives the type {shown(description, limit=40)}") from None

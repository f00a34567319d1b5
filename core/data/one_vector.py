"""A single vector that a user gives as a query: numbers in a text, or a .npy file."""

import math
import re
import tempfile
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from core.common.errors import DataError, shown
from core.data.npy import map_matrix

MAX_BYTES = 1 << 20
_BETWEEN = re.compile(r"[\s,;]+")


def vector_from_text(text: str) -> Float32[np.ndarray, "d"]:
    """Numbers separated by commas, semicolons or white space, in square brackets or not. Raises DataError."""
    if len(text) > MAX_BYTES:
        raise DataError(f"the numbers are longer than {MAX_BYTES:,} characters; one vector is expected")
    parts = [part for part in _BETWEEN.split(text.strip().strip("[]()")) if part]
    numbers = []
    for place, part in enumerate(parts, start=1):
        try:
            numbers.append(float(part))
        except ValueError:
            raise DataError(
                f'the {place:,}. entry, "{shown(part, limit=40)}", is no number; separate numbers by commas, with a '
                "point for decimals"
            ) from None
    return _checked(np.array(numbers))


def vector_from_file(data: bytes) -> Float32[np.ndarray, "d"]:
    """The one vector in a .npy file, of shape (d,) or (1, d). Raises DataError."""
    if len(data) > MAX_BYTES:
        raise DataError(f"the file has {len(data):,} bytes, of at most {MAX_BYTES:,}; one vector is expected")
    with tempfile.NamedTemporaryFile(suffix=".npy") as file:
        file.write(data)
        file.flush()
        try:
            matrix = np.array(map_matrix(Path(file.name)))
        except DataError:
            raise DataError(
                "the file holds no plain real numbers; save the vector as float32 with numpy.save"
            ) from None
        except (ValueError, OSError):
            raise DataError("the file is no whole .npy file; save the vector as float32 with numpy.save") from None
    if matrix.ndim != 1 and matrix.shape[:-1] != (1,):
        raise DataError(f"the file holds an array of shape {shown(matrix.shape, limit=40)}; one vector is expected")
    return _checked(matrix.reshape(-1))


def _checked(numbers: np.ndarray) -> Float32[np.ndarray, "d"]:
    """Of length 1, as embeddings are compared."""
    if not numbers.size:
        raise DataError("there are no numbers")
    numbers = numbers.astype(np.float64)
    if not np.isfinite(numbers).all():
        raise DataError(f"number {int((~np.isfinite(numbers)).argmax()) + 1:,} is infinite or NaN")
    numbers = numbers / (np.abs(numbers).max() or 1)  # so that no square overflows
    length = math.sqrt(float(np.square(numbers).sum()))
    if length == 0:
        raise DataError("all numbers are 0, so that the vector has no direction to search in")
    return (numbers / length).astype(np.float32)

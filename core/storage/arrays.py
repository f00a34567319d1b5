"""Matrices on disk, as .npy files without any pickles."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np


def save_array(path: Path, array: np.ndarray) -> None:
    """Like np.save, but on a full disk the error says so."""
    save_blocks(path, [array], shape=array.shape, dtype=array.dtype)


def save_blocks(path: Path, blocks: Iterable[np.ndarray], *, shape: tuple[int, ...], dtype: np.dtype) -> None:
    """`save_array` of an array that arrives block by block along its first axis, and need not fit into memory."""
    header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for block in blocks:
            file.write(np.ascontiguousarray(block, dtype=dtype).data)


def map_array(path: Path) -> np.ndarray:
    """A .npy file, mapped from disk; unlike np.load it reads no other format. Raises ValueError, OSError."""
    try:
        return np.lib.format.open_memmap(path, mode="r")
    except ValueError as error:
        raise ValueError(f"{path.parent.name}/{path.name} is not a valid .npy file: {error}") from None

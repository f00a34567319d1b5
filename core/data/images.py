"""Images in two stores: an array in memory, or files on disk, which `core.data.decoding` decodes.

Decoded images have mode "L" or "RGB". For a network they are letterboxed into a square: the longer side is resized to
the side of the square (antialiased bilinear), and the rest is padded with the median colour of the image border, so
that nothing is cropped and a drawing on white stays on white. An image that already has the right size and channels is
not changed. Intensities are never inverted.
"""

import io
import os
import zipfile
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np
from jaxtyping import Int, UInt8
from PIL import Image

from core.common.errors import DataError, ImageError, shown
from core.data.decoding import MAX_BYTES, Look, check_bytes, decode_bytes, digest_of, look
from core.data.files import Files, Unreadable, is_inside, open_files, reason

T = TypeVar("T")


@runtime_checkable
class Images(Protocol):
    """The images of a data set, one per item, in the order of the items."""

    def __len__(self) -> int: ...

    def picture(self, row: int) -> Image.Image:
        """One image at its original size, mode "L" or "RGB", for display."""
        ...

    def pixels(self, rows: Int[np.ndarray, "m"], *, size: int, channels: int) -> UInt8[np.ndarray, "m c s s"]:
        """Square images for a network, 0 to 255; `channels` is 1 (grey) or 3 (colour)."""
        ...

    def take(self, rows: Int[np.ndarray, "m"]) -> "Images":
        """The same store restricted to the given rows, in that order."""
        ...

    def examine(self, *, thorough: bool) -> "tuple[list[Look], dict[int, Unreadable]]":
        """Read every image: what there is to know of the readable ones, in order, and the faults of the others by row.

        thorough: decode every image, not only its header.
        """
        ...


class ArrayImages:
    """Images in memory as one array: uint8, grey (n, h, w) or colour (n, h, w, 3)."""

    def __init__(self, array: UInt8[np.ndarray, "..."]) -> None:
        if not (array.ndim == 3 or (array.ndim == 4 and array.shape[3] == 3)):
            raise DataError(f"images must be (n, h, w) or (n, h, w, 3), not {array.shape}; reshape them")
        self.array = array

    def __len__(self) -> int:
        return len(self.array)

    def picture(self, row: int) -> Image.Image:
        return Image.fromarray(np.ascontiguousarray(self.array[row]))

    def pixels(self, rows: Int[np.ndarray, "m"], *, size: int, channels: int) -> UInt8[np.ndarray, "m c s s"]:
        if self.array.shape[1:3] == (size, size) and (self.array.ndim == 3 or channels == 3):
            return _channels_first(self.array[rows], channels)
        squares = [to_square(self.picture(row), size=size, channels=channels) for row in rows.tolist()]
        return _stack(squares, size=size, channels=channels)

    def take(self, rows: Int[np.ndarray, "m"]) -> "ArrayImages":
        return ArrayImages(self.array[rows])

    def examine(self, *, thorough: bool) -> tuple[list[Look], dict[int, Unreadable]]:
        return [Look(digest_of(picture.tobytes())) for picture in self.array], {}


class FileImages:
    """Images on disk, below a folder or inside a zip archive, read on demand.

    root: a folder or a zip archive. paths: relative, with forward slashes; for an archive, full member names. Safe to
    read from several threads and after a fork. The disk is not accessed before the first image is read. Raises
    DataError if a path leads outside the root.
    """

    def __init__(self, root: Path, paths: Sequence[str]) -> None:
        self.root = Path(root).absolute()
        self.paths = list(paths)
        if outside := [path for path in self.paths if not is_inside(path)]:
            raise DataError(f"{shown(outside[0])} leads outside {shown(self.root)}; use paths below that folder")

    def __len__(self) -> int:
        return len(self.paths)

    def picture(self, row: int) -> Image.Image:
        """One image at its original size. Raises ImageError if it is missing, damaged or not allowed."""
        try:
            return self._picture(row, lambda image: image)
        except Unreadable as error:
            raise ImageError(error.sentence(self._name(row))) from None

    def pixels(self, rows: Int[np.ndarray, "m"], *, size: int, channels: int) -> UInt8[np.ndarray, "m c s s"]:
        """As in `Images`. Raises one ImageError that names the first unreadable image and counts the others."""

        def fit(row: int) -> Any:
            return self._picture(row, lambda image: to_square(image, size=size, channels=channels), min_side=2 * size)

        squares, faults = _in_threads(fit, rows.tolist())
        for row, fault in faults.items():
            more = f" ({len(faults) - 1:,} more cannot be read either)" if len(faults) > 1 else ""
            raise ImageError(fault.sentence(self._name(row)) + more)
        return _stack(squares, size=size, channels=channels)

    def take(self, rows: Int[np.ndarray, "m"]) -> "FileImages":
        return FileImages(self.root, [self.paths[row] for row in rows.tolist()])

    def examine(self, *, thorough: bool) -> tuple[list[Look], dict[int, Unreadable]]:
        return _in_threads(lambda row: self._look(row, thorough=thorough), range(len(self)))

    def __getstate__(self) -> dict[str, Any]:
        return {"root": self.root, "paths": self.paths}

    @cached_property
    def _files(self) -> Files:
        return open_files(self.root)

    def _name(self, row: int) -> str:
        return f"{self.root.name}/{self.paths[row]}"

    def _picture(self, row: int, use: Callable[[Image.Image], T], *, min_side: int | None = None) -> T:
        with self._open(row) as file:
            data = file.read(MAX_BYTES + 1)
        return decode_bytes(data, use, min_side=min_side)

    def _look(self, row: int, *, thorough: bool) -> Look:
        with self._open(row) as file:
            data = file.read(MAX_BYTES + 1)
        return look(data, thorough=thorough)

    def _open(self, row: int) -> "_OpenFile":
        entry = self._files.entry(self.paths[row])
        if entry.fault is not None:
            raise entry.fault
        check_bytes(entry.size)
        return _OpenFile(self._files, entry.path)


class _OpenFile:
    """Context manager for an open file that converts read errors to Unreadable."""

    def __init__(self, files: Files, path: str) -> None:
        self._files, self._path = files, path

    def __enter__(self) -> io.BufferedIOBase:
        try:
            self._file = self._files.open(self._path)
        except (OSError, zipfile.BadZipFile, RuntimeError) as error:
            raise Unreadable("a file cannot be opened", "allow reading it", detail=reason(error)) from None
        return self._file

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._file.close()
        if isinstance(error, (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error)):
            raise Unreadable("a file is damaged", "copy or download it again", detail=reason(error)) from None


def to_square(image: Image.Image, *, size: int, channels: int) -> UInt8[np.ndarray, "c s s"]:
    """Letterbox an image of mode "L" or "RGB" into a square; see the module docstring."""
    mode = "L" if channels == 1 else "RGB"
    image = image if image.mode == mode else image.convert(mode)
    scale = size / max(image.size)
    width, height = (max(1, round(side * scale)) for side in image.size)
    if (width, height) != image.size:
        image = image.resize((width, height), Image.Resampling.BILINEAR)
    pixels = np.asarray(image).reshape(height, width, channels)
    if width == height:
        return pixels.transpose(2, 0, 1)
    square = np.empty((size, size, channels), np.uint8)
    square[:] = _border_colour(pixels)
    top, left = (size - height) // 2, (size - width) // 2
    square[top : top + height, left : left + width] = pixels
    return square.transpose(2, 0, 1)


def _border_colour(pixels: UInt8[np.ndarray, "h w c"]) -> UInt8[np.ndarray, "c"]:
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    return np.median(border, axis=0).astype(np.uint8)


def _channels_first(array: UInt8[np.ndarray, "..."], channels: int) -> UInt8[np.ndarray, "m c s s"]:
    if array.ndim == 4:
        return np.ascontiguousarray(array.transpose(0, 3, 1, 2))
    return np.repeat(array[:, None], channels, axis=1)


def _stack(squares: Sequence[Any], *, size: int, channels: int) -> UInt8[np.ndarray, "m c s s"]:
    return np.stack(squares) if squares else np.empty((0, channels, size, size), np.uint8)


def _in_threads(work: Callable[[int], T], rows: Sequence[int]) -> tuple[list[T], dict[int, Unreadable]]:
    """Apply `work` to every row in threads: results of the readable rows in order, and faults by row."""

    def attempt(row: int) -> T | Unreadable:
        try:
            return work(row)
        except Unreadable as error:
            return error

    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:  # Pillow releases the GIL while decoding
        outcomes = list(pool.map(attempt, rows))
    faults = {row: out for row, out in zip(rows, outcomes, strict=True) if isinstance(out, Unreadable)}
    return [out for out in outcomes if not isinstance(out, Unreadable)], faults

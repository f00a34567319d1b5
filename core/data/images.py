"""Pictures: the one bounded decoder, and the two stores that items take their pixels from.

Whatever the store, a picture is mode "L" or "RGB". For a network it is fitted into a square: the longer side
becomes the square's side (antialiased bilinear), and the rest is filled with the median colour of the
picture's border, so that nothing is cut off and a drawing on white stays on white. A picture that already has
the right size and channels passes through untouched. Intensities are never inverted.
"""

import io
import os
import threading
import zipfile
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

import numpy as np
from jaxtyping import Int, UInt8
from PIL import Image, ImageOps

from core.errors import DataError, ImageError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
SUFFIXES = (".png", ".jpg", ".jpeg", ".jpe", ".webp", ".gif", ".bmp", ".tif", ".tiff")
MAX_BYTES = 32 * 2**20
MAX_PIXELS = 50_000_000
MAX_ZIP_MEMBERS = 2_000_000
MAX_ZIP_BYTES = 64 * 2**30

_READABLE_ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others expand without a bound
_ENCRYPTED = 0x1
_SYMLINK = 0o120000


class Images(Protocol):
    """The pictures of a data set, one per item, in the items' order."""

    def __len__(self) -> int: ...

    def picture(self, row: int) -> Image.Image:
        """One original, mode "L" or "RGB", for people to look at."""
        ...

    def pixels(self, rows: Int[np.ndarray, "m"], *, size: int, channels: int) -> UInt8[np.ndarray, "m c s s"]:
        """Square pictures for a network, 0 to 255; `channels` is 1 (grey) or 3 (colour)."""
        ...

    def take(self, rows: Int[np.ndarray, "m"]) -> "Images":
        """The same store narrowed to some rows, in the order given."""
        ...


class ArrayImages:
    """Pictures held in memory as one array: uint8, grey (n, h, w) or colour (n, h, w, 3)."""

    def __init__(self, array: UInt8[np.ndarray, "n h w"] | UInt8[np.ndarray, "n h w 3"]) -> None:
        if array.dtype != np.uint8 or not (array.ndim == 3 or (array.ndim == 4 and array.shape[3] == 3)):
            found = f"{array.dtype} {array.shape}"
            raise DataError(
                f"images must be uint8 of shape (n, h, w) or (n, h, w, 3), not {found}; convert them"
            )
        self.array = array

    def __len__(self) -> int:
        return len(self.array)

    def picture(self, row: int) -> Image.Image:
        return Image.fromarray(np.ascontiguousarray(self.array[row]))

    def pixels(self, rows: Int[np.ndarray, "m"], *, size: int, channels: int) -> UInt8[np.ndarray, "m c s s"]:
        if self.array.shape[1:3] == (size, size) and (self.array.ndim == 3 or channels == 3):
            return _channels_first(self.array[rows], channels)
        fitted = (to_square(self.picture(row), size=size, channels=channels) for row in rows)
        return _stack(list(fitted), size=size, channels=channels)

    def take(self, rows: Int[np.ndarray, "m"]) -> "ArrayImages":
        return ArrayImages(self.array[rows])


class FileImages:
    """Pictures on disk, below a folder or inside a zip, read when asked for.

    root: a folder, or a .zip file. paths: relative, with forward slashes; zip members by their full name.
    Safe to read from several threads, and after a fork. DataError where a path would leave the root.
    """

    def __init__(self, root: Path, paths: Sequence[str]) -> None:
        self.root = Path(root)
        self.paths = list(paths)
        if outside := [path for path in self.paths if not is_inside(path)]:
            named = name_some(outside)
            raise DataError(
                f"{len(outside):,} paths leave {self.root} ({named}); use paths below that folder"
            )
        self._zip: tuple[int, zipfile.ZipFile] | None = None
        self._opening = threading.Lock()

    def __len__(self) -> int:
        return len(self.paths)

    def __getstate__(self) -> dict[str, object]:
        return {"root": self.root, "paths": self.paths}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__init__(**state)  # type: ignore[misc]

    def picture(self, row: int) -> Image.Image:
        path = self.paths[row]
        return decode(self._read(path), name=f"{self.root.name}/{path}")

    def pixels(self, rows: Int[np.ndarray, "m"], *, size: int, channels: int) -> UInt8[np.ndarray, "m c s s"]:
        def fit(row: int) -> UInt8[np.ndarray, "c s s"] | ImageError:
            try:
                return to_square(self.picture(row), size=size, channels=channels)
            except ImageError as error:
                return error

        with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:  # Pillow decodes outside the GIL
            fitted = list(pool.map(fit, rows))
        if broken := [result for result in fitted if isinstance(result, ImageError)]:
            more = f" (and {len(broken) - 1} more of {len(rows)} images)" if len(broken) > 1 else ""
            raise ImageError(f"{broken[0]}{more}")
        return _stack(fitted, size=size, channels=channels)

    def take(self, rows: Int[np.ndarray, "m"]) -> "FileImages":
        return FileImages(self.root, [self.paths[row] for row in rows])

    def _read(self, path: str) -> bytes:
        if self.root.suffix.lower() == ".zip":
            return read_member(self._open_zip(), path)
        return _read_file(self.root, path)

    def _open_zip(self) -> zipfile.ZipFile:
        """The zip, opened once per process: a handle shared across a fork would share its position."""
        with self._opening:
            if self._zip is None or self._zip[0] != os.getpid():
                self._zip = os.getpid(), open_zip(self.root)
            return self._zip[1]


def decode(source: bytes | Path, *, name: str = "") -> Image.Image:
    """Read one picture, whatever it is, into a plain mode "L" or "RGB" image; the only decoder.

    Formats: PNG, JPEG, WebP, GIF and TIFF (first frame), BMP; at most MAX_BYTES and MAX_PIXELS. EXIF
    orientation is applied, transparency laid on white, 16-bit grey scaled to 0..255, metadata dropped. `name`
    is what messages call the picture; a path names itself. ImageError where it is broken, cut short, too
    large, or no picture.
    """
    name = name or (str(source) if isinstance(source, Path) else "the image")
    data = _read_bounded(source, name) if isinstance(source, Path) else source
    _check_bytes(len(data), name)
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
        _check_pixels(image, name)
        image.load()
        return _plain(_upright(image), name)
    except ImageError:
        raise
    except Image.DecompressionBombError:
        raise ImageError(_too_many_pixels(name)) from None
    except Image.UnidentifiedImageError:
        raise ImageError(
            f"{name} is not an image in a known format; use PNG, JPEG, WebP, GIF, BMP or TIFF"
        ) from None
    except Exception as error:  # Pillow's plugins raise a dozen kinds on broken files
        raise ImageError(f"{name} is damaged or cut short ({_reason(error)}); export it again") from None


def probe(data: bytes, *, size: int, name: str) -> None:
    """Judge a picture by its first bytes and its whole size, without decoding it; ImageError as `decode`."""
    _check_bytes(size, name)
    try:
        _check_pixels(Image.open(io.BytesIO(data), formats=FORMATS), name)
    except Image.DecompressionBombError:
        raise ImageError(_too_many_pixels(name)) from None
    except ImageError:
        raise
    except Exception:
        decode(data, name=name)


def encode_png(image: Image.Image) -> bytes:
    """The picture as PNG bytes, pixels only, without any metadata it came with."""
    buffer = io.BytesIO()
    _without_metadata(image).save(buffer, "PNG")
    return buffer.getvalue()


def to_square(image: Image.Image, *, size: int, channels: int) -> UInt8[np.ndarray, "c s s"]:
    """Fit a mode "L" or "RGB" picture into a square, as the module describes."""
    image = image.convert("L" if channels == 1 else "RGB")
    scale = size / max(image.size)
    width, height = (max(1, round(side * scale)) for side in image.size)
    if (width, height) != image.size:
        image = image.resize((width, height), Image.Resampling.BILINEAR)
    pixels = np.asarray(image).reshape(height, width, channels)
    square = np.empty((size, size, channels), np.uint8)
    square[:] = _border_colour(pixels)
    top, left = (size - height) // 2, (size - width) // 2
    square[top : top + height, left : left + width] = pixels
    return square.transpose(2, 0, 1)


def is_inside(path: str) -> bool:
    """Whether a relative path, read as text, stays below its root on every system."""
    pure = PurePosixPath(path)
    return not (pure.is_absolute() or ".." in pure.parts or "\\" in path or "\0" in path or path[1:2] == ":")


def open_zip(path: Path) -> zipfile.ZipFile:
    """Open a zip for reading; DataError where it is missing, damaged or suspiciously large."""
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise DataError(f"{path} cannot be read as a zip ({_reason(error)}); make it again") from None
    members = archive.infolist()
    if len(members) > MAX_ZIP_MEMBERS or sum(member.file_size for member in members) > MAX_ZIP_BYTES:
        archive.close()
        limits = f"{MAX_ZIP_MEMBERS:,} files or {MAX_ZIP_BYTES >> 30} GiB"
        raise DataError(f"{path} holds more than {limits}; unpack it and give the folder")
    return archive


def member_fault(member: zipfile.ZipInfo) -> str | None:
    """Why a zip member must not be read, or None."""
    if not is_inside(member.filename):
        return "its path leaves the zip"
    if member.flag_bits & _ENCRYPTED:
        return "it is encrypted"
    if member.external_attr >> 16 & 0o170000 == _SYMLINK:
        return "it is a link"
    if member.compress_type not in _READABLE_ZIP_METHODS:
        return "its compression is neither store nor deflate"
    return None


def read_member(archive: zipfile.ZipFile, path: str) -> bytes:
    """One file of a zip, at most MAX_BYTES; ImageError where it is absent, damaged or refused."""
    name = f"{Path(archive.filename or 'the zip').name}/{path}"
    try:
        member = archive.getinfo(path)
        if fault := member_fault(member):
            raise ImageError(f"{name} is refused: {fault}; make the zip again without it")
        _check_bytes(member.file_size, name)
        return archive.read(member)
    except KeyError:
        raise ImageError(f"{name} is not in the zip any more; restore it") from None
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, ValueError) as error:
        raise ImageError(f"{name} is damaged ({_reason(error)}); make or download the zip again") from None


def name_some(names: Sequence[str], *, limit: int = 3) -> str:
    """The first few names, each cut to a readable length."""
    short = [name if len(name) <= 60 else f"{name[:40]}...{name[-15:]}" for name in names[:limit]]
    return ", ".join(short) + (", ..." if len(names) > limit else "")


def _read_file(root: Path, path: str) -> bytes:
    name = f"{root.name}/{path}"
    full = root / path
    if not full.resolve().is_relative_to(root.resolve()):
        raise ImageError(f"{name} is a link that leaves {root}; copy the file into the folder")
    return _read_bounded(full, name)


def _read_bounded(path: Path, name: str) -> bytes:
    if path.exists() and not path.is_file():
        raise ImageError(f"{name} is not a file; give an image")
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ImageError(f"{name} cannot be read ({_reason(error)}); restore it or allow reading") from None


def _check_bytes(size: int, name: str) -> None:
    if size == 0:
        raise ImageError(f"{name} is empty (0 bytes); export or download it again")
    if size > MAX_BYTES:
        raise ImageError(f"{name} is larger than {MAX_BYTES >> 20} MiB; save it smaller")


def _check_pixels(image: Image.Image, name: str) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise ImageError(_too_many_pixels(name))


def _too_many_pixels(name: str) -> str:
    return f"{name} has more than {MAX_PIXELS // 1_000_000} million pixels; save it smaller"


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # broken EXIF says nothing about the pixels
        return image


def _plain(image: Image.Image, name: str) -> Image.Image:
    """Any of Pillow's modes to "L" or "RGB"."""
    if image.mode.startswith("I;16"):
        return Image.fromarray(((np.asarray(image).astype(np.uint32) + 128) // 257).astype(np.uint8))
    if image.mode in {"I", "F"}:
        raise ImageError(f"{name} has 32-bit pixels, whose range is unknown; save it with 8 or 16 bits")
    grey = image.mode in {"1", "L", "LA", "La"}
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return _without_metadata(image.convert("L" if grey else "RGB"))


def _without_metadata(image: Image.Image) -> Image.Image:
    clean = image.copy()
    clean.info = {}
    return clean


def _border_colour(pixels: UInt8[np.ndarray, "h w c"]) -> UInt8[np.ndarray, "c"]:
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    return np.median(border, axis=0).astype(np.uint8)


def _channels_first(array: UInt8[np.ndarray, "..."], channels: int) -> UInt8[np.ndarray, "m c s s"]:
    if array.ndim == 4:
        return np.ascontiguousarray(array.transpose(0, 3, 1, 2))
    return np.repeat(array[:, None], channels, axis=1)


def _stack(squares: Sequence[Any], *, size: int, channels: int) -> UInt8[np.ndarray, "m c s s"]:
    return np.stack(squares) if squares else np.empty((0, channels, size, size), np.uint8)


def _reason(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(text.split())[:120]

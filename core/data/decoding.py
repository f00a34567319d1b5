"""The only decoder of image files, with limits of size and work.

Decoded images have mode "L" or "RGB".
"""

import contextlib
import hashlib
import io
import os
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image, ImageOps

from core.common.errors import ImageError
from core.data.files import Unreadable, reason
from core.data.image_work import check_pixels, check_work, too_many_pixels

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
SUFFIXES = (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".gif", ".bmp", ".dib", ".tif", ".tiff")
MAX_BYTES = 32 * 2**20
LARGE = 6_000_000
"""Pixels from which pictures are decoded one at a time, so that all threads together take bounded memory."""

T = TypeVar("T")

_EIGHT_OF_SIXTEEN = ((np.arange(2**16) + 128) // 257).astype(np.uint8)
"""0 to 65535 as 0 to 255."""

warnings.filterwarnings("ignore", module=r"PIL\.")  # about damaged metadata, which do not affect the pixels

_one_large = threading.Lock()
if hasattr(os, "register_at_fork"):  # a lock that another thread held would stay locked in the child
    os.register_at_fork(after_in_child=lambda: globals().update(_one_large=threading.Lock()))


@dataclass(frozen=True)
class Look:
    """What is known of one image file."""

    digest: str
    """Of its bytes: equal for copies alone."""
    used: tuple[float, float] | None = None
    """Least and largest grey level, 0 to 255, of an image with 16 bits a channel; None for others."""


def decode(source: bytes | Path, *, name: str = "") -> Image.Image:
    """Decode one image file to mode "L" or "RGB". All images are decoded here.

    Formats: PNG, JPEG, WebP, GIF and TIFF (first frame), BMP; at most MAX_BYTES and MAX_PIXELS. EXIF
    orientation is applied, transparency composited on white, 16-bit grey scaled to 0..255, metadata dropped. `name`
    is used in error messages; the default is the path. Raises ImageError if the file is damaged, truncated, too
    large, or not an image.
    """
    try:
        return decode_bytes(_read(source) if isinstance(source, Path) else source, lambda image: image)
    except Unreadable as error:
        raise ImageError(error.sentence(name or (str(source) if isinstance(source, Path) else "image"))) from None


def encode_png(image: Image.Image) -> bytes:
    """The image as PNG bytes, without metadata."""
    buffer = io.BytesIO()
    _without_metadata(image.copy()).save(buffer, "PNG")
    return buffer.getvalue()


def digest_of(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def look(data: bytes, *, thorough: bool) -> Look:
    """What a file is, from its header or, if thorough, decoded. Raises Unreadable."""
    digest = digest_of(data)
    image = _open_image(data)
    deep = any(";16" in str(tile.args) for tile in getattr(image, "tile", ()))
    if not (thorough or deep):
        return Look(digest)
    with _memory_for(image):
        decoded = _load(image)
        return Look(digest, _used_range(decoded) if deep else None)


def _used_range(image: Image.Image) -> tuple[float, float]:
    """Of a sample of the pixels, without the most extreme ones: broken sensors have hot pixels."""
    values = np.asarray(image)[:: max(1, image.height // 256), :: max(1, image.width // 256)]
    low, high = np.percentile(values, (0.1, 99.9))
    return float(low), float(high)


def decode_bytes(data: bytes, use: Callable[[Image.Image], T], *, min_side: int | None = None) -> T:
    """What `use` makes of the decoded image, while no other thread has a large one in memory. Raises Unreadable.

    min_side: a large JPEG may be downscaled while decoding, to no less than this side in pixels.
    """
    image = _open_image(data)
    with _memory_for(image):
        return use(_load(image, min_side=min_side))


def _load(image: Image.Image, *, min_side: int | None = None) -> Image.Image:
    try:
        if min_side is not None and image.format == "JPEG":
            image.draft(None, (min_side, min_side))
        image.load()
        _turn_upright(image)
        return _plain(image)
    except Unreadable:
        raise
    except Exception as error:  # Pillow's plugins raise many exception types on damaged files
        raise _damaged(error) from None


def _memory_for(image: Image.Image) -> contextlib.AbstractContextManager[object]:
    return _one_large if image.width * image.height > LARGE else contextlib.nullcontext()


def _open_image(data: bytes) -> Image.Image:
    """Read the header (format and size) without decoding pixels. Raises Unreadable for what is too much to decode."""
    check_bytes(len(data))
    check_work(data)
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.UnidentifiedImageError:
        remedy = "use PNG, JPEG, WebP, GIF, BMP or TIFF"
        raise Unreadable("a file is not an image in a known format, or is cut short", remedy) from None
    except Image.DecompressionBombError:
        raise too_many_pixels() from None
    except Exception as error:
        raise _damaged(error) from None
    check_pixels(*image.size)
    return image


def _read(path: Path) -> bytes:
    if os.path.exists(path) and not os.path.isfile(path):
        raise Unreadable("it is not a file", "give the path of an image")
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise Unreadable("it cannot be opened", "check the path", detail=reason(error)) from None


def check_bytes(size: int) -> None:
    """Raise Unreadable for an image file of no bytes, or of too many."""
    if size == 0:
        raise Unreadable("an image file is empty", "export or download it again")
    if size > MAX_BYTES:
        raise Unreadable(f"an image file is larger than {MAX_BYTES >> 20} MiB", "save it smaller")


def _damaged(error: Exception) -> Unreadable:
    return Unreadable("an image is damaged or cut short", "export or download it again", detail=reason(error))


def _turn_upright(image: Image.Image) -> None:
    with contextlib.suppress(Exception):  # damaged EXIF does not affect the pixels
        ImageOps.exif_transpose(image, in_place=True)


def _plain(image: Image.Image) -> Image.Image:
    """Convert any Pillow mode to "L" or "RGB", without metadata; large images are copied as seldom as possible."""
    if image.mode.startswith("I;16"):
        return Image.fromarray(_EIGHT_OF_SIXTEEN[np.asarray(image)])
    if image.mode in {"I", "F"}:
        raise Unreadable("an image has 32-bit pixels, whose range is unknown", "save it with 8 or 16 bits")
    mode = "L" if image.mode in {"1", "L", "LA", "La"} else "RGB"
    if image.has_transparency_data:
        image = image if image.mode == "RGBA" else image.convert("RGBA")
        page = Image.new(mode, image.size, "white")
        page.paste(image.convert(mode) if mode == "L" else image, mask=image)
        return page
    return _without_metadata(image.convert(mode))


def _without_metadata(image: Image.Image) -> Image.Image:
    """The image itself, changed."""
    image.info = {}
    return image

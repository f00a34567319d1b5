"""How much work an image file asks of a decoder, from its bytes alone: what bombs are refused by before decoding.

A few kilobytes can ask for hours (a JPEG of thousands of scans over millions of pixels, a GIF of a million comments)
or for gigabytes (TIFF tags that all point to the same bytes).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from core.data.files import Unreadable

MAX_PIXELS = 50_000_000
MAX_SIDE = 65_535
"""Pixels of the longer side, as many as a JPEG may have: decoders keep a table of all rows."""

MAX_PARTS = 1_000
"""Parts of a file beside its pixels: comments, profiles, tags. Decoders join some of them at quadratic cost."""

MAX_METADATA = 16 * 2**20
"""Bytes in these parts."""

MAX_CHUNKS = 50_000
"""Parts of any kind, those of the pixels included: each takes a decoder microseconds."""

MAX_SCANS_TIMES_PIXELS = 600_000_000
"""Of a progressive JPEG: 12 scans, two more than usual, of the largest picture."""

MAX_RUN_LENGTH_PIXELS, MAX_RUN_LENGTH_BYTES = 4_000_000, 4 * 2**20
"""Of a BMP in run-length encoding, which Pillow decodes in Python."""

MAX_TAG_VALUES = 200_000
"""Numbers in one tag of a TIFF file or of EXIF data, which Pillow makes Python objects of."""

_START_OF_SCAN = b"\xff\xda"
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}

_TIFF_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
"""Bytes of a value of each type."""
_BYTES, _WHOLE = frozenset({1, 2, 6, 7}), frozenset({3, 4, 16})
"""The types that stay bytes, and the unsigned whole numbers."""
_WIDTH, _HEIGHT, _COMPRESSION, _STRIP_BYTES, _TILE_WIDTH, _TILE_HEIGHT, _TILE_BYTES = 256, 257, 259, 279, 322, 323, 325
_CODECS = frozenset({1, 2, 3, 4, 5, 6, 7, 8, 32773, 32946, 50000, 50001})
"""None, CCITT, LZW, JPEG, deflate, PackBits, Zstandard, WebP: those with limits of their own."""
_JPEG_CODECS = frozenset({6, 7})


class Part(NamedTuple):
    """One part of a file."""

    size: int
    is_picture: bool = False
    """Whether it is a piece of the picture itself."""
    exif: bytes = b""


def check_work(data: bytes) -> None:
    """Raise Unreadable for a file that a decoder would work on for long, or would need much memory for.

    Damage is not looked for: what cannot be followed is left to the decoder.
    """
    if data.startswith(b"\x89PNG"):
        _check_parts(_png_parts(data))
    elif data.startswith(b"\xff\xd8"):
        _check_parts(_jpeg_parts(data))
        _check_scans(data, _jpeg_pixels(data))
    elif data.startswith(b"GIF8"):
        _check_parts(_gif_parts(data))
    elif data.startswith(b"RIFF"):
        check_pixels(*_webp_sides(data))
        _check_parts(_webp_parts(data))
    elif data.startswith(b"BM"):
        _check_bmp(data)
    elif data.startswith((b"II", b"MM")):
        _check_tiff(data)


def check_pixels(width: int, height: int) -> None:
    """Raise Unreadable for a picture that is too large to be decoded."""
    if width * height > MAX_PIXELS:
        raise too_many_pixels()
    if max(width, height) > MAX_SIDE:
        raise Unreadable(f"an image is more than {MAX_SIDE:,} pixels long", "cut it into pieces")


def too_many_pixels() -> Unreadable:
    return Unreadable(f"an image has more than {MAX_PIXELS // 1_000_000} million pixels", "save it smaller")


def _check_parts(parts: Iterator[Part]) -> None:
    others = metadata = 0
    exif = []
    for chunks, part in enumerate(parts):
        if not part.is_picture:
            others, metadata = others + 1, metadata + part.size
            exif.append(part.exif)
        if others > MAX_PARTS or chunks >= MAX_CHUNKS:
            raise Unreadable("an image file is cut into too many parts", "save it again without metadata")
        if metadata > MAX_METADATA:
            limit = f"{MAX_METADATA >> 20} MiB"
            raise Unreadable(f"an image has more than {limit} of metadata", "save it again without metadata")
    _tags(b"".join(exif))


def _png_parts(data: bytes) -> Iterator[Part]:
    at, name = 8, b""
    while at + 8 <= len(data) and name != b"IEND":
        size, name = struct.unpack_from(">I4s", data, at)
        exif = data[at + 8 : at + 8 + size] if name == b"eXIf" else b""
        yield Part(size, is_picture=name in (b"IDAT", b"fcTL", b"fdAT"), exif=exif)
        at += size + 12


def _jpeg_parts(data: bytes) -> Iterator[Part]:
    """The segments before the first scan, and the bytes between them, which Pillow steps over one by one."""
    at = 2
    while at + 4 <= len(data) and data[at : at + 2] != _START_OF_SCAN:
        if data[at] != 0xFF or data[at + 1] in (0, 0xFF):
            yield Part(1)
            at += 1
            continue
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        body = data[at + 4 : at + 2 + size]
        yield Part(size, exif=body[6:] if data[at + 1] == 0xE1 and body.startswith(b"Exif\0\0") else b"")
        at += 2 + max(size, 2)


def _jpeg_pixels(data: bytes) -> int:
    """Of the largest frame in the file, thumbnails and damage included: an upper bound."""
    at, largest = 0, 0
    while (at := data.find(b"\xff", at)) >= 0 and not data.startswith(_START_OF_SCAN, at):
        if at + 9 <= len(data) and data[at + 1] in _START_OF_FRAME:
            height, width = struct.unpack_from(">HH", data, at + 5)
            largest = max(largest, width * height)
        at += 1
    return min(largest, MAX_PIXELS)


def _gif_parts(data: bytes) -> Iterator[Part]:
    """The extensions before the first frame."""
    at = 13 + ((6 << (data[10] & 7)) if len(data) > 10 and data[10] & 0x80 else 0)
    while at < len(data) and data[at] != ord(","):
        start = at
        if data[at] == ord("!"):
            at += 2
            while at < len(data) and data[at]:
                at += 1 + data[at]
                yield Part(0, is_picture=True)
        at += 1
        yield Part(at - start)


def _webp_parts(data: bytes) -> Iterator[Part]:
    at = 12
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        exif = data[at + 8 : at + 8 + size] if name == b"EXIF" else b""
        yield Part(size, is_picture=name in (b"VP8 ", b"VP8L", b"ALPH", b"ANMF"), exif=exif.removeprefix(b"Exif\0\0"))
        at += 8 + size + (size & 1)


def _webp_sides(data: bytes) -> tuple[int, int]:
    """Width and height: the decoder reserves memory for them before Pillow tells them."""
    if len(data) < 30 or data[8:12] != b"WEBP":
        return 0, 0
    if data[12:16] == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if data[12:16] == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack_from("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF


def _check_scans(data: bytes, pixels: int) -> None:
    """In compressed data these two bytes stand for nothing else; metadata may hold a few more."""
    if data.count(_START_OF_SCAN) * pixels > MAX_SCANS_TIMES_PIXELS:
        raise Unreadable("a JPEG has too many scans for its size", "save it again as a baseline JPEG")


def _check_bmp(data: bytes) -> None:
    if len(data) < 34 or struct.unpack_from("<I", data, 30)[0] not in (1, 2):
        return
    width, height = struct.unpack_from("<ii", data, 18)
    if abs(width * height) > MAX_RUN_LENGTH_PIXELS or len(data) > MAX_RUN_LENGTH_BYTES:
        raise Unreadable("a BMP in run-length encoding is too large", "save it as PNG")


@dataclass(frozen=True)
class _Tag:
    kind: int
    data: bytes
    order: str

    def numbers(self) -> np.ndarray:
        """The values of a tag of unsigned whole numbers, none of another."""
        if self.kind not in _WHOLE:
            return np.empty(0)
        size = _TIFF_SIZES[self.kind]
        return np.frombuffer(self.data[: len(self.data) // size * size], f"{self.order}u{size}").astype(float)


def _check_tiff(data: bytes) -> None:
    tags = _tags(data)

    def largest(tag: int, default: int = 0) -> float:
        return tags[tag].numbers().max(initial=default) if tag in tags else default

    codec = int(largest(_COMPRESSION, default=1))
    if codec not in _CODECS:
        raise Unreadable("a TIFF is compressed in a rare way", "save it with LZW or deflate")
    if codec in _JPEG_CODECS:
        _check_scans(data, int(min(largest(_WIDTH) * largest(_HEIGHT), MAX_PIXELS)))
    if largest(_TILE_WIDTH) * largest(_TILE_HEIGHT) > MAX_PIXELS:
        raise Unreadable("a TIFF has tiles that are too large", "save it without tiles")
    stored = sum(tags[tag].numbers().sum() for tag in (_STRIP_BYTES, _TILE_BYTES) if tag in tags)
    if codec != 1 and stored > 2 * len(data):
        raise Unreadable("a TIFF refers to more data than it has", "save it again")


def _tags(data: bytes) -> dict[int, _Tag]:
    """The first directory of TIFF or EXIF data. Raises Unreadable where reading it would take long."""
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None or len(data) < 16:
        return {}
    word = "Q" if struct.unpack_from(f"{order}H", data, 2)[0] == 43 else "I"
    width = struct.calcsize(word)
    (start,) = struct.unpack_from(order + word, data, 8 if word == "Q" else 4)
    first, step = start + (8 if word == "Q" else 2), 4 + 2 * width
    entries = int.from_bytes(data[start:first], "little" if order == "<" else "big")
    found: dict[int, _Tag] = {}
    total = 0
    for at in range(first, min(first + entries * step, len(data) - step + 1), step):
        number, kind, values = struct.unpack_from(f"{order}HH{word}", data, at)
        size = values * _TIFF_SIZES.get(kind, 1)
        total += size
        if (values > MAX_TAG_VALUES and kind not in _BYTES) or total > 2 * len(data) or len(found) > MAX_PARTS:
            raise Unreadable("an image has too many numbers in its tags", "save it again without metadata")
        place = at + 4 + width
        if size > width:
            (place,) = struct.unpack_from(order + word, data, place)
        found[number] = _Tag(kind, data[place : place + size], order)
    return found

"""Files that ask a decoder for hours or gigabytes, one of each kind, and their honest neighbours."""

import io
import os
import struct
import time
import zlib

import numpy as np
import pytest
from PIL import Image

from core.common.errors import DataError, ImageError
from core.data import decode
from core.data.files import open_files

GREY = Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8))


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png(*chunks: tuple[bytes, bytes], width: int = 8, height: int = 8) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    every = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(bytes(9 * 8))), (b"IEND", b"")]
    parts = (struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in every)
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def tiff(*tags: tuple[int, int, int, int], data: bytes = bytes(64)) -> bytes:
    """tags: number, type, count, value or offset."""
    entries = b"".join(struct.pack("<HHII", *tag) for tag in sorted(tags))
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4) + data


def jpeg_of_scans(scans: int, side: int) -> bytes:
    frame = b"\xff\xc2" + struct.pack(">HBHHBBBB", 11, 8, side, side, 1, 1, 0x11, 0)
    return b"\xff\xd8" + frame + b"\xff\xda\0\x08\1\1\0\0\0\0\0\0" * scans + b"\xff\xd9"


SQUARE = [(256, 3, 1, 8), (257, 3, 1, 8), (258, 3, 1, 8), (262, 3, 1, 1), (273, 4, 1, 8), (279, 4, 1, 64)]
RATIONALS = tiff((0x0112, 5, 300_000, 8), data=bytes(2_400_000))
BOMBS = {
    "one pixel wide": (png(width=1, height=49_000_000), "pixels long"),
    "too many pixels": (png(width=60_000, height=60_000), "million pixels"),
    "JPEG of many scans": (jpeg_of_scans(3000, 2000), "too many scans"),
    "JPEG of many comments": (b"\xff\xd8" + b"\xff\xfe\0\4hi" * 50_000, "too many parts"),
    "JPEG of stray bytes": (b"\xff\xd8" + bytes(1_000_000), "too many parts"),
    "GIF of many comments": (b"GIF89a\x08\0\x08\0\0\0\0" + b"!\xfe\2hi\0" * 50_000, "too many parts"),
    "PNG of many texts": (png(*[(b"tEXt", b"a\0b")] * 50_000), "too many parts"),
    "PNG with long metadata": (png((b"tEXt", b"a\0" + bytes(17 * 2**20))), "16 MiB of metadata"),
    "PNG of many pieces": (png(*[(b"IDAT", b"")] * 60_000), "too many parts"),
    "APNG of many frames": (png((b"acTL", bytes(8)), *[(b"fcTL", bytes(26))] * 60_000), "too many parts"),
    "EXIF of many numbers": (png((b"eXIf", RATIONALS)), "numbers in its tags"),
    "TIFF of many numbers": (RATIONALS, "numbers in its tags"),
    "TIFF of overlapping tags": (tiff(*[(i, 7, 1_000_000, 8) for i in range(300, 900)]), "numbers in its tags"),
    "TIFF of overlapping strips": (
        tiff(*SQUARE[:4], (259, 3, 1, 8), (273, 4, 10_000, 8), (279, 4, 10_000, 60), data=b"\xff" * 80_000),
        "more data than it has",
    ),
    "TIFF of huge tiles": (tiff(*SQUARE[:4], (322, 4, 1, 90_000), (323, 4, 1, 90_000)), "tiles that are too large"),
    "TIFF of JPEG scans": (
        tiff(*SQUARE[2:], (256, 3, 1, 6000), (257, 3, 1, 6000), (259, 3, 1, 7), data=jpeg_of_scans(100, 8)),
        "too many scans",
    ),
    "TIFF in a rare compression": (tiff(*SQUARE, (259, 3, 1, 34925)), "compressed in a rare way"),
    "WebP with a huge canvas": (
        b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\2\0\0\0" + b"\xff" * 6 + bytes(8),
        "million pixels",
    ),
    "BMP in run lengths": (
        b"BM" + struct.pack("<IIIIiiHHII", 0, 0, 54, 40, 9000, 5000, 1, 8, 1, 0) + bytes(20),
        "run-length",
    ),
}


@pytest.mark.parametrize(("data", "message"), BOMBS.values(), ids=BOMBS.keys())
def test_bombs_are_refused_at_once(data, message):
    started = time.process_time()
    with pytest.raises(ImageError, match=message) as refused:
        decode(data, name="x")
    assert time.process_time() - started < 2
    assert len(str(refused.value)) < 300


FRAMES = [Image.fromarray(np.full((8, 8), i, np.uint8)) for i in range(20)]
HONEST = {
    "progressive JPEG": encoded(GREY.resize((500, 400)), "JPEG", progressive=True),
    "JPEG with a profile": encoded(GREY, "JPEG", icc_profile=bytes(2_000_000)),
    "GIF of frames": encoded(FRAMES[0], "GIF", save_all=True, append_images=FRAMES[1:]),
    "WebP of frames": encoded(FRAMES[0], "WEBP", save_all=True, append_images=FRAMES[1:]),
    "APNG": encoded(FRAMES[0], "PNG", save_all=True, append_images=FRAMES[1:]),
    "TIFF of pages": encoded(FRAMES[0], "TIFF", save_all=True, append_images=FRAMES[1:], compression="tiff_lzw"),
    "TIFF in deflate": encoded(GREY, "TIFF", compression="tiff_deflate"),
    "TIFF in JPEG": encoded(GREY, "TIFF", compression="jpeg"),
    "long and thin": encoded(Image.new("L", (65_000, 1)), "PNG"),
    "data after the end": encoded(GREY, "PNG") + bytes(100_000),
}


@pytest.mark.parametrize("data", HONEST.values(), ids=HONEST.keys())
def test_honest_files_are_decoded(data):
    assert decode(data).mode in {"L", "RGB"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no pipes")
def test_a_pipe_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(ImageError, match="not a file"):
        decode(tmp_path / "pipe.png")
    with pytest.raises(DataError, match="it is a pipe, not a file"):
        open_files(tmp_path / "pipe.png")

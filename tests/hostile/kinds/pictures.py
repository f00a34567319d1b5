"""Pictures: bombs by area, work and frames, cut files, every mode, metadata, files that are no pictures."""

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.random import Generator
from PIL import Image, PngImagePlugin

from tests.hostile.case import Case
from tests.hostile.drawn import damaged
from tests.hostile.judging import problems
from tests.hostile.samples import checked, picture, study_copy, write_pictures

FORMATS = {"png": "PNG", "jpg": "JPEG", "gif": "GIF", "bmp": "BMP", "webp": "WEBP", "tif": "TIFF"}
MODES = (
    "1",
    "L",
    "LA",
    "P",
    "PA",
    "RGB",
    "RGBA",
    "CMYK",
    "YCbCr",
    "LAB",
    "HSV",
    "I",
    "F",
    "I;16",
    "La",
    "RGBa",
    "RGBX",
)


def used(rng: Generator, folder: Path, data: bytes, suffix: str = "png", **more: object) -> Case:
    """The picture as an item of a data set, or as the query of a search."""
    if rng.random() < 0.25:
        study_copy(folder)
        (folder / f"q.{suffix}").write_bytes(data)
        return Case(**{"argv": ["search", "study", "--image", f"q.{suffix}", "--json"], **more})
    write_pictures(folder / "data", rng)
    (folder / "data" / "a" / f"hostile.{suffix}").write_bytes(data)
    return Case(**{"argv": checked("data"), **more})


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, data: bytes, *, depth: int = 8, colour: int = 0, more: bytes = b"") -> bytes:
    """A PNG file that says it has this size, with any compressed data."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + more + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def area(rng: Generator, folder: Path) -> Case:
    """Few bytes, many pixels."""
    width = int(rng.choice([1, 3, 20_000, 60_000, 49_000_000]))
    height = int(rng.choice([49_000_000, 300_000_000])) // width
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(1 << 20)) for _ in range(min(64, height * (width + 1) >> 20)))
    return used(rng, folder, png(width, height, rows + packer.flush()), must="refuse")


def sizes(rng: Generator, folder: Path) -> Case:
    """Sizes that are zero, negative or beyond all bounds."""
    width, height = (int(rng.choice([0, 1, 2**31 - 1, 2**31, 2**32 - 1, 70_000])) for _ in range(2))
    suffix = str(rng.choice(["png", "bmp", "gif", "ppm"]))
    data = {
        "png": png(width, height, zlib.compress(bytes(1000))),
        "bmp": b"BM"
        + struct.pack("<IHHI", 1000, 0, 0, 54)
        + struct.pack("<IIIHHIIIIII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
        + bytes(900),
        "gif": b"GIF89a" + struct.pack("<HH", width & 0xFFFF, height & 0xFFFF) + bytes(40),
        "ppm": f"P6 {width} {height} 255\n".encode() + bytes(1000),
    }[suffix]
    small = 1 == width == height
    return used(rng, folder, data, suffix, must="" if small or suffix in {"gif", "ppm"} else "refuse")


def frames(rng: Generator, folder: Path) -> Case:
    """Animations of many frames, of which one is a picture."""
    suffix = str(rng.choice(["gif", "png", "webp", "tif"]))
    pictures = [picture(rng, "L", (16, 16)) for _ in range(int(rng.choice([2, 40, 800])))]
    data = saved(pictures[0], FORMATS[suffix], save_all=True, append_images=pictures[1:])
    return used(rng, folder, data, suffix)


def scans(rng: Generator, folder: Path) -> Case:
    """A progressive JPEG that draws the same large picture again and again."""
    whole = saved(Image.new("L", (int(rng.choice([3000, 6000])),) * 2), "JPEG", progressive=True)
    start = whole.rindex(b"\xff\xda")
    data = whole[:-2] + whole[start:-2] * int(rng.choice([50, 800])) + b"\xff\xd9"
    return used(rng, folder, data, "jpg", check=lambda outcome: f"{outcome.seconds:.0f} s" * (outcome.seconds > 20))


def lying_jpeg(rng: Generator, folder: Path) -> Case:
    """A JPEG whose header says another size than its data have."""
    data = bytearray(saved(picture(rng, "RGB", (40, 30)), "JPEG"))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", int(rng.choice([0, 1, 65_000, 7000])), int(rng.choice([0, 1, 65_000, 7000])))
    return used(rng, folder, bytes(data), "jpg")


def cut(rng: Generator, folder: Path) -> Case:
    """A file cut short is refused, not shown half."""
    suffix = str(rng.choice(list(FORMATS)))
    data = saved(picture(rng, "RGB", (64, 64)), FORMATS[suffix])
    return used(rng, folder, data[: int(len(data) * rng.uniform(0.05, 0.9))], suffix, must="refuse")


def damaged_picture(rng: Generator, folder: Path) -> Case:
    """Bytes changed, cut or inserted."""
    suffix = str(rng.choice(list(FORMATS)))
    data = saved(picture(rng, str(rng.choice(["L", "RGB"])), (24, 24)), FORMATS[suffix])
    return used(rng, folder, damaged(rng, data), suffix)


def mode(rng: Generator, folder: Path) -> Case:
    """Any mode that a format can store."""
    suffix, wanted = str(rng.choice(list(FORMATS))), str(rng.choice(MODES))
    try:
        image = picture(rng, "RGB").convert(wanted)
        data = saved(image, FORMATS[suffix])
    except (OSError, ValueError, KeyError):  # not every format stores every mode
        data, suffix = saved(picture(rng, "RGBA"), "PNG"), "png"
    return used(rng, folder, data, suffix)


def sixteen_bits(rng: Generator, folder: Path) -> Case:
    """Deep grey pictures keep their tones, or it is said that they do not."""
    most = int(rng.choice([255, 1023, 4095, 65_535]))
    ramp = (np.arange(64 * 64).reshape(64, 64) * most // (64 * 64 - 1)).astype(np.uint16)
    suffix = str(rng.choice(["png", "tif"]))
    data = saved(Image.fromarray(ramp), FORMATS[suffix])
    write_pictures(folder / "data", rng)
    (folder / "data" / "a" / f"deep.{suffix}").write_bytes(data)

    def check(outcome: object) -> str:
        from core.data import decode

        tones = len(np.unique(np.asarray(decode(folder / "data" / "a" / f"deep.{suffix}"))))
        return "" if tones > 100 or problems(outcome) else f"{tones} tones are left, and nothing is said"

    return Case(checked("data"), check=check)


def metadata(rng: Generator, folder: Path) -> Case:
    """Text, colour profiles and Exif that are huge, compressed many times, or nonsense."""
    image, info = picture(rng, "RGB", (20, 16)), PngImagePlugin.PngInfo()
    bomb = zlib.compress(bytes(int(rng.choice([2_000_000, 90_000_000]))), 9)
    match str(rng.choice(["ztxt", "itxt", "iccp", "many", "exif", "icc", "orientation", "comment"])):
        case "ztxt":
            return used(rng, folder, png(20, 16, zlib.compress(bytes(21 * 16)), more=chunk(b"zTXt", b"k\0\0" + bomb)))
        case "itxt":
            more = chunk(b"iTXt", b"k\0\1\0\0\0" + bomb)
            return used(rng, folder, png(20, 16, zlib.compress(bytes(21 * 16)), more=more))
        case "iccp":
            return used(rng, folder, png(20, 16, zlib.compress(bytes(21 * 16)), more=chunk(b"iCCP", b"p\0\0" + bomb)))
        case "many":
            for i in range(2000):
                info.add_text(f"k{i}", "x" * 50)
            return used(rng, folder, saved(image, "PNG", pnginfo=info))
        case "exif":
            return used(rng, folder, saved(image, "JPEG", exif=b"Exif\0\0MM" + rng.bytes(400)), "jpg")
        case "icc":
            return used(rng, folder, saved(image, "JPEG", icc_profile=rng.bytes(3000)), "jpg")
        case "orientation":
            exif = Image.Exif()
            exif[0x112] = int(rng.choice([0, 3, 6, 8, 9, 200]))
            return used(rng, folder, saved(image, "JPEG", exif=exif), "jpg")
        case _:
            return used(rng, folder, saved(image, "GIF", comment=b"x" * 100_000), "gif")


def no_picture(rng: Generator, folder: Path) -> Case:
    """Another file under a picture's name."""
    contents = [b"", b"\x00", b"hello", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.4\n" + rng.bytes(200)]
    contents += [b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", b"<html></html>", rng.bytes(3000), b"GIF89a"]
    contents += [
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0",
        b"RIFF\x10\0\0\0WEBPVP8 ",
        b"II*\0\x08\0\0\0",
        b"MM\0*\xff\xff\xff\xff",
    ]
    suffix = str(rng.choice(list(FORMATS)))
    return used(rng, folder, contents[int(rng.integers(len(contents)))], suffix, must="refuse")


def wrong_suffix(rng: Generator, folder: Path) -> Case:
    """A picture of another format than its name says, upper case too."""
    kind = str(
        rng.choice(["PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM", "ICO", "TGA", "PCX", "ICNS", "JPEG2000"])
    )
    suffix = str(rng.choice(["png", "PNG", "JPG", "jpeg", "tif"]))
    try:
        data = saved(picture(rng, "RGB", (32, 32)), kind)
    except (OSError, ValueError, KeyError):
        data = saved(picture(rng, "RGB", (32, 32)), "PNG")
    return used(rng, folder, data, suffix)


def tiff(rng: Generator, folder: Path) -> Case:
    """A TIFF with directories in a ring, huge strips, or tags of nonsense."""
    data = bytearray(saved(picture(rng, "L", (16, 16)), "TIFF"))
    first = struct.unpack("<I", data[4:8])[0]
    count = struct.unpack("<H", data[first : first + 2])[0]
    if rng.random() < 0.3:
        data[first + 2 + 12 * count : first + 6 + 12 * count] = struct.pack("<I", first)
    else:
        at = first + 2 + 12 * int(rng.integers(count))
        data[at + 4 : at + 12] = struct.pack(
            "<II", int(rng.choice([0, 1, 2**31, 2**32 - 1])), int(rng.choice([0, 2**31, 2**32 - 1]))
        )
    return used(rng, folder, bytes(data), "tif")


def extreme_shape(rng: Generator, folder: Path) -> Case:
    """One pixel, or lines as thin as can be: pictures all the same."""
    size = [(1, 1), (1, 5000), (5000, 1), (2, 3), (3000, 2)][int(rng.integers(5))]
    return used(rng, folder, saved(picture(rng, "L", size), "PNG"), must="accept")


def special_file(rng: Generator, folder: Path) -> Case:
    """A picture that is no regular file."""
    write_pictures(folder / "data", rng)
    path = folder / "data" / "a" / "x.png"
    match str(rng.choice(["fifo", "folder", "dangling", "ring"])):
        case "fifo":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
            return Case(checked("data"))
        case "dangling":
            path.symlink_to("nowhere.png")
        case _:
            path.symlink_to("x.png")
    if rng.random() < 0.4:
        study_copy(folder)
        return Case(["search", "study", "--image", "data/a/x.png"], must="refuse")
    return Case(checked("data"), must="refuse")


MAKERS = (
    area,
    sizes,
    frames,
    scans,
    lying_jpeg,
    cut,
    damaged_picture,
    mode,
    sixteen_bits,
    metadata,
    no_picture,
    wrong_suffix,
    tiff,
    extreme_shape,
    special_file,
)

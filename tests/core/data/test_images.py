"""The decoder and the two stores, against pictures whose pixels are known."""

import contextlib
import io
import multiprocessing
import pickle
import struct
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from core.common.errors import DataError, ImageError
from core.data import decoding as module
from core.data.decoding import FORMATS, decode, encode_png
from core.data.image_work import MAX_PIXELS
from core.data.images import ArrayImages, FileImages, to_square

RNG = np.random.default_rng(7)
# 8 x 8 blocks of one colour, asymmetric, so that lossy formats keep them and every turn shows.
BLOCKS = [[[255, 0, 0], [0, 255, 0], [0, 0, 255]], [[0, 0, 0], [255, 255, 255], [128, 128, 128]]]
COLOUR = np.array(BLOCKS, np.uint8).repeat(8, axis=0).repeat(8, axis=1)
GREY = COLOUR[..., 1]


FAITHFUL = {"JPEG": {"quality": 95, "subsampling": 0}, "WEBP": {"lossless": True}}


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.mark.parametrize("kind", FORMATS)
def test_colour_in_every_format(kind):
    image = decode(encoded(Image.fromarray(COLOUR), kind, **FAITHFUL.get(kind, {})))
    assert image.mode == "RGB"
    assert np.abs(np.asarray(image).astype(int) - COLOUR).max() <= (12 if kind == "JPEG" else 0)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF"])
def test_grey_stays_grey(kind):
    image = decode(encoded(Image.fromarray(GREY), kind))
    assert image.mode == "L"
    assert np.array_equal(image, GREY)


def test_one_bit_is_black_and_white():
    image = decode(encoded(Image.fromarray(GREY > 128), "PNG"))
    assert image.mode == "L"
    assert np.array_equal(image, (GREY > 128) * np.uint8(255))


@given(st.integers(0, 65535), st.sampled_from(["PNG", "TIFF"]))
def test_sixteen_bits_are_scaled_not_clipped(value, kind):
    image = decode(encoded(Image.fromarray(np.full((2, 3), value, np.uint16)), kind))
    assert image.mode == "L"
    assert np.asarray(image).max() == np.asarray(image).min() == round(value / 257)


def test_big_endian_sixteen_bit_tiff():
    image = Image.frombytes("I;16B", (2, 1), struct.pack(">2H", 0x8000, 0xFFFF))
    assert np.asarray(decode(encoded(image, "TIFF"))).tolist() == [[128, 255]]


def test_sixteen_bit_colour():
    rows = b"\0" + struct.pack(">6H", 0, 0x8000, 0xFFFF, 0x1234, 0x0100, 0xFF00)
    header = struct.pack(">IIBBBBB", 2, 1, 16, 2, 0, 0, 0)
    chunks = [png_chunk(b"IHDR", header), png_chunk(b"IDAT", zlib.compress(rows)), png_chunk(b"IEND", b"")]
    image = decode(PNG_MAGIC + b"".join(chunks))
    assert np.abs(np.asarray(image).astype(int) - [[[0, 128, 255], [18, 1, 255]]]).max() <= 1


@given(st.tuples(*[st.integers(0, 255)] * 4))
def test_transparency_is_laid_on_white(pixel):
    image = np.asarray(decode(encoded(Image.new("RGBA", (2, 2), pixel), "PNG")))
    alpha = pixel[3] / 255
    expected = [channel * alpha + 255 * (1 - alpha) for channel in pixel[:3]]
    assert np.abs(image - np.array(expected)).max() <= 1


def test_transparent_greys_and_palettes():
    grey = decode(encoded(Image.new("LA", (2, 2), (0, 0)), "PNG"))
    assert grey.mode == "L"
    assert np.asarray(grey).min() == 255
    palette = Image.fromarray(COLOUR).quantize(8)
    clear = palette.getpixel((0, 0))
    for kind in ("PNG", "GIF"):
        pixels = np.asarray(decode(encoded(palette, kind, transparency=clear)))
        assert (pixels[:8, :8] == 255).all()
        assert np.array_equal(pixels[8:], COLOUR[8:])
    keyed = decode(encoded(Image.fromarray(GREY), "PNG", transparency=0))
    assert np.array_equal(keyed, np.where(GREY == 0, 255, GREY))


def test_cmyk():
    pixels = np.asarray(decode(encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG", quality=95)))
    assert np.abs(pixels.astype(int) - [255, 0, 0]).max() <= 12


def test_first_frame():
    second = Image.fromarray(255 - COLOUR)
    for kind in ("GIF", "TIFF", "PNG", "WEBP"):
        options = {"save_all": True, "append_images": [second], **FAITHFUL.get(kind, {})}
        data = encoded(Image.fromarray(COLOUR), kind, **options)
        assert np.array_equal(decode(data), COLOUR)


# Orientation tag -> how a viewer must turn the stored pixels (EXIF 2.32, 4.6.4 A).
UPRIGHT = {
    1: lambda a: a,
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a, 2).swapaxes(0, 1),
    8: np.rot90,
}


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP", "JPEG"])
def test_exif_orientation(kind, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(Image.fromarray(GREY), kind, exif=exif, **FAITHFUL.get(kind, {}))
    turned = decode(data).convert("L")
    expected = UPRIGHT[orientation](GREY)
    assert turned.size[::-1] == expected.shape
    assert np.abs(np.asarray(turned).astype(int) - expected).max() <= 3


def test_broken_exif_does_not_hide_the_picture():
    data = encoded(Image.fromarray(GREY), "PNG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f garbage")
    assert np.array_equal(decode(data), GREY)


def test_metadata_is_dropped():
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    data = encoded(Image.fromarray(COLOUR), "PNG", exif=exif, icc_profile=b"secret place", dpi=(72, 72))
    assert b"secret place" in data
    image = decode(data)
    assert image.info == {}
    again = encode_png(image)
    assert not any(chunk in again for chunk in (b"eXIf", b"iCCP", b"pHYs"))
    assert np.array_equal(decode(again), COLOUR)


@given(st.sampled_from(["L", "RGB"]), st.integers(1, 40), st.integers(1, 40))
def test_png_round_trip(mode, width, height):
    pixels = RNG.integers(0, 256, (height, width) + ((3,) if mode == "RGB" else ()), dtype=np.uint8)
    image = decode(encode_png(Image.fromarray(pixels)))
    assert image.mode == mode
    assert np.array_equal(image, pixels)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_truncated_file_is_refused(kind):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    data = encoded(noise, kind)
    for keep in np.linspace(0.02, 0.98, 25):
        with pytest.raises(ImageError, match="cut short"):
            decode(data[: int(keep * len(data))], name="x")


@pytest.mark.parametrize(
    "data",
    [
        b"\0",
        b"hello",
        b"%PDF-1.4",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"P5 1 1 255 a",
        b"\x89PNG\r\n\x1a\n",
    ],
)
def test_what_is_no_image(data):
    with pytest.raises(ImageError, match=r"^q\.png: .*; .*$") as refused:
        decode(data, name="q.png")
    assert "\n" not in str(refused.value)


def test_an_empty_file():
    with pytest.raises(ImageError, match=r"q\.png: an image file is empty"):
        decode(b"", name="q.png")


@given(
    st.binary(max_size=60),
    st.integers(0, 2**32),
    st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"]),
)
def test_damaged_files_give_a_picture_or_an_image_error(garbage, where, kind):
    data = bytearray(encoded(Image.fromarray(COLOUR), kind))
    at = where % len(data)
    data[at : at + len(garbage)] = garbage
    with contextlib.suppress(ImageError):
        assert decode(bytes(data)).mode in {"L", "RGB"}


def test_a_decompression_bomb_is_refused_before_it_expands():
    for width, height in ((MAX_PIXELS + 1, 1), (60_000, 60_000), (2**31 - 1, 2**31 - 1)):
        header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
        chunks = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", zlib.compress(bytes(1000)))
        with pytest.raises(ImageError, match="million pixels"):
            decode(PNG_MAGIC + chunks)


def test_too_many_bytes(monkeypatch):
    monkeypatch.setattr(module, "MAX_BYTES", 10)
    with pytest.raises(ImageError, match="larger than"):
        decode(encode_png(Image.fromarray(COLOUR)))


def test_thirty_two_bits_have_no_known_range():
    with pytest.raises(ImageError, match="32-bit"):
        decode(encoded(Image.fromarray(np.ones((2, 2), np.float32)), "TIFF"))


def test_paths(tmp_path):
    (tmp_path / "a.png").write_bytes(encode_png(Image.fromarray(GREY)))
    assert np.array_equal(decode(tmp_path / "a.png"), GREY)
    for name in ("none.png", ""):
        with pytest.raises(ImageError):
            decode(tmp_path / name)


@given(st.integers(1, 50), st.integers(1, 50), st.integers(1, 24), st.sampled_from([1, 3]))
def test_a_square_keeps_the_aspect_ratio_and_pads_with_the_border(width, height, size, channels):
    square = to_square(Image.new("RGB", (width, height), (10, 200, 30)), size=size, channels=channels)
    assert square.shape == (channels, size, size)
    assert square.dtype == np.uint8
    assert np.ptp(square.reshape(channels, -1), axis=1).max() == 0


def test_a_wide_picture_is_centred():
    picture = np.zeros((4, 8), np.uint8)
    picture[1:3, 2:6] = 255
    square = to_square(Image.fromarray(picture), size=8, channels=1)[0]
    assert np.array_equal(square[2:6], picture)
    assert not square[:2].any()
    assert not square[6:].any()


def test_shrinking_is_antialiased():
    stripes = np.tile(np.array([0, 255], np.uint8), (64, 32))
    small = to_square(Image.fromarray(stripes), size=8, channels=1)
    assert np.abs(small.astype(int) - 127).max() <= 16


@pytest.mark.parametrize("shape", [(5, 8, 8), (5, 8, 8, 3)])
def test_array_images_of_the_right_size_pass_through(shape):
    array = RNG.integers(0, 256, shape, dtype=np.uint8)
    images = ArrayImages(array)
    rows = np.array([3, 0, 3])
    expected = array[rows, None].repeat(3, axis=1) if array.ndim == 3 else array[rows].transpose(0, 3, 1, 2)
    assert np.array_equal(images.pixels(rows, size=8, channels=3), expected)
    assert np.array_equal(images.take(rows).pixels(np.arange(3), size=8, channels=3), expected)
    assert np.array_equal(images.picture(2), array[2])
    assert images.pixels(rows, size=12, channels=1).shape == (3, 1, 12, 12)
    assert images.pixels(np.array([], dtype=int), size=12, channels=1).shape == (0, 1, 12, 12)


def test_array_images_of_a_wrong_shape():
    with pytest.raises(DataError, match=r"\(2, 3\)"):
        ArrayImages(np.zeros((2, 3), np.uint8))


@pytest.fixture(params=["folder", "zip"])
def stored(request, tmp_path) -> tuple[Path, np.ndarray]:
    """40 grey pictures of 9 x 9, below a folder or inside a zip."""
    pixels = RNG.integers(0, 256, (40, 9, 9), dtype=np.uint8)
    files = {f"d/{i}.png": encode_png(Image.fromarray(picture)) for i, picture in enumerate(pixels)}
    if request.param == "zip":
        with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files.items():
                archive.writestr(name, data)
        return tmp_path / "a.zip", pixels
    (tmp_path / "d").mkdir()
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path, pixels


def test_file_images(stored):
    root, pixels = stored
    images = FileImages(root, [f"d/{i}.png" for i in range(40)])
    rows = np.array([7, 0, 39, 7])
    assert np.array_equal(images.pixels(rows, size=9, channels=1)[:, 0], pixels[rows])
    assert np.array_equal(images.take(rows).pixels(np.arange(4), size=9, channels=1)[:, 0], pixels[rows])
    assert np.array_equal(pickle.loads(pickle.dumps(images)).picture(5), pixels[5])
    assert images.examine(thorough=True)[1] == images.examine(thorough=False)[1] == {}


def _sum_of(images: FileImages) -> int:
    return int(images.pixels(np.arange(40), size=9, channels=1).sum())


def test_file_images_from_threads_and_forked_processes(stored):
    root, pixels = stored
    images = FileImages(root, [f"d/{i}.png" for i in range(40)])
    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(_sum_of, [images] * 8)) == {pixels.sum()}
    forked = multiprocessing.get_context("fork").Process
    queue = multiprocessing.get_context("fork").SimpleQueue()
    children = [forked(target=lambda: queue.put(_sum_of(images))) for _ in range(2)]
    for child in children:
        child.start()
    assert {queue.get(), queue.get(), _sum_of(images)} == {pixels.sum()}
    for child in children:
        child.join()


def test_broken_files_are_counted_and_the_first_is_named(stored):
    root, _ = stored
    images = FileImages(root, ["d/1.png", "d/no.png", "d/2.png", "none.png"])
    with pytest.raises(ImageError, match=r"/d/no\.png: a file is missing.*\(1 more cannot be read either\)"):
        images.pixels(np.arange(4), size=9, channels=1)
    assert set(images.examine(thorough=False)[1]) == {1, 3}


@pytest.mark.parametrize("path", ["../x.png", "/etc/passwd", "a/../../x.png", "a\\b.png", "C:/x.png", "a\0.png"])
def test_paths_that_leave_the_root_are_refused(path, tmp_path):
    with pytest.raises(DataError, match="leads outside"):
        FileImages(tmp_path, [path])


def test_large_jpegs_are_reduced_while_reading_with_the_same_result(tmp_path):
    blobs = Image.fromarray(RNG.integers(0, 256, (10, 12, 3), dtype=np.uint8)).resize((1200, 1000), 3)
    blobs.save(tmp_path / "a.jpg", quality=95)
    images = FileImages(tmp_path, ["a.jpg"])
    whole = to_square(images.picture(0), size=32, channels=3)
    assert np.abs(images.pixels(np.array([0]), size=32, channels=3)[0].astype(int) - whole).max() <= 6

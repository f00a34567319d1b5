"""Pictures as pixels, the input of networks, and as vectors of pixels, the reference from before any training."""

import math
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import psutil
from jaxtyping import Float32, UInt8
from PIL import Image

from core.data.images import ArrayImages, Images

REFERENCE_SIDE = 32
BLOCK = 1024
"""Pictures decoded at once."""

MAX_MEMORY_SHARE = 0.25
"""Share of the machine's memory that the pictures of a data set may fill."""


def pixel_vectors(pixels: UInt8[np.ndarray, "n c s s"]) -> Float32[np.ndarray, "n d"]:
    """Intensities as unit vectors, d = c s s; an all-black picture becomes the vector of equal entries."""
    flat = pixels.reshape(len(pixels), -1).astype(np.float32)
    flat[~flat.any(axis=1)] = 1.0
    return flat / np.linalg.norm(flat, axis=1, keepdims=True)


def stream_pixels(images: Images, *, side: int, channels: int) -> Iterator[UInt8[np.ndarray, "m c s s"]]:
    """All pictures, block by block, whatever their number; ImageError where one cannot be read."""
    for start in range(0, len(images), BLOCK):
        rows = np.arange(start, min(start + BLOCK, len(images)))
        yield images.pixels(rows, size=side, channels=channels)


def stream_pixel_vectors(images: Images, *, side: int, channels: int) -> Iterator[Float32[np.ndarray, "m d"]]:
    """`pixel_vectors` of all items, block by block."""
    return map(pixel_vectors, stream_pixels(images, side=side, channels=channels))


def stack_pixels(images: Images, *, side: int, channels: int, folder: Path) -> UInt8[np.ndarray, "n c s s"]:
    """All pictures as one array: in memory where they take MAX_MEMORY_SHARE of it at most, else mapped from disk.

    The temporary file, in `folder`, has no name and is deleted with its last reader. Raises ImageError where a picture
    cannot be read, OSError where the disk is full.
    """
    shape = (len(images), channels, side, side)
    if math.prod(shape) <= MAX_MEMORY_SHARE * psutil.virtual_memory().total:
        return images.pixels(np.arange(len(images)), size=side, channels=channels)
    with tempfile.TemporaryFile(dir=folder) as file:
        for block in stream_pixels(images, side=side, channels=channels):
            file.write(block.data)
        file.flush()
        return np.memmap(file, np.uint8, mode="c", shape=shape)  # private pages: torch takes no read-only array


def to_pixels(pictures: Sequence[Image.Image], *, size: int, channels: int) -> UInt8[np.ndarray, "n c s s"]:
    """Pictures as a network's input, fitted as `core.data.images` describes."""
    squares = [ArrayImages(np.asarray(p)[None]).pixels(np.array([0]), size=size, channels=channels) for p in pictures]
    return np.concatenate(squares)

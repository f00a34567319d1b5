"""MNIST and its drop-in replacements, in their original IDX format (gzipped or plain).

Format: https://yann.lecun.com/exdb/mnist/. A magic number (0, 0, element type, number of dimensions), one
big-endian uint32 per dimension, then the elements in row-major order. Only unsigned bytes are supported.
"""

import gzip
import io
import math
import os
import re
import struct
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import UInt8

from core.common.errors import DataError, shown
from core.data.collection import Collection
from core.data.files import reason
from core.data.images import ArrayImages
from core.data.labels import digit_labels, unknown_option
from core.recipe.data import DataConfig

MAX_ELEMENTS = 2**31
OPTIONS = ("digit", "parity", "garment", "group")

# Fashion-MNIST (Xiao, Rasul, Vollgraf 2017): names of the classes in numeric order, and groups of them that serve
# as classes with modes.
GARMENTS = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)
GROUPS = {
    "tops": ("T-shirt/top", "Pullover", "Coat", "Shirt"),
    "trousers and dresses": ("Trouser", "Dress"),
    "footwear": ("Sandal", "Sneaker", "Ankle boot"),
    "bags": ("Bag",),
}

_UBYTE = 0x08
_NAME = re.compile(r"(train|t10k)-(images|labels)[-.]idx([13])-ubyte(\.gz)?")


def read(config: DataConfig) -> Collection:
    """The folder `config.path` with train and t10k files, which define the split, or with only one of the two.

    Label options: `digit` (the number itself; the default), `parity`, and for Fashion-MNIST `garment` (the name of the
    number) and `group` (tops, footwear, ...; the garment is the mode).
    """
    files = _find(Path(config.path).expanduser())
    parts = [part for part in ("train", "t10k") if (part, "images") in files]
    images = [read_idx(files[part, "images"], ndim=3) for part in parts]
    labels = [read_idx(files[part, "labels"], ndim=1) for part in parts]
    for part, pictures, numbers in zip(parts, images, labels, strict=True):
        if len(pictures) != len(numbers):
            found = f"{len(pictures):,} images but {len(numbers):,} labels"
            raise DataError(f"{shown(config.path)}: {part} has {found}; download the files again")
    if len({pictures.shape[1:] for pictures in images}) > 1:
        raise DataError(f"{shown(config.path)}: train and t10k images differ in size; use files of one data set")
    items = _labels(np.concatenate(labels), config)
    if len(parts) == 2:
        items["split"] = np.repeat(["train", "test"], [len(numbers) for numbers in labels])
    return Collection(items, ArrayImages(np.concatenate(images)))


def read_idx(path: Path, *, ndim: int) -> UInt8[np.ndarray, "..."]:
    """The array in an IDX file of unsigned bytes with `ndim` dimensions; raises DataError otherwise.

    No more bytes are read than the header declares, however large a gzipped file would expand.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            return _read_idx(file, ndim)
    except (OSError, EOFError, ValueError, struct.error, zlib.error) as error:
        raise DataError(
            f"{shown(path)} is not an IDX file of {ndim} dimensions ({reason(error)}); download it again"
        ) from None


def _read_idx(file: io.BufferedIOBase, ndim: int) -> UInt8[np.ndarray, "..."]:
    magic = file.read(4)
    if magic != bytes([0, 0, _UBYTE, ndim]):
        raise ValueError(f"it begins with {magic.hex(' ') or 'nothing'}, not 00 00 08 {ndim:02x}")
    shape = struct.unpack(f">{ndim}I", file.read(4 * ndim))
    size = math.prod(shape)
    if not 0 < size <= MAX_ELEMENTS:
        raise ValueError(f"its header declares a shape of {' x '.join(map(str, shape))}")
    data = file.read(size + 1)
    if len(data) != size:
        raise ValueError(f"it is {'longer' if len(data) > size else 'shorter'} than its header declares")
    return np.frombuffer(data, np.uint8).reshape(shape)


def _find(folder: Path) -> dict[tuple[str, str], Path]:
    """Map (part, kind) to a file, preferring plain over gzipped ones. Each part found must have images and labels."""
    if not os.path.isdir(folder):
        raise DataError(f"{shown(folder)} is not a folder; give the folder with the IDX files")
    files = {}
    for path in sorted(folder.iterdir(), reverse=True):
        if match := _NAME.fullmatch(path.name):
            files[match[1], match[2]] = path
    for part in ("train", "t10k"):
        kinds = [kind for kind in ("images", "labels") if (part, kind) in files]
        if len(kinds) == 1:
            raise DataError(f"{shown(folder)} has {part} {kinds[0]} only; add the other file of the pair")
    if not files:
        raise DataError(f"{shown(folder)} contains no IDX files; expected names like train-images-idx3-ubyte.gz")
    return files


def _labels(numbers: UInt8[np.ndarray, "n"], config: DataConfig) -> pd.DataFrame:
    if config.label not in {"", *OPTIONS}:
        raise unknown_option(config.label, OPTIONS, source="idx")
    if config.label in {"garment", "group"} and numbers.max() >= len(GARMENTS):
        raise DataError(
            f'data.label = "{config.label}" needs ten classes, but {shown(config.path)} has more; leave it out'
        )
    if config.label == "garment":
        return pd.DataFrame({"label": np.array(GARMENTS)[numbers]})
    if config.label == "group":
        group_of = {garment: group for group, garments in GROUPS.items() for garment in garments}
        groups = np.array([group_of[garment] for garment in GARMENTS])
        return pd.DataFrame({"label": groups[numbers], "sublabel": np.array(GARMENTS)[numbers]})
    return digit_labels(numbers, config.label, source="idx")

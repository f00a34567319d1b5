"""IDX files, against arrays written byte by byte here."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.common.errors import DataError, shown
from core.data import ArrayImages, load
from core.data.idx import GARMENTS, GROUPS, read_idx
from core.recipe.data import DataConfig

DEBIAN = Path("/usr/share/datasets/fashion-mnist")


def idx_bytes(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def write_set(folder: Path, *, train: int = 40, test: int = 20, side: int = 8, classes: int = 10) -> None:
    rng = np.random.default_rng(0)
    for part, n in (("train", train), ("t10k", test)):
        pictures = rng.integers(0, 256, (n, side, side), dtype=np.uint8)
        numbers = (np.arange(n) % classes).astype(np.uint8)
        (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx_bytes(pictures)))
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(idx_bytes(numbers))


shapes = st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(1, 5))


@given(arrays(np.uint8, shapes), st.sampled_from(["", ".gz"]))
def test_round_trip(tmp_path_factory, array, suffix):
    path = tmp_path_factory.mktemp("idx") / f"a-idx3-ubyte{suffix}"
    path.write_bytes(gzip.compress(idx_bytes(array)) if suffix else idx_bytes(array))
    assert np.array_equal(read_idx(path, ndim=3), array)


GOOD = idx_bytes(np.arange(6, dtype=np.uint8).reshape(1, 2, 3))
BAD = {
    "empty": (b"", "begins with nothing"),
    "no idx": (b"hello world", "begins with 68 65"),
    "two dimensions": (idx_bytes(np.zeros((2, 2), np.uint8)), "not 00 00 08 03"),
    "floats": (b"\0\0\x0d\3" + GOOD[4:], "not 00 00 08 03"),
    "short header": (GOOD[:9], "not an IDX file"),
    "short": (GOOD[:-1], "shorter than its header declares"),
    "long": (GOOD + b"x", "longer than its header declares"),
    "no items": (GOOD[:4] + struct.pack(">3I", 0, 2, 3), "0 x 2 x 3"),
    "huge": (GOOD[:4] + struct.pack(">3I", 2**32 - 1, 2**32 - 1, 2**32 - 1), "declares a shape"),
}


@pytest.mark.parametrize(("data", "message"), BAD.values(), ids=BAD.keys())
@pytest.mark.parametrize("zipped", [False, True])
def test_wrong_files(tmp_path, data, message, zipped):
    path = tmp_path / ("a.gz" if zipped else "a")
    path.write_bytes(gzip.compress(data) if zipped else data)
    with pytest.raises(DataError, match=message) as refused:
        read_idx(path, ndim=3)
    assert shown(path) in str(refused.value)


def test_damaged_gzip(tmp_path):
    path = tmp_path / "a.gz"
    for data in (gzip.compress(GOOD)[:-9], b"not gzip", gzip.compress(GOOD)[:12] + b"\xff" * 20):
        path.write_bytes(data)
        with pytest.raises(DataError, match="not an IDX file"):
            read_idx(path, ndim=3)


def test_a_gzip_bomb_is_read_no_further_than_its_header_says(tmp_path):
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(GOOD + bytes(200_000_000), compresslevel=1))
    with pytest.raises(DataError, match="longer"):
        read_idx(path, ndim=3)


def test_the_files_give_the_split(tmp_path):
    write_set(tmp_path)
    dataset = load(DataConfig(source="idx", path=str(tmp_path)), seed=0)
    assert dataset.items["split"].tolist() == ["train"] * 40 + ["test"] * 20
    assert dataset.items["label"].tolist() == [str(i % 10) for i in range(40)] + [str(i % 10) for i in range(20)]
    assert "sublabel" not in dataset.items


def test_one_part_alone_is_split_as_asked(tmp_path):
    write_set(tmp_path, train=100)
    for path in tmp_path.glob("t10k*"):
        path.unlink()
    items = load(DataConfig(source="idx", path=str(tmp_path), test_fraction=0.2), seed=0).items
    assert (items["split"] == "test").sum() == 20


def test_chosen_items_keep_the_given_split_in_proportion(tmp_path):
    write_set(tmp_path, train=400, test=200)
    items = load(DataConfig(source="idx", path=str(tmp_path), max_items=60), seed=0).items
    assert items.groupby(["split", "label"]).size().unstack().to_numpy().tolist() == [[2] * 10, [4] * 10]


def test_groups_and_garments(tmp_path):
    write_set(tmp_path)
    items = load(DataConfig(source="idx", path=str(tmp_path), label="group"), seed=0).items
    assert items["sublabel"].iloc[:10].tolist() == list(GARMENTS)
    assert all(row.sublabel in GROUPS[row.label] for row in items.itertuples())
    items = load(DataConfig(source="idx", path=str(tmp_path), label="garment"), seed=0).items
    assert items["label"].iloc[:10].tolist() == list(GARMENTS)
    items = load(DataConfig(source="idx", path=str(tmp_path), label="parity"), seed=0).items
    assert items["label"].iloc[:2].tolist() == ["even", "odd"]


def test_groups_hold_every_garment_once():
    assert sorted(garment for group in GROUPS.values() for garment in group) == sorted(GARMENTS)


def test_wrong_folders(tmp_path):
    config = DataConfig(source="idx", path=str(tmp_path))
    with pytest.raises(DataError, match="contains no IDX files"):
        load(config, seed=0)
    write_set(tmp_path)
    with pytest.raises(DataError, match=r'data.label = "colour" is unknown for idx'):
        load(DataConfig(source="idx", path=str(tmp_path), label="colour"), seed=0)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx_bytes(np.zeros(39, np.uint8)))
    with pytest.raises(DataError, match="40 images but 39 labels"):
        load(config, seed=0)
    (tmp_path / "train-labels-idx1-ubyte").unlink()
    with pytest.raises(DataError, match="train images only"):
        load(config, seed=0)
    with pytest.raises(DataError, match="is not a folder"):
        load(DataConfig(source="idx", path=str(tmp_path / "none")), seed=0)


def test_more_classes_than_names(tmp_path):
    write_set(tmp_path, classes=12)
    with pytest.raises(DataError, match="ten classes"):
        load(DataConfig(source="idx", path=str(tmp_path), label="group"), seed=0)


@pytest.mark.skipif(not DEBIAN.is_dir(), reason="Debian's dataset-fashion-mnist is not installed")
def test_fashion_mnist():
    dataset = load(DataConfig(source="idx", path=str(DEBIAN), label="group"), seed=0)
    assert isinstance(dataset.images, ArrayImages)
    assert dataset.images.array.shape == (70_000, 28, 28)
    assert dataset.items.groupby("split").size().to_dict() == {"test": 10_000, "train": 60_000}
    assert dataset.items.groupby("sublabel").size().to_dict() == dict.fromkeys(GARMENTS, 7_000)
    # Trousers are the narrow ones: their outer columns are dark, unlike those of every other garment.
    edges = dataset.images.array[:, :, :5].mean(axis=(1, 2))
    assert dataset.items.assign(edge=edges).groupby("sublabel")["edge"].mean().idxmin() == "Trouser"

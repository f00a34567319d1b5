"""Which epochs are kept, and how they are read back."""

from pathlib import Path

import numpy as np
import pytest

from core.common.errors import StudyError
from core.storage.snapshots import BUDGET, Snapshots, interval, write_snapshot


def points(epoch: int, n: int = 5) -> np.ndarray:
    return np.random.default_rng(epoch).normal(size=(n, 3)).astype(np.float32)


def test_kept_epochs_are_read_back_in_order_as_float16(tmp_path: Path):
    for epoch in (10, 0, 2):
        write_snapshot(tmp_path, epoch, points(epoch))
    write_snapshot(tmp_path, 2, points(3))  # again, as after a resume
    (tmp_path / "00002.npy.fresh").write_bytes(b"")
    kept = Snapshots(tmp_path)
    assert kept.epochs == [0, 2, 10]
    assert kept.shape == (3, 5, 3)
    for found, wanted in zip(kept, (0, 3, 10), strict=True):
        assert found.dtype == np.float16
        assert np.array_equal(found, points(wanted).astype(np.float16))
        assert not found.flags.writeable
    with pytest.raises(IndexError):
        kept[3]


def test_an_arm_without_snapshots_has_none(tmp_path: Path):
    assert list(Snapshots(tmp_path / "none")) == []
    assert Snapshots(tmp_path / "none").shape == (0, 0, 0)


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY\x01\x00half"])
def test_a_damaged_file_is_a_sentence(content: bytes, tmp_path: Path):
    (tmp_path / "00001.npy").write_bytes(content)
    with pytest.raises(StudyError, match=r"the snapshot 00001\.npy cannot be read"):
        Snapshots(tmp_path)[0]


def test_another_type_is_a_sentence(tmp_path: Path):
    np.save(tmp_path / "00001.npy", np.zeros((2, 2)))
    with pytest.raises(StudyError, match=r"float64 \(2, 2\)"):
        Snapshots(tmp_path)[0]


@pytest.mark.parametrize(
    ("epochs", "bytes_each", "every"),
    [(12, 1000, 1), (99, BUDGET // 100, 1), (100, BUDGET // 100, 2), (30, BUDGET // 11, 3), (20, BUDGET * 5, 20)],
)
def test_where_the_recipe_is_silent_snapshots_fit_the_budget_but_keep_the_first_and_last(epochs, bytes_each, every):
    found = interval(None, epochs=epochs, bytes_each=bytes_each)
    assert found == every
    assert (len(range(0, epochs, every)) + 1) * bytes_each <= BUDGET or every == epochs


def test_the_recipe_decides_where_it_speaks():
    assert interval(7, epochs=100, bytes_each=BUDGET) == 7
    assert interval(0, epochs=100, bytes_each=1) == 0

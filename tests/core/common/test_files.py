"""Files that are whole or absent."""

import os
from pathlib import Path

import numpy as np
import pytest

from core.common.files import replacing, write_bytes, write_text
from core.common.strict_json import read_json, read_json_if_valid, write_json


def test_a_file_is_replaced_at_the_end(tmp_path: Path):
    path = tmp_path / "file"
    write_text(path, "ä")
    with replacing(path) as draft:
        draft.write_bytes(b"new")
        assert path.read_text("utf-8") == "ä"
    assert path.read_bytes() == b"new"
    write_bytes(path, b"newer")
    assert path.read_bytes() == b"newer"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    "make", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to("nowhere"), lambda path: path.symlink_to(__file__)]
)
def test_what_is_no_file_is_not_replaced(tmp_path: Path, make):
    path = tmp_path / "thing"
    make(path)
    before = path.lstat()
    with pytest.raises(FileExistsError, match="not a file"):
        write_text(path, "new")
    assert path.lstat() == before
    assert [p.name for p in tmp_path.iterdir()] == ["thing"]


@pytest.mark.parametrize("error", [OSError("full"), KeyboardInterrupt()])
def test_a_failure_leaves_what_was_there(tmp_path: Path, error: BaseException):
    path = tmp_path / "file"
    path.write_text("old")

    def fail() -> None:
        with replacing(path) as draft:
            draft.write_text("half")
            raise error

    with pytest.raises(type(error)):
        fail()
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_json_comes_back_with_null_for_what_it_has_no_word_for(tmp_path: Path):
    path = tmp_path / "values.json"
    write_json(path, {"n": np.int64(3), "loss": float("nan"), "rows": [np.float32(0.5)]})
    assert read_json(path) == {"n": 3, "loss": None, "rows": [0.5]}


@pytest.mark.parametrize("text", ["", "{", "[]", "5", "[" * 100_000])
def test_broken_json_is_an_error_or_nothing(tmp_path: Path, text: str):
    path = tmp_path / "values.json"
    path.write_text(text)
    with pytest.raises((ValueError, RecursionError)):
        read_json(path)
    assert read_json_if_valid(path) == {} == read_json_if_valid(tmp_path / "gone")

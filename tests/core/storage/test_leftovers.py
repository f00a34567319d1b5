"""What killed programs left goes; what somebody writes, or can resume, stays."""

import os
import time
from pathlib import Path

from core.common.lock import held
from core.storage.layout import RECIPE
from core.storage.leftovers import DELETED, lock_of, sweep, unfinished


def left_by_a_killed_import(root: Path, name: str) -> Path:
    folder = unfinished(root / name)
    (folder / "arms").mkdir(parents=True)
    lock_of(folder).touch()
    return folder


def names(root: Path) -> list[str]:
    return sorted(path.name for path in root.iterdir())


def test_half_an_import_and_its_lock_go(tmp_path: Path):
    left_by_a_killed_import(tmp_path, "a")
    lock_of(unfinished(tmp_path / "b")).touch()
    sweep(tmp_path)
    assert names(tmp_path) == []


def test_one_that_is_being_written_stays(tmp_path: Path):
    folder = left_by_a_killed_import(tmp_path, "a")
    with held(lock_of(folder)):
        sweep(tmp_path)
        assert names(tmp_path) == [folder.name, lock_of(folder).name]


def test_what_a_run_can_resume_and_other_files_stay(tmp_path: Path):
    folder = left_by_a_killed_import(tmp_path, "a")
    (folder / RECIPE).touch()
    (tmp_path / ".hidden").touch()
    (tmp_path / "study").mkdir()
    sweep(tmp_path)
    assert names(tmp_path) == sorted([folder.name, lock_of(folder).name, ".hidden", "study"])


def test_a_deletion_that_broke_off_is_ended_and_one_under_way_is_not(tmp_path: Path):
    old, new = tmp_path / f"{DELETED}old", tmp_path / f"{DELETED}new"
    for folder in (old, new):
        (folder / "study").mkdir(parents=True)
    yesterday = time.time() - 86_400
    os.utime(old, (yesterday, yesterday))
    sweep(tmp_path)
    assert names(tmp_path) == [new.name]

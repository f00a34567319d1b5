"""Files that somebody has handed over: kept apart, under harmless names, and cleared away."""

import os
import time
from pathlib import Path

import pytest

from core.access.uploads import KEPT_SECONDS, picture_folder, save_upload, upload_folder
from core.common.errors import StudyError


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/abs/olute.npy", "..", "", ".hidden", "a\0b.csv", "x" * 500, "è \u202b.zip"]
)
def test_names_lead_nowhere_else(name: str, tmp_path: Path) -> None:
    path = save_upload(tmp_path, name, b"content")
    assert path.resolve().is_relative_to(tmp_path.resolve())
    assert path.read_bytes() == b"content"
    assert len(path.name) <= 100


def test_the_same_name_with_other_content_is_another_file(tmp_path: Path) -> None:
    first, second = save_upload(tmp_path, "a.npy", b"one"), save_upload(tmp_path, "a.npy", b"two")
    assert first != second
    assert (first.read_bytes(), second.read_bytes()) == (b"one", b"two")
    assert save_upload(tmp_path, "a.npy", b"one") == first


def test_old_folders_are_cleared_and_pictures_are_not(tmp_path: Path) -> None:
    old, young = upload_folder(tmp_path), upload_folder(tmp_path)
    pictures = save_upload(picture_folder(tmp_path), "shop.zip", b"zip")
    past = time.time() - KEPT_SECONDS - 60
    for path in (old, pictures.parent):
        os.utime(path, (past, past))
    upload_folder(tmp_path)
    assert not old.exists()
    assert young.exists()
    assert pictures.exists()


def test_a_disk_that_refuses_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StudyError, match="cannot keep"):
        upload_folder(tmp_path / "file")
    with pytest.raises(StudyError, match="cannot keep"):
        save_upload(tmp_path / "file", "a.npy", b"")

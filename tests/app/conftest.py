"""What tests of several pages start from."""

import os
import shutil
from pathlib import Path

import pytest


@pytest.fixture
def root(study_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The app's studies: one, called tiny, a copy that a test may change."""
    shutil.copytree(study_folder, tmp_path / "tiny")
    monkeypatch.setenv("UNCOLLAPSE_STUDIES", str(tmp_path))
    os.utime(tmp_path / "tiny" / "study.json")  # what is cached for another test's copy is not for this one
    return tmp_path

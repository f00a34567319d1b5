"""What tests of several pages start from."""

import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.widgets import errors
from core.jobs import prefork


@pytest.fixture(autouse=True)
def nothing_in_the_background(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests start no runs, and need no process that waits for one."""
    monkeypatch.setattr(prefork, "prepare", lambda: None)


class _Collector(logging.Handler):
    def __init__(self, found: list[logging.LogRecord]) -> None:
        super().__init__()
        self.found = found

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(record)


@pytest.fixture(autouse=True)
def bugs() -> Iterator[list[logging.LogRecord]]:
    """What the app logs as its own fault, for its page says that in a sentence; a test clears those it provokes."""
    found: list[logging.LogRecord] = []
    handler = _Collector(found)
    logger = logging.getLogger(errors.__name__)
    logger.addHandler(handler)
    yield found
    logger.removeHandler(handler)
    assert not found, "the app met an error that nobody has foreseen"


@pytest.fixture
def root(study_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The app's studies: one, called tiny, a copy that a test may change."""
    shutil.copytree(study_folder, tmp_path / "tiny")
    monkeypatch.setenv("UNCOLLAPSE_STUDIES", str(tmp_path))
    os.utime(tmp_path / "tiny" / "study.json")  # what is cached for another test's copy is not for this one
    return tmp_path

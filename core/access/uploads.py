"""Files that somebody has handed to the app: kept below the studies folder, under names that lead nowhere else."""

import hashlib
import re
import shutil
import tempfile
import time
from pathlib import Path

from core.common.errors import StudyError
from core.common.files import write_bytes

FOLDER = ".uploads"
DATA = ".data"
KEPT_SECONDS = 24 * 3600
"""Age from which a folder that no import has taken is cleared away."""


def upload_folder(root: Path) -> Path:
    """A fresh folder for one person's files. Raises StudyError where the disk refuses."""
    try:
        (root / FOLDER).mkdir(parents=True, exist_ok=True)
        _clear(root / FOLDER)
        return Path(tempfile.mkdtemp(dir=root / FOLDER))
    except OSError as error:
        raise StudyError(f"cannot keep files below {root}: {error.strerror or error}") from None


def for_good(root: Path) -> Path:
    """The folder of pictures to train on: studies look for them there as long as they live."""
    return root / DATA


def keep(folder: Path, name: str, data: bytes | memoryview) -> Path:
    """Write one file, beside others of that name but with other content. Raises StudyError where the disk refuses."""
    own = folder / hashlib.sha256(data).hexdigest()[:12]
    path = own / (re.sub(r"[^A-Za-z0-9._-]+", "-", name).lstrip(".-")[-100:] or "file")
    try:
        own.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            write_bytes(path, data)
    except OSError as error:
        raise StudyError(f"cannot keep {path.name}: {error.strerror or error}") from None
    return path


def _clear(folder: Path) -> None:
    for old in folder.iterdir():
        if time.time() - old.stat().st_mtime > KEPT_SECONDS:
            shutil.rmtree(old, ignore_errors=True)

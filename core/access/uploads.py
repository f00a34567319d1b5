"""Uploaded files: stored below the studies folder under sanitised names."""

import hashlib
import re
import shutil
import tempfile
import time
from pathlib import Path

from core.common.errors import StudyError, shown
from core.common.files import write_bytes

UPLOADS = ".uploads"
PICTURES = ".data"
KEPT_SECONDS = 24 * 3600
"""Age in seconds from which an unused upload folder is deleted."""


def upload_folder(root: Path) -> Path:
    """A fresh folder for one person's files. Raises StudyError where the disk refuses."""
    try:
        (root / UPLOADS).mkdir(parents=True, exist_ok=True)
        _clear(root / UPLOADS)
        return Path(tempfile.mkdtemp(dir=root / UPLOADS))
    except OSError as error:
        raise StudyError(f"cannot keep files below {shown(root)}: {error.strerror or error}") from None


def picture_folder(root: Path) -> Path:
    """The permanent folder of uploaded training images, which studies refer to."""
    return root / PICTURES


def save_upload(folder: Path, name: str, data: bytes | memoryview) -> Path:
    """Write one file; files of the same name with other content are kept. Raises StudyError if it cannot be written."""
    own = folder / hashlib.sha256(data).hexdigest()[:12]
    path = own / (re.sub(r"[^A-Za-z0-9._-]+", "-", name).lstrip(".-")[-100:] or "file")
    try:
        own.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            write_bytes(path, data)
    except OSError as error:
        raise StudyError(f"cannot keep {shown(path.name)}: {error.strerror or error}") from None
    return path


def _clear(folder: Path) -> None:
    for old in folder.iterdir():
        if time.time() - old.stat().st_mtime > KEPT_SECONDS:
            shutil.rmtree(old, ignore_errors=True)

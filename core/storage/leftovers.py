"""What killed programs left beside the studies of a folder: found and deleted by the next one that writes there."""

import contextlib
import shutil
import time
from pathlib import Path

from filelock import Timeout

from core.common.lock import held
from core.storage.layout import RECIPE

DELETED = ".deleted-"
"""How the name of a folder begins in which something is being deleted."""
UNFINISHED = ".unfinished"
LOCK = ".lock"

_DELETING_SECONDS = 3600
"""No deletion takes as long."""


def unfinished(study: Path) -> Path:
    """The folder that holds an unfinished study: hidden, and beside its final place, so that it can be renamed."""
    return study.with_name(f".{study.name}{UNFINISHED}")


def lock_of(folder: Path) -> Path:
    """The lock of whoever writes an unfinished study."""
    return folder.with_name(folder.name + LOCK)


def sweep(root: Path) -> None:
    """Delete unfinished studies that nobody is writing and no run can resume, and what was half deleted long ago."""
    locks = {path.with_name(path.name.removesuffix(LOCK)) for path in root.glob(f".*{UNFINISHED}{LOCK}")}
    for folder in {*root.glob(f".*{UNFINISHED}"), *locks}:
        if not (folder / RECIPE).exists():
            with contextlib.suppress(Timeout, OSError), held(lock_of(folder), wait=False):
                shutil.rmtree(folder, ignore_errors=True)
    for waste in root.glob(f"{DELETED}*"):
        with contextlib.suppress(OSError):
            if time.time() - waste.stat().st_mtime > _DELETING_SECONDS:
                shutil.rmtree(waste, ignore_errors=True)

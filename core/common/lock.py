"""Locks between threads and processes, released when their owner ends, however it ends."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock


@contextlib.contextmanager
def held(path: Path, *, wait: bool = True) -> Iterator[None]:
    """A lock by its path, with one holder at a time; the file exists as long as it is held.

    A missing folder is made, so the lock of a folder that may be deleted belongs beside it, not inside. wait: False
    raises filelock.Timeout where another one holds it. Raises OSError.
    """
    lock = FileLock(path, blocking=wait, fallback_to_soft=False)  # a soft lock would outlive a killed process
    lock.acquire()
    try:
        yield
    finally:
        path.unlink(missing_ok=True)  # while held: a waiting process notices, and makes a new file
        lock.release()

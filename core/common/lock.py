"""Locks between threads and processes that die with their owner."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock


@contextlib.contextmanager
def held(path: Path, *, wait: bool = True) -> Iterator[None]:
    """One holder at a time of all that name this path; the file is there as long as it is held.

    The folder is made where it is missing, so the lock of a folder that may be deleted lies beside it. wait: False
    raises filelock.Timeout where another one holds it. Raises OSError.
    """
    lock = FileLock(path, blocking=wait, fallback_to_soft=False)  # a soft lock would outlive a killed process
    lock.acquire()
    try:
        yield
    finally:
        path.unlink(missing_ok=True)  # while held: who waits sees that the file has gone, and makes a new one
        lock.release()

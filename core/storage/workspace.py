"""Where a study is built: a hidden folder beside its final place, locked by one process, renamed when complete."""

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from filelock import Timeout

from core.common.errors import DataError, StudyError, UncollapseError, shown
from core.common.lock import held
from core.storage.layout import RECIPE
from core.storage.leftovers import lock_of, sweep, unfinished


@contextlib.contextmanager
def workspace(out: Path, description: str | None = None, *, resume: bool = False) -> Iterator[Path]:
    """A folder to build the study in; it becomes `out` at the end of the block.

    description: text that identifies the study; what an interrupted run left is reused only if it has the same one.
    None: nothing is ever reused. A block that ends with an UncollapseError or OSError leaves nothing; one that is
    interrupted leaves its folder for `resume`, if it has a description, and so does one that was resumed and ends with
    a DataError, since the data may be put right. Raises StudyError where `out` exists, is being
    written by another process, or cannot be written.
    """
    folder = unfinished(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        sweep(out.parent)
        with _held(lock_of(folder), out):
            if os.path.lexists(out):
                raise StudyError(f"{shown(out)} exists already; choose another --out or remove it")
            reused = False
            try:
                reused = _prepare(folder, description, resume=resume)
                yield folder
                os.rename(folder, out)
            except BaseException as error:
                failed = isinstance(error, UncollapseError | OSError)
                if description is None or (failed and not (reused and isinstance(error, DataError))):
                    shutil.rmtree(folder, ignore_errors=True)
                raise
    except OSError as error:
        where, why = shown(error.filename or out), error.strerror or error
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise StudyError(f"no space left on the disk while writing {where}; free some and run again") from None
        raise StudyError(f"cannot write {where}: {why}; choose another --out") from None


@contextlib.contextmanager
def _held(path: Path, out: Path) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(held(path, wait=False))
        except Timeout:
            raise StudyError(f"another run is writing {shown(out)} now; wait for it or choose another --out") from None
        yield


def _prepare(folder: Path, description: str | None, *, resume: bool) -> bool:
    """Whether what an interrupted run left is used."""
    described = folder / RECIPE
    if resume and described.is_file() and described.read_text(encoding="utf-8") == description:
        return True
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    if description is not None:
        described.write_text(description, encoding="utf-8")
    return False

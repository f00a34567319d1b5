"""Where a study is built: a hidden folder beside its place, held by one process, renamed when whole."""

import contextlib
import errno
import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

import numpy as np

from core.common.errors import StudyError, UncollapseError

DESCRIPTION = "recipe.toml"


def unfinished(study: Path) -> Path:
    """Where a run keeps what it has of a study until that is whole: hidden, and beside it to be renamed."""
    return study.with_name(f".{study.name}.unfinished")


@contextlib.contextmanager
def workspace(out: Path, description: str | None = None, *, resume: bool = False) -> Iterator[Path]:
    """A folder to build the study in; it becomes `out` at the end of the block.

    description: text that tells this study from another; what an interrupted run left is taken up only if it was
    described alike; None: there is nothing to take up. A block that fails with an error of ours or of the disk leaves
    nothing; one that is interrupted leaves its folder for `resume`, if it has a description. Raises StudyError where
    `out` exists, is being written, or the disk refuses.
    """
    folder = unfinished(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with _held(folder.with_name(folder.name + ".lock"), out):
            if os.path.lexists(out):
                raise StudyError(f"{out} exists already; choose another --out or remove it")
            try:
                _prepare(folder, description, resume=resume)
                yield folder
                os.rename(folder, out)
            except BaseException as error:
                if description is None or isinstance(error, UncollapseError | OSError):
                    shutil.rmtree(folder, ignore_errors=True)
                raise
    except OSError as error:
        where = error.filename or out
        if error.errno == errno.ENOSPC:
            raise StudyError(f"no space left on the disk while writing {where}; free some and run again") from None
        raise StudyError(f"cannot write {where}: {error.strerror or error}") from None


def save_array(path: Path, array: np.ndarray) -> None:
    """Like np.save, which on a full disk raises an error that does not say so."""
    save_blocks(path, [array], shape=array.shape, dtype=array.dtype)


def save_blocks(path: Path, blocks: Iterable[np.ndarray], *, shape: tuple[int, ...], dtype: np.dtype) -> None:
    """`save_array` of an array that arrives block by block along its first axis and is never whole in memory."""
    header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for block in blocks:
            file.write(np.ascontiguousarray(block, dtype=dtype).data)


@contextlib.contextmanager
def _held(path: Path, out: Path) -> Iterator[IO[str]]:
    """A lock that dies with its process."""
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _busy(out) from None
        if not _is_at(lock, path):  # its last owner removed it while we opened it
            raise _busy(out)
        try:
            yield lock
        finally:
            path.unlink(missing_ok=True)


def _is_at(file: IO[str], path: Path) -> bool:
    return path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat())


def _busy(out: Path) -> StudyError:
    return StudyError(f"another run is writing {out} now; wait for it or choose another --out")


def _prepare(folder: Path, description: str | None, *, resume: bool) -> None:
    described = folder / DESCRIPTION
    if resume and described.is_file() and described.read_text(encoding="utf-8") == description:
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    if description is not None:
        described.write_text(description, encoding="utf-8")

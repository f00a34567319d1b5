"""Atomic writes: a file is written under another name beside its place, then renamed. Only files are replaced."""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path


def refuse_special(path: Path) -> None:
    """Raises FileExistsError where there is something else than a file: a folder, a pipe, a device, a link.

    Such a thing was made by somebody for a purpose, and renaming a file onto it would destroy it.
    """
    if os.path.islink(path) or (os.path.lexists(path) and not os.path.isfile(path)):
        raise FileExistsError(errno.EEXIST, "it is not a file, and is not replaced", str(path))


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A hidden sibling to write to; at the end of the block it replaces `path` atomically.

    A block that fails leaves `path` as it was. Each file has one writer at a time. Raises FileExistsError where `path`
    is something else than a file.
    """
    refuse_special(path)
    draft = path.with_name(f".{path.name}.fresh")
    try:
        yield draft
        draft.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise

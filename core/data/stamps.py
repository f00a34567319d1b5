"""Whether a data set on disk is still what it was: a stamp that changes with any file that is read of it."""

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from core.common.errors import DataError
from core.data.files import Entry, Folder, open_files
from core.data.table import open_table
from core.recipe.data import DataConfig


def stamp(config: DataConfig) -> str:
    """Of a folder, zip or table: of all names, sizes and times of writing. No file is opened but a table.

    "" where nothing can be read, so that what could not be read is looked at again once it can.
    """
    path = Path(config.path).expanduser()
    try:
        own = path.stat()
        seen = [(str(path), own.st_size, own.st_mtime_ns)]
        if config.source == "table":
            folder = Folder(path.absolute().parent)
            listed = _listed(path, tuple(config.columns.items()), own.st_mtime_ns, own.st_size)
            seen += _facts(folder.entry(name) for name in listed)
        else:
            seen += sorted(_facts(open_files(path).entries()))
    except (OSError, ValueError, DataError):
        return ""
    return hashlib.blake2b(repr(seen).encode("utf-8", "backslashreplace"), digest_size=16).hexdigest()


def _facts(entries: Iterable[Entry]) -> list[tuple[str, int, int]]:
    return [(entry.path, entry.size, entry.modified) for entry in entries]


@lru_cache(maxsize=4)
def _listed(path: Path, columns: tuple[tuple[str, str], ...], modified: int, size: int) -> tuple[str, ...]:
    """The paths in a table, read again only after it has been written."""
    return tuple(open_table(path, dict(columns), required=("path",)).rows()["path"])

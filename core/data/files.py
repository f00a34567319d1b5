"""Files below a folder or inside a zip archive, listed and read safely: size limits hold and no path leaves the root.

Archives are not unpacked to disk; backslashes in their names, as older Windows tools write them, count as slashes.
Symbolic links are followed only to another file below the same folder. Nothing but regular files is opened.
"""

import io
import os
import stat
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import cast

from core.common.errors import DataError, shown

MAX_ZIP_MEMBERS = 2_000_000
MAX_ZIP_BYTES = 64 * 2**30

_READABLE_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # zipfile decompresses the others without a size limit
_ENCRYPTED = 0x1
_OUTSIDE = ("a path or link leads outside the data folder", "copy the file into it and give its path from there")
_SYSTEM_FILES = frozenset({"__macosx", "thumbs.db", "desktop.ini", "icon\r", "@eadir"})
_NOT_REGULAR = {
    stat.S_ISDIR: "a folder",
    stat.S_ISFIFO: "a pipe",
    stat.S_ISSOCK: "a socket",
    stat.S_ISCHR: "a device",
    stat.S_ISBLK: "a device",
}


class Unreadable(Exception):
    """Why one file or image is rejected (without its name), and how to fix it."""

    def __init__(self, problem: str, remedy: str, *, detail: str = "") -> None:
        super().__init__(problem)
        self.problem, self.remedy, self.detail = problem, remedy, detail

    def sentence(self, name: str) -> str:
        """The full error message for the file called `name`."""
        return f"{shown(name)}: {self.problem}{f' ({self.detail})' if self.detail else ''}; {self.remedy}"


@dataclass(frozen=True)
class Entry:
    """One file: its path below the root, its size in bytes, and the fault that forbids reading it, if any."""

    path: str
    size: int
    fault: Unreadable | None = None
    modified: int = 0
    """When it was last written, in nanoseconds since 1970; 0 inside a zip, or where it is missing."""


class Folder:
    """The files below a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._real = root.resolve()
        self._parents: dict[str, bool] = {"": True}  # cache: resolving is slow, and many files share a parent

    def entries(self) -> Iterator[Entry]:
        """All files except hidden ones and those that operating systems create."""

        def refuse(error: OSError) -> None:
            raise DataError(f"{shown(error.filename)} cannot be read ({reason(error)}); allow reading or remove it")

        for folder, folders, files in os.walk(self.root, onerror=refuse):
            below = Path(folder).relative_to(self.root)
            folders[:] = sorted(name for name in folders if not is_hidden(name))
            for name in folders:
                if os.path.islink(os.path.join(folder, name)):  # that of Path raises on paths that are too long
                    fault = Unreadable("a folder is a link", "replace it with the folder itself")
                    yield Entry((below / name).as_posix(), 0, fault)
            for name in sorted(name for name in files if not is_hidden(name)):
                yield self.entry((below / name).as_posix())

    def entry(self, path: str) -> Entry:
        """One file; if it is missing, the entry has a fault."""
        if fault := _name_fault(path):
            return Entry(path, 0, fault)
        full = self.root / path
        try:
            found = full.stat()
            inside = self._parent_is_inside(path) and (not full.is_symlink() or self._is_inside(full))
        except (OSError, ValueError) as error:
            missing = Unreadable("a file is missing", "correct its path or add it", detail=reason(error))
            return Entry(path, 0, missing)
        if not inside:
            fault = Unreadable(*_OUTSIDE)
        elif not stat.S_ISREG(found.st_mode):
            fault = Unreadable("a path is not a file", "give the path of an image")
        return Entry(path, found.st_size, fault, found.st_mtime_ns)

    def open(self, path: str) -> io.BufferedIOBase:
        """Open for reading; check the fault of `entry` first."""
        return (self.root / path).open("rb")

    def _parent_is_inside(self, path: str) -> bool:
        parent = path.rpartition("/")[0]
        if parent not in self._parents:
            self._parents[parent] = self._is_inside(self.root / parent)
        return self._parents[parent]

    def _is_inside(self, full: Path) -> bool:
        return full.resolve().is_relative_to(self._real)


class Zip:
    """The files inside a zip; safe to read from several threads and after a fork."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._opened: tuple[int, zipfile.ZipFile] | None = None
        self._members: dict[str, zipfile.ZipInfo] = {}
        self._opening = threading.Lock()
        archive = self._archive()
        members = archive.infolist()
        if len(members) > MAX_ZIP_MEMBERS or sum(member.file_size for member in members) > MAX_ZIP_BYTES:
            archive.close()
            limits = f"{MAX_ZIP_MEMBERS:,} files or {MAX_ZIP_BYTES >> 30} GiB"
            raise DataError(f"{shown(root)} holds more than {limits}; unpack it and give the folder")
        self._members = {_slashed(member.filename): member for member in members}

    def entries(self) -> Iterator[Entry]:
        """All files except hidden ones and those that operating systems create."""
        for member in self._archive().infolist():
            path = _slashed(member.filename)
            hidden = any(is_hidden(part) for part in PurePosixPath(path).parts if part != "..")
            if not path.endswith("/") and not hidden:
                yield Entry(path, member.file_size, _member_fault(member))

    def entry(self, path: str) -> Entry:
        """One file; if it is missing, the entry has a fault."""
        member = self._members.get(path)
        if member is None:
            return Entry(path, 0, Unreadable("a file is missing", "add it to the zip"))
        return Entry(path, member.file_size, _member_fault(member))

    def open(self, path: str) -> io.BufferedIOBase:
        """Open for reading; check the fault of `entry` first."""
        return cast(io.BufferedIOBase, self._archive().open(self._members[path]))

    def _archive(self) -> zipfile.ZipFile:
        """Open once per process: after a fork, a shared handle would share its file position."""
        with self._opening:
            if self._opened is None or self._opened[0] != os.getpid():
                try:
                    self._opened = os.getpid(), zipfile.ZipFile(self.root)
                except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
                    problem = f"{shown(self.root)} cannot be read as a zip ({reason(error)})"
                    raise DataError(f"{problem}; make or download it again") from None
            return self._opened[1]


Files = Folder | Zip


def open_files(path: Path) -> Files:
    """Open the folder or zip at `path`. Raises DataError if it is neither."""
    if os.path.isdir(path):  # the methods of Path raise on names that are too long
        return Folder(path)
    if not os.path.exists(path):
        raise DataError(f"{shown(path)} does not exist; give a folder or a .zip of images")
    try:
        regular_size(path)
    except OSError as error:
        raise DataError(f"{shown(path)} cannot be read ({reason(error)}); give a folder or a .zip of images") from None
    return Zip(path)


def regular_size(path: Path) -> int:
    """Size in bytes of a regular file, or of one that a link leads to.

    Raises OSError, without opening it, for anything else: a pipe or a device may never end.
    """
    found = os.stat(path)
    for is_kind, kind in _NOT_REGULAR.items():
        if is_kind(found.st_mode):
            raise OSError(f"it is {kind}, not a file")
    return found.st_size


def is_inside(path: str) -> bool:
    """Whether a relative path, judged by its text alone, stays below its root on every operating system."""
    pure = PurePosixPath(path)
    return not (pure.is_absolute() or ".." in pure.parts or "\\" in path or "\0" in path or path[1:2] == ":")


def _slashed(name: str) -> str:
    return name.replace("\\", "/")


def is_hidden(name: str) -> bool:
    """Whether a file or folder is hidden or created by an operating system (`__MACOSX`, `Thumbs.db`, ...)."""
    return name.startswith(".") or name.casefold() in _SYSTEM_FILES


def reason(error: BaseException) -> str:
    """The message of an exception on one line of at most 120 characters."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(text.split())[:120]


def printable(text: str) -> str:
    """The text on one line, with replacement characters for unprintable ones and those that UTF-8 cannot encode."""
    if text.isprintable():
        return text
    joiner = "\u200d"  # joins emoji; str.isprintable() is False for it
    return "".join(char if char.isprintable() or char == joiner else "\N{REPLACEMENT CHARACTER}" for char in text)


def _name_fault(path: str) -> Unreadable | None:
    if "\\" in path:
        return Unreadable("a file's name has a backslash", "rename it")
    if not is_inside(path):
        return Unreadable(*_OUTSIDE)
    if printable(path) != path:
        return Unreadable("a file's name has characters that cannot be shown", "rename it")
    return None


def _member_fault(member: zipfile.ZipInfo) -> Unreadable | None:
    again = "make the zip again"
    if fault := _name_fault(_slashed(member.filename)):
        return fault
    if member.flag_bits & _ENCRYPTED:
        return Unreadable("a file is encrypted", f"{again} without a password")
    if stat.S_ISLNK(member.external_attr >> 16):
        return Unreadable("a file is a link", f"{again} with the file itself")
    if member.compress_type not in _READABLE_METHODS:
        return Unreadable("a file's compression is neither store nor deflate", again)
    return None

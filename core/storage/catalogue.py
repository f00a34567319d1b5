"""The folder of a user's studies: list them, open or delete one by its id."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.common.errors import StudyError
from core.storage.kept import kept_path
from core.storage.layout import ARMS
from core.storage.leftovers import DELETED
from core.storage.study import Study

STUDIES_VARIABLE = "UNCOLLAPSE_STUDIES"


@dataclass(frozen=True)
class StudySummary:
    """A study in a list; one that cannot be opened carries its error."""

    id: str
    path: Path
    name: str = ""
    created: str = ""
    n_items: int = 0
    arms: tuple[str, ...] = ()
    has_recipe: bool = False
    """Whether a recipe made it; imported ones have none."""
    error: str | None = None


def studies_root() -> Path:
    """The folder of the user's studies."""
    return Path(os.environ.get(STUDIES_VARIABLE, "studies")).absolute()


def list_studies(root: Path) -> list[StudySummary]:
    """All studies below a root, newest first; damaged ones last, with their error."""
    found = [_summary(root / id) for id in _ids(root)]
    return sorted(found, key=lambda s: (s.error is None, s.created), reverse=True)


def open_study(root: Path, id: str) -> Study:
    """A study by its id, which may come from a browser. Raises StudyError for anything outside the root."""
    if id not in _ids(root):
        raise StudyError(f"there is no study called {id[:80]!r}")
    return Study.load(root / id)


def fingerprint(folder: Path) -> int:
    """Changes as soon as a file of the study is replaced, rewritten, truncated or deleted; comparable within a process.

    A study in memory reads mapped files, and reading one truncated since would crash the program: compare first.
    """
    return hash(frozenset(_states(folder)))


def _states(study: Path) -> Iterator[tuple[str, int, int]]:
    """Path, size and time of every entry directly in a study's folder or in one of its arms'."""
    try:
        for folder in [str(study), *(arm.path for arm in os.scandir(study / ARMS))]:
            for entry in os.scandir(folder):
                state = entry.stat()
                yield entry.path, state.st_size, state.st_mtime_ns
    except OSError:  # not there, or deleted meanwhile
        yield "", -1, -1


def _ids(root: Path) -> list[str]:
    """Names of the folders directly below a root; hidden ones and links are not studies."""
    if not root.is_dir():
        return []
    return [p.name for p in root.iterdir() if p.is_dir() and not p.is_symlink() and not p.name.startswith(".")]


def _summary(folder: Path) -> StudySummary:
    try:
        study = Study.load(folder)
        return StudySummary(
            folder.name,
            folder,
            study.name,
            study.created,
            len(study.items),
            tuple(study.arms),
            has_recipe=study.recipe is not None,
        )
    except StudyError as error:
        return StudySummary(folder.name, folder, error=str(error))


def delete_study(root: Path, id: str) -> None:
    """Remove a study, damaged ones too, and the selections kept of it, for good.

    Raises StudyError for anything outside the root.
    """
    if id not in _ids(root):
        raise StudyError(f"there is no study called {id[:80]!r}")
    try:
        waste = Path(tempfile.mkdtemp(prefix=DELETED, dir=root))
        (root / id).rename(waste / id)  # first renamed, so that nobody opens half a study
        shutil.rmtree(waste)
        kept_path(root / id).unlink(missing_ok=True)
    except OSError as error:
        raise StudyError(f"cannot delete the study {id}: {error.strerror or error}") from None

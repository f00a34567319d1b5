"""Selections that people keep: named sets of items with a comment, beside the study, which itself never changes.

`ROOT/.kept/ID.jsonl` has a line for every change. The present state is what they come to, one after the other, so that
every change can be undone, and a program that is killed loses at most the line it was writing.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import numpy as np
from jaxtyping import Int, Int64

from core.common.errors import DataError, StudyError, shown
from core.common.lock import held
from core.storage.study import Study

FOLDER = ".kept"
MAX_KEPT = 200
LONGEST_NAME, LONGEST_COMMENT = 60, 1000


@dataclass(frozen=True)
class Kept:
    """One selection."""

    name: str
    runs: tuple[tuple[int, int], ...]
    """Its ids, ascending, as runs of neighbouring ones, each from its first to after its last."""
    comment: str
    at: str
    """When it was kept, ISO 8601 in UTC."""

    @property
    def ids(self) -> Int64[np.ndarray, "m"]:
        """Ascending."""
        return np.concatenate([np.arange(begin, end) for begin, end in self.runs])

    def __len__(self) -> int:
        return sum(end - begin for begin, end in self.runs)


class KeptSelections:
    """Those of one study; each call reads the file again, since others may have changed it."""

    def __init__(self, study: Path, *, created: str, n_items: int) -> None:
        """study: its folder. created, n_items: as the study says; what was kept of another in its place is not its."""
        self.path = kept_path(study)
        self._created, self._n_items = created, n_items

    @classmethod
    def of(cls, study: Study) -> Self:
        return cls(study.path, created=study.created, n_items=len(study.items))

    def all(self) -> list[Kept]:
        """In the order in which they were first kept."""
        return list(self._states()[-1].values())

    def keep_selection(self, name: str, ids: Int[np.ndarray, "m"] | Sequence[int], comment: str = "") -> None:
        """Keep items under a name; one that is there is replaced. Raises DataError, and StudyError on a full disk."""
        name, comment = plain_name(name), comment.strip()
        found = np.unique(np.asarray(ids, dtype=np.int64))
        if not name or len(name) > LONGEST_NAME or not name.isprintable():
            raise DataError(f"a selection needs a name of 1 to {LONGEST_NAME} characters")
        if len(comment) > LONGEST_COMMENT:
            raise DataError(f"the comment has {len(comment):,} characters; write at most {LONGEST_COMMENT:,}")
        if not len(found) or found[0] < 0 or found[-1] >= self._n_items:
            raise DataError(f'nothing can be kept as "{shown(name)}": select items of this study first')
        others = {kept.name for kept in self.all()} - {name}
        if len(others) >= MAX_KEPT:
            raise DataError(f"{MAX_KEPT} selections are kept already; remove one first")
        at = datetime.now(UTC).isoformat(timespec="seconds")
        self._append({"do": "keep", "name": name, "runs": _runs(found), "comment": comment, "at": at})

    def remove_selection(self, name: str) -> None:
        """Keep a selection no longer; does nothing where there is none of the name."""
        if any(kept.name == name for kept in self.all()):
            self._append({"do": "remove", "name": name})

    def undo_selection(self) -> None:
        """Take back the last change that was not taken back yet; does nothing where there is none."""
        if self.can_undo:
            self._append({"do": "undo"})

    @property
    def can_undo(self) -> bool:
        return len(self._states()) > 1

    def _states(self) -> list[dict[str, Kept]]:
        """The selections by name after every change that was not taken back, from none on."""
        states: list[dict[str, Kept]] = [{}]
        for change in self._changes():
            if change["do"] == "undo":
                if len(states) > 1:
                    states.pop()
                continue
            after = dict(states[-1])
            if change["do"] == "keep":
                runs = tuple((begin, end) for begin, end in change["runs"])
                after[change["name"]] = Kept(change["name"], runs, change["comment"], change["at"])
            else:
                after.pop(change["name"], None)
            states.append(after)
        return states

    def _changes(self) -> list[dict[str, Any]]:
        """Of this study, not of one that had its place before it; lines that are damaged are left out."""
        try:
            lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return []
        read = [_change(line, n=self._n_items) for line in lines]
        return [change for change in read if change is not None and change["study"] == self._created]

    def _append(self, change: dict[str, Any]) -> None:
        line = json.dumps({"study": self._created, **change}, ensure_ascii=False) + "\n"
        try:
            self.path.parent.mkdir(exist_ok=True)
            with held(self.path.with_suffix(".lock")), self.path.open("a+b") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - 1))
                begun = file.read(1) not in {b"", b"\n"}  # by a program that was killed
                file.write(b"\n" * begun + line.encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise StudyError(f"the selection cannot be kept ({error.strerror or error}); nothing was lost") from None


def plain_name(text: str) -> str:
    """The name under which a selection is kept, of what somebody typed: on one line."""
    return " ".join(text.split())


def kept_path(study: Path) -> Path:
    """The file of a study's kept selections, which need not exist."""
    return study.parent / FOLDER / f"{study.name}.jsonl"


def _change(line: str, *, n: int) -> dict[str, Any] | None:
    """A line that says what it should; None for any other. n: items of the study."""
    try:
        change = json.loads(line)
        texts = {"keep": ("name", "comment", "at"), "remove": ("name",), "undo": ()}[change["do"]]
        if not all(isinstance(change[key], str) for key in ("study", *texts)):
            return None
        if change["do"] == "keep":
            ends = np.asarray(change["runs"], dtype=np.int64)
            if ends.ndim != 2 or ends.shape[1] != 2 or not len(ends) or ends.min() < 0 or ends.max() > n:
                return None
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return None
    return change


def _runs(ids: Int[np.ndarray, "m"]) -> list[list[int]]:
    """As in `Kept.runs`."""
    breaks = np.flatnonzero(np.diff(ids) > 1) + 1
    return [[int(run[0]), int(run[-1]) + 1] for run in np.split(ids, breaks)]

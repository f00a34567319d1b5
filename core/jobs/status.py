"""How far a run is: written by the run itself through StatusWriter, read by the app."""

import contextlib
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from core.common.errors import UncollapseError
from core.common.strict_json import read_json_if_valid, write_json

State = Literal["queued", "running", "done", "failed", "cancelled"]
Row = dict[str, Any]

_FINAL = frozenset({"done", "failed", "cancelled"})
_HISTORY = 500  # epoch rows kept
_INTERVAL = 0.2  # seconds between two writes of the status


@dataclass(frozen=True)
class Status:
    """How far a run is."""

    state: State = "queued"
    """`queued` until the run reports for the first time."""
    stage: str = ""
    """What it is doing, such as "train" or "maps"."""
    arm: str = ""
    """The arm that the last report is about."""
    epoch: int = 0
    """Finished epochs of this arm."""
    epochs: int = 0
    """Epochs of this arm in all."""
    fraction: float = 0.0
    """Share of the whole run that is done, 0 to 1."""
    message: str = ""
    """One line for people."""
    started: float = 0.0
    """Seconds since 1970."""
    updated: float = 0.0
    """Seconds since 1970 of the last report."""
    study: str = ""
    """Folder of the finished study."""
    error: str = ""
    """Why it failed, in one sentence; for a run that stopped unexpectedly, with the end of its log."""
    pid: int | None = None
    """Process of a run that is under way."""
    first_report: Sequence[float] | None = None
    """Time of the first report, in seconds since 1970, and `fraction` then: a resumed run does not begin at 0."""
    history: list[Row] = field(default_factory=list)
    """One row per epoch, oldest first, the last 500."""

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.state in _FINAL

    def elapsed(self) -> float:
        """Seconds since the run's start, or from there to its end."""
        return max(0.0, (self.updated if self.over else time.time()) - self.started)

    def time_left(self) -> float | None:
        """Seconds until the end at the pace so far; None before there is one."""
        if self.state != "running" or self.first_report is None:
            return None
        began, done = self.first_report
        if self.fraction <= done or self.updated <= began:
            return None
        pace = (self.fraction - done) / (self.updated - began)
        return max(0.0, (1 - self.fraction) / pace - (time.time() - self.updated))


class StatusWriter:
    """Writes a run's status from inside it; as a context manager it also reports an exception that ends the run.

    A status that cannot be written never stops a run: on a full disk, or without the folder, the old one stays.
    """

    def __init__(self, path: Path) -> None:
        """path: status.json; the history of an earlier attempt of this run is taken over from it."""
        self._path = Path(path)
        self._status = Status(state="running", started=time.time(), history=read_status(self._path).history)
        self._write()

    def update(self, *, row: Row | None = None, **changes: Any) -> None:
        """Report progress: any field of Status, and `row` to add to its history as this arm's and epoch's.

        A new state, stage or arm is written at once, anything else at most five times a second.
        """
        before, self._status = self._status, replace(self._status, **changes)
        if row is not None:
            self._add({"arm": self._status.arm, "epoch": self._status.epoch, **row})
        now = self._status
        if now.first_report is None and now.fraction > 0:
            now = self._status = replace(now, first_report=(time.time(), now.fraction))
        at_once = (now.state, now.stage, now.arm) != (before.state, before.stage, before.arm)
        if at_once or time.monotonic() - self._written >= _INTERVAL:
            self._write()

    def done(self, study: Path) -> None:
        """Report success; study: the folder written."""
        self.update(state="done", fraction=1.0, study=str(study))

    def failed(self, error: str) -> None:
        """Report failure, in one sentence."""
        self.update(state="failed", error=error)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, UncollapseError):
            self.failed(str(error))
        elif isinstance(error, KeyboardInterrupt):
            self.update(state="cancelled")
        elif isinstance(error, Exception):
            self.failed(f"the run stopped on {type(error).__name__}: {error}; its log has the details")

    def _add(self, row: Row) -> None:
        """A resumed run repeats its last epoch: the new row replaces the old one."""
        place = (row["arm"], row["epoch"])
        others = [r for r in self._status.history if (r["arm"], r["epoch"]) != place]
        self._status = replace(self._status, history=[*others, row][-_HISTORY:])

    def _write(self) -> None:
        self._status = replace(self._status, updated=time.time())
        with contextlib.suppress(OSError):
            write_json(self._path, asdict(self._status))
        self._written = time.monotonic()


def queued(history: Sequence[Row] = ()) -> Status:
    """The status of a run that has not reported yet."""
    now = time.time()
    return Status(started=now, updated=now, history=list(history))


def read_status(path: Path) -> Status:
    """The status in a file; an empty one where it is missing or broken."""
    return Status(**{key: value for key, value in read_json_if_valid(path).items() if key in _STATUS_FIELDS})


_STATUS_FIELDS = frozenset(f.name for f in fields(Status))

"""Runs in the background: start, watch, cancel, resume.

A run is a subprocess in a session of its own, so it survives the app that started it. All that is known of it
lies in `ROOT/.jobs/ID/`: recipe.toml, log.txt, process.json (written by whoever starts it) and status.json
(written by the run itself, through StatusWriter). The study appears at `ROOT/ID` when it is whole.
"""

import contextlib
import errno
import fcntl
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import psutil

from core.config import Recipe
from core.errors import RecipeError, StudyError, UncollapseError
from core.workspace import unfinished

State = Literal["queued", "running", "done", "failed", "cancelled"]
COMMAND = (sys.executable, "-m", "core", "run")
Row = dict[str, Any]

_REPO = Path(__file__).parent.parent
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_FINAL = frozenset({"done", "failed", "cancelled"})
_HISTORY = 500  # epoch rows kept
_INTERVAL = 0.2  # seconds between two writes of the status
_START_SECONDS = 20  # a run without a process for this long was never started
_GRACE_SECONDS = 5  # between SIGTERM and SIGKILL
_TAIL_BYTES = 64 * 1024


@dataclass(frozen=True)
class Status:
    """How far a run is."""

    state: State = "queued"
    """`queued` until the run reports for the first time."""
    stage: str = ""
    """What it is doing, such as "train" or "map"."""
    arm: str = ""
    """The arm it is doing that for."""
    epoch: int = 0
    """Epochs of this arm that are done."""
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
    history: list[Row] = field(default_factory=list)
    """One row per epoch, oldest first, the last 500."""

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.state in _FINAL


class StatusWriter:
    """Writes a run's status from inside it; as a context manager it also reports an end by an exception.

    Writing never stops a run: where the disk is full or the folder gone, the status stays as it was.
    """

    def __init__(self, path: Path) -> None:
        """path: status.json; the history of an earlier attempt of this run is taken over from it."""
        self._path = Path(path)
        self._status = Status(state="running", started=time.time(), history=_read_status(self._path).history)
        self._write()

    def update(self, *, row: Row | None = None, **changes: Any) -> None:
        """Report progress: any field of Status, and `row` to add to its history as this arm's and epoch's.

        A new state, stage or arm is written at once, anything else at most five times a second.
        """
        before, self._status = self._status, replace(self._status, **changes)
        if row is not None:
            self._add({"arm": self._status.arm, "epoch": self._status.epoch, **row})
        now = self._status
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
        """A resumed run does its last epoch again: the new row takes the old one's place."""
        place = (row["arm"], row["epoch"])
        others = [r for r in self._status.history if (r["arm"], r["epoch"]) != place]
        self._status = replace(self._status, history=[*others, row][-_HISTORY:])

    def _write(self) -> None:
        self._status = replace(self._status, updated=time.time())
        with contextlib.suppress(OSError):
            _write_json(self._path, asdict(self._status))
        self._written = time.monotonic()


@dataclass(frozen=True)
class Job:
    """One run, known by its id."""

    id: str
    root: Path
    """The folder of the studies."""

    @property
    def folder(self) -> Path:
        """Recipe, log and status of the run."""
        return self.root / ".jobs" / self.id

    @property
    def study(self) -> Path:
        """Where the study appears when the run is done."""
        return self.root / self.id

    @property
    def recipe(self) -> Path:
        """The recipe it runs, as TOML."""
        return self.folder / "recipe.toml"

    def status(self) -> Status:
        """How far the run is; one whose process has gone without a word has failed."""
        record = _read_json(self._process_file)
        process = self._process(record)  # looked for first: a status read after its end is the final one
        status = _read_status(self._status_file)
        if status.over:
            return status
        if process is not None:
            return replace(status, pid=process.pid)
        if not record and time.time() - status.updated < _START_SECONDS:
            return status
        if _read_json(self._process_file) != record:  # it was started again while we looked
            return self.status()
        if (self.study / "study.json").exists():
            return replace(status, state="done", fraction=1.0, study=str(self.study))
        return replace(status, state="failed", error=self._last_words())

    def wait(self, timeout: float = 3600) -> Status:
        """Block until the run is over. Raises TimeoutError after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while not (status := self.status()).over:
            if time.monotonic() > deadline:
                raise TimeoutError(f"run {self.id} is still {status.state} after {timeout:g} s")
            time.sleep(0.05)
        return status

    def cancel(self, *, discard: bool = True) -> Status:
        """End the run with all its processes; one that is over is left as it is.

        discard: remove what it had written. Otherwise `resume` goes on where it stopped.
        """
        with self._locked():
            return self._cancel(discard=discard)

    def log_tail(self, lines: int = 20) -> str:
        """The last lines that the run printed."""
        try:
            with (self.folder / "log.txt").open("rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - _TAIL_BYTES))
                text = log.read().decode("utf-8", errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    @property
    def _status_file(self) -> Path:
        return self.folder / "status.json"

    @property
    def _process_file(self) -> Path:
        return self.folder / "process.json"

    def _process(self, record: dict[str, Any]) -> psutil.Process | None:
        """The live process of this run.

        The system gives the number of a process that has ended to another one, so its command must be ours
        too. (Its start time would also tell, but that moves whenever the clock is set.) A zombie has none, which
        is an error here; nor, for a moment, has a process that is just being started.
        """
        with contextlib.suppress(psutil.Error, KeyError, TypeError, ValueError):
            process = psutil.Process(record["pid"])
            command = process.cmdline()
            if not command or str(self._status_file) in command:
                return process
        return None

    def _last_words(self) -> str:
        tail = self.log_tail(5)
        return f"the run stopped unexpectedly{'; its last lines were:' if tail else ''}\n{tail}".strip()

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """One thread of one process at a time starts, cancels or deletes; a lock dies with its owner."""
        try:
            lock = (self.folder / "lock").open("w")
        except FileNotFoundError:
            raise _no_job(self.id) from None
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _cancel(self, *, discard: bool) -> Status:
        status = self.status()
        if not status.over:
            if process := self._process(_read_json(self._process_file)):
                _end(process)
            status = replace(status, state="cancelled", pid=None, updated=time.time())
            if discard:
                self._discard()
                status = replace(status, history=[])
            with contextlib.suppress(OSError):  # on a full disk it is ended all the same
                _write_json(self._status_file, asdict(status))
        return status

    def _discard(self) -> None:
        shutil.rmtree(unfinished(self.study), ignore_errors=True)

    def _launch(self, command: Sequence[str], *, resume: bool = False) -> None:
        """Start the process, once nothing is left that speaks of an earlier one."""
        self._process_file.unlink(missing_ok=True)
        history = _read_status(self._status_file).history
        _write_json(self._status_file, asdict(_queued(history)))
        arguments = [str(self.recipe), "--out", str(self.study), "--status", str(self._status_file)]
        with (self.folder / "log.txt").open("ab") as log:
            process = subprocess.Popen(
                [*command, *arguments, *(["--resume"] if resume else [])],
                cwd=_REPO,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        threading.Thread(target=process.wait, daemon=True).start()  # leaves no zombie
        try:
            _write_json(self._process_file, {"pid": process.pid})
        except OSError:
            process.kill()  # nobody could watch or cancel it
            raise


def start(recipe: Recipe | str, *, root: Path, command: Sequence[str] = COMMAND) -> Job:
    """Start a run; its id is the recipe's name, with a number where that is taken.

    recipe: a checked one, the name of a shipped one, or TOML. Raises RecipeError, and StudyError where the
    root cannot be written.
    """
    recipe = _checked(recipe)
    root = Path(root).absolute()
    names = (recipe.name if n == 1 else f"{recipe.name}-{n}" for n in itertools.count(1))
    job = next(job for name in names if _claim(job := Job(name, root), recipe))
    _first_launch(job, command)
    return job


def start_once(name: str, root: Path, *, command: Sequence[str] = COMMAND) -> Job:
    """The run of a shipped recipe under its own name, started by whoever asks first.

    However many sessions and processes ask at the same time, one run starts; one that is over, or whose study
    is there, is not repeated. Raises RecipeError for an unknown name, StudyError for an unwritable root.
    """
    job = Job(name, Path(root).absolute())
    if _claim(job, Recipe.load(name)):
        _first_launch(job, command)
    return job


def resume(job: Job, *, command: Sequence[str] = COMMAND) -> Job:
    """Start a failed or cancelled run again where it stopped; one under way or done is left alone."""
    with _writing(job.root), job._locked():
        if job.status().state in {"failed", "cancelled"}:
            job._launch(command, resume=True)
    return job


def delete(job: Job) -> None:
    """Forget a run, ending it first; a finished study stays."""
    with job._locked():
        job._cancel(discard=True)
        job._discard()
        waste = Path(tempfile.mkdtemp(prefix=".deleted-", dir=job.folder.parent))
        job.folder.rename(waste / job.id)
    shutil.rmtree(waste, ignore_errors=True)


def list_jobs(root: Path) -> list[Job]:
    """All runs under a studies folder, newest first."""
    root = Path(root).absolute()
    recipes = [path for path in (root / ".jobs").glob("*/recipe.toml") if _ID.fullmatch(path.parent.name)]
    return [Job(path.parent.name, root) for path in sorted(recipes, key=_age)]


def get_job(root: Path, id: str) -> Job:
    """A run by its id, which may come from a browser. Raises StudyError where there is none."""
    job = Job(id, Path(root).absolute())
    if not _ID.fullmatch(id) or not job.recipe.is_file():
        raise _no_job(id)
    return job


def _checked(recipe: Recipe | str) -> Recipe:
    if isinstance(recipe, Recipe):
        return recipe
    if "=" not in recipe:
        return Recipe.load(recipe)
    try:
        return Recipe.from_dict(tomllib.loads(recipe))
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"the recipe is not valid TOML: {error}") from None


def _claim(job: Job, recipe: Recipe) -> bool:
    """Make the job's folder, whole at once; False where the job or its study is there already."""
    if job.study.exists() or job.folder.exists():
        return False
    with _writing(job.root):
        job.folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".new-", dir=job.folder.parent))
        try:
            (draft / "recipe.toml").write_text(recipe.to_toml(), encoding="utf-8")
            _write_json(draft / "status.json", asdict(_queued()))
            draft.rename(job.folder)
        except OSError as error:
            shutil.rmtree(draft, ignore_errors=True)
            if error.errno in {errno.EEXIST, errno.ENOTEMPTY}:
                return False
            raise
    return True


def _first_launch(job: Job, command: Sequence[str]) -> None:
    with _writing(job.root), job._locked():
        if not job.status().over:  # cancelled before it began
            job._launch(command)


@contextlib.contextmanager
def _writing(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StudyError(f"cannot start a run under {root}: {error.strerror or error}") from None


def _queued(history: Sequence[Row] = ()) -> Status:
    now = time.time()
    return Status(started=now, updated=now, history=list(history))


def _end(process: psutil.Process) -> None:
    """SIGTERM to the process's whole group, SIGKILL to what is still there after a while."""
    with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
        family = [process, *process.children(recursive=True)]
        os.killpg(process.pid, signal.SIGTERM)
        _, stubborn = psutil.wait_procs(family, timeout=_GRACE_SECONDS)
        for member in stubborn:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()
        psutil.wait_procs(stubborn, timeout=_GRACE_SECONDS)


def _age(recipe: Path) -> int:
    try:
        return -recipe.stat().st_mtime_ns
    except FileNotFoundError:  # deleted since it was listed
        return 0


def _no_job(id: str) -> StudyError:
    return StudyError(f'there is no run called "{id[:100]}": it may have been deleted')


def _read_status(path: Path) -> Status:
    return Status(**{key: value for key, value in _read_json(path).items() if key in _STATUS_FIELDS})


def _read_json(path: Path) -> dict[str, Any]:
    """Empty where the file is missing or broken."""
    with contextlib.suppress(OSError, ValueError):
        values = json.loads(path.read_text(encoding="utf-8"))
        return values if isinstance(values, dict) else {}
    return {}


def _write_json(path: Path, values: dict[str, Any]) -> None:
    """Whole or not at all; each file has one writer at a time."""
    draft = path.with_name(f".{path.name}")
    try:
        draft.write_text(json.dumps(values, default=_plain), encoding="utf-8")
        draft.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise


def _plain(value: Any) -> Any:
    """numpy's and torch's scalars as Python's."""
    return value.item() if hasattr(value, "item") else str(value)


_STATUS_FIELDS = frozenset(f.name for f in fields(Status))

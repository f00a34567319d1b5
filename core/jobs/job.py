"""Runs in the background: start, watch, cancel, resume.

A run is a subprocess in a session of its own, so it survives the app that started it. All that is known of it lies in
`ROOT/.jobs/ID/`: recipe.toml or import.toml, log.txt, process.json and ticket.json (written when it is started),
status.json (written by the run itself, through StatusWriter), and files/ that were uploaded for an import. The study
appears at `ROOT/ID` when it is complete.

Runs take turns (`core.jobs.queue`), because in parallel they would compete for the cores; those of seconds have a lane
of their own (`core.jobs.lane`). Each waits in its own
process, so the queue advances without the app.
"""

import contextlib
import errno
import itertools
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import psutil

from core.access.allowed_paths import check_import_spec, check_recipe
from core.common.errors import RecipeError, StudyError, UncollapseError, shown
from core.common.files import write_text
from core.common.lock import held
from core.common.strict_json import read_json_if_valid, write_json
from core.jobs import prefork, queue, subprocesses
from core.jobs.lane import Lane, give_way, lane_of
from core.jobs.status import Status, queued, read_status
from core.recipe.import_spec import ImportSpec
from core.recipe.recipe import Recipe
from core.storage.layout import DESCRIPTION
from core.storage.leftovers import DELETED, unfinished

COMMAND = (*prefork.CORE, "run")
IMPORT = (*prefork.CORE, "import")

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_START_SECONDS = 20  # a run without a process for this long was never started
_GRACE_SECONDS = 0.7  # between SIGTERM and SIGKILL, which loses no more than the epoch under way
_END_SECONDS = 5  # after SIGKILL
_TAIL_BYTES = 64 * 1024
_POLL_SECONDS = 0.5  # between two looks at the queue


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
        """The recipe it runs, as TOML; not there for an import."""
        return self.folder / "recipe.toml"

    @property
    def import_spec(self) -> Path:
        """What an import is made from, as TOML; not there for a recipe's run."""
        return self.folder / "import.toml"

    def status(self) -> Status:
        """How far the run is; failed if its process has ended without reporting an end."""
        record = read_json_if_valid(self._process_file)
        process = self._process(record)  # looked for first: a status read after its end is the final one
        status = read_status(self._status_file)
        if status.over:
            return status
        if process is not None:
            return replace(status, pid=process.pid)
        if not record and time.time() - status.updated < _START_SECONDS:
            return status
        if read_json_if_valid(self._process_file) != record:  # it was started again in the meantime
            return self.status()
        if (self.study / DESCRIPTION).exists():
            return replace(status, state="done", fraction=1.0, study=str(self.study))
        return replace(status, state="failed", error=self._crash_message())

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

    def ahead(self) -> "list[Job]":
        """The runs that this one waits for, in the order of the queue; none once it may begin."""
        return [job for id in queue.ahead_of(self.folder) if not (job := Job(id, self.root)).status().over]

    def go_now(self) -> None:
        """Do not wait for other runs any longer."""
        with _writing(self.root), self._locked():
            if self.status().state == "queued":
                queue.move_to_front(self.folder)

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

        The number of a process that has ended is given to another one by and by, so the command line must be this
        run's too. (The start time would also identify it, but changes whenever the clock is set.) A zombie has no
        command line, which raises an error here; a process that is just being started has an empty one.
        """
        with contextlib.suppress(psutil.Error, KeyError, TypeError, ValueError):
            process = psutil.Process(record["pid"])
            command = process.cmdline()
            if not command or record.get("mark") in command:
                return process
        return None

    def _crash_message(self) -> str:
        tail = self.log_tail(5)
        return f"the run stopped unexpectedly{'; its last lines were:' if tail else ''}\n{tail}".strip()

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """One thread of one process at a time starts, cancels or deletes; the lock is released if its owner dies."""
        if not self.folder.is_dir():
            raise _no_job(self.id)
        with held(self.folder.with_name(f".{self.id}.lock")):
            if not self.folder.is_dir():  # deleted while this waited for the lock
                raise _no_job(self.id)
            yield

    def _cancel(self, *, discard: bool) -> Status:
        status = self.status()
        if not status.over:
            if process := self._process(read_json_if_valid(self._process_file)):
                _end(process)
            status = replace(status, state="cancelled", pid=None, updated=time.time())
            if discard:
                self._discard()
                status = replace(status, history=[])
            with contextlib.suppress(OSError):  # a full disk: the run has ended all the same
                write_json(self._status_file, asdict(status))
        return status

    def _discard(self) -> None:
        shutil.rmtree(unfinished(self.study), ignore_errors=True)

    def _launch(self, command: Sequence[str], *, resume: bool = False, at_once: bool = False) -> None:
        """Start the process, after removing the record of an earlier one."""
        self._process_file.unlink(missing_ok=True)
        history = read_status(self._status_file).history
        write_json(self._status_file, asdict(queued(history)))
        queue.enqueue(
            self.folder, lane=self._lane(), at_once=at_once, is_over=lambda id: Job(id, self.root).status().over
        )
        task = self.import_spec if self.import_spec.exists() else self.recipe
        arguments = [str(task), "--out", str(self.study), "--status", str(self._status_file)]
        process, mark = self._begin([*command, *arguments, *(["--resume"] if resume else [])])
        try:
            write_json(self._process_file, {"pid": process.pid, "mark": mark})
        except OSError:
            process.kill()  # without the record it could not be watched or cancelled
            raise

    def _lane(self) -> Lane:
        try:
            return lane_of(
                ImportSpec.load(self.import_spec) if self.import_spec.exists() else Recipe.load(str(self.recipe))
            )
        except UncollapseError:  # it will say so itself
            return "small"

    def _begin(self, command: Sequence[str]) -> tuple[subprocess.Popen[Any], str]:
        """The process that runs this command, and the part of its command line that identifies it."""
        path = self.folder / "log.txt"
        if spare := prefork.take(command, log=path):
            return spare.process, spare.mark
        with path.open("ab") as log:
            return subprocesses.start(command, output=log), str(self._status_file)


def start(recipe: Recipe | str, *, root: Path, at_once: bool = False, command: Sequence[str] = COMMAND) -> Job:
    """Start a run; its id is the recipe's name, with a number where that is taken.

    recipe: a checked one, the name of a shipped one, or TOML. at_once: do not wait for the runs that came earlier.
    Raises RecipeError, DataError for paths that are not allowed, and StudyError where the root cannot be written.
    """
    recipe = _checked(recipe)
    check_recipe(recipe)
    job = next(job for job in _candidates(root, recipe.name) if _claim(job, {job.recipe.name: recipe.to_toml()}))
    _first_launch(job, command, at_once=at_once)
    return job


def start_import(
    spec: ImportSpec, *, root: Path, name: str, files: Path | None = None, command: Sequence[str] = IMPORT
) -> Job:
    """Start an import, which takes its turn among the runs.

    files: a folder that holds some of the spec's files; it is moved into the job's own, and deleted with that.
    Raises DataError for paths that are not allowed, and StudyError where the root cannot be written.
    """
    check_import_spec(spec)
    job = next(job for job in _candidates(root, name) if _claim(job, {job.import_spec.name: spec.to_toml()}))
    if files is not None:
        with _writing(job.root):
            files.rename(job.folder / "files")
            write_text(job.import_spec, spec.moved(files, job.folder / "files").to_toml())
    _first_launch(job, command)
    return job


def would_wait_for(task: Recipe | ImportSpec, *, root: Path) -> list[Job]:
    """The runs and imports under way that a new one would wait for."""
    lane = lane_of(task)
    live = [job for job in (*list_jobs(root), *list_imports(root)) if not job.status().over]
    return [job for job in live if job._lane() == lane]


def next_id(root: Path, name: str) -> str:
    """The id that the next run of this name gets."""
    return next(job.id for job in _candidates(root, name) if not job.study.exists() and not job.folder.exists())


def start_once(name: str, root: Path, *, command: Sequence[str] = COMMAND) -> Job:
    """The run of a shipped recipe under its own name, started by the first call.

    However many sessions and processes ask at the same time, one run starts; one that failed or was cancelled, or
    whose study is there, is not repeated. Raises RecipeError for an unknown name, StudyError for an unwritable root.
    """
    job = Job(name, Path(root).absolute())
    if job.folder.exists() and not job.study.exists() and job.status().state == "done":
        delete(job)  # its study has been deleted since
    if _claim(job, {job.recipe.name: Recipe.load(name).to_toml()}):
        _first_launch(job, command)
    return job


def resume(job: Job, *, command: Sequence[str] = COMMAND) -> Job:
    """Start a failed or cancelled run again where it stopped; one under way or done is left alone."""
    with _writing(job.root), job._locked():
        if job.status().state in {"failed", "cancelled"}:
            job._launch(command, resume=True)
    return job


def wait_for_turn(status_file: Path) -> None:
    """Block until the run whose status this is may begin; called inside it. Raises StudyError if it is deleted."""
    folder = status_file.absolute().parent
    job = Job(folder.name, folder.parent.parent)
    while job.ahead():
        time.sleep(_POLL_SECONDS)
    if not folder.is_dir():
        raise _no_job(job.id)
    if queue.gives_way(folder, is_over=lambda id: Job(id, job.root).status().over):
        give_way()


def delete(job: Job) -> None:
    """Delete the record of a run, ending it first; a finished study stays."""
    with job._locked():
        job._cancel(discard=True)
        job._discard()
        waste = Path(tempfile.mkdtemp(prefix=DELETED, dir=job.folder.parent))
        job.folder.rename(waste / job.id)
    shutil.rmtree(waste, ignore_errors=True)


def list_jobs(root: Path) -> list[Job]:
    """All runs of recipes under a studies folder, newest first."""
    return _list(root, "recipe.toml")


def list_imports(root: Path) -> list[Job]:
    """All imports, newest first."""
    return _list(root, "import.toml")


def _list(root: Path, task: str) -> list[Job]:
    root = Path(root).absolute()
    tasks = [path for path in (root / ".jobs").glob(f"*/{task}") if _ID.fullmatch(path.parent.name)]
    return [Job(path.parent.name, root) for path in sorted(tasks, key=_age)]


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


def _candidates(root: Path, name: str) -> Iterator[Job]:
    root = Path(root).absolute()
    return (Job(name if n == 1 else f"{name}-{n}", root) for n in itertools.count(1))


def _claim(job: Job, texts: dict[str, str]) -> bool:
    """Make the job's folder in one atomic step; False where the job or its study exists already."""
    if job.study.exists() or job.folder.exists():
        return False
    with _writing(job.root):
        job.folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".new-", dir=job.folder.parent))
        try:
            for name, text in texts.items():
                (draft / name).write_text(text, encoding="utf-8")
            write_json(draft / "status.json", asdict(queued()))
            draft.rename(job.folder)
        except OSError as error:
            shutil.rmtree(draft, ignore_errors=True)
            if error.errno in {errno.EEXIST, errno.ENOTEMPTY}:
                return False
            raise
    return True


def _first_launch(job: Job, command: Sequence[str], *, at_once: bool = False) -> None:
    with _writing(job.root), job._locked():
        if not job.status().over:  # cancelled before it began
            job._launch(command, at_once=at_once)


@contextlib.contextmanager
def _writing(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StudyError(f"cannot start a run under {shown(root)}: {error.strerror or error}") from None


def _end(process: psutil.Process) -> None:
    """SIGTERM to the process's whole group, SIGKILL to what still runs after _GRACE_SECONDS."""
    with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
        group = [process, *process.children(recursive=True)]
        os.killpg(process.pid, signal.SIGTERM)
        _, remaining = psutil.wait_procs(group, timeout=_GRACE_SECONDS)
        for member in remaining:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()
        psutil.wait_procs(remaining, timeout=_END_SECONDS)


def _age(recipe: Path) -> int:
    try:
        return -recipe.stat().st_mtime_ns
    except FileNotFoundError:  # deleted since it was listed
        return 0


def _no_job(id: str) -> StudyError:
    return StudyError(f'there is no run called "{id[:100]}": it may have been deleted')

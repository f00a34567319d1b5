"""Run cases side by side, each in a process of its own with limits of time and memory.

A lane is a process that has loaded the libraries and forks itself for each case, which costs milliseconds where a fresh
`python -m core` costs seconds. The command itself must not have run in a lane: its threads would not survive a fork.
"""

import contextlib
import ctypes
import multiprocessing
import os
import resource
import select
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa

from core.common.places import REPO
from tests.hostile.case import Case, Maker, Outcome
from tests.hostile.judging import Verdict, judge, state_of
from tests.hostile.kinds import KINDS

ADDRESSES = 4 << 30
"""Bytes of address space beyond a lane's own, after which memory is refused."""
CHECK_SECONDS = 30
PATIENCE = 20
"""How many times as long a command may take by the clock as it may compute."""


TRIALS = 5


@dataclass(frozen=True)
class Task:
    """Which case, and how to run it; the same case for the same kind, index and seed."""

    kind: str
    index: int
    seed: int
    folder: Path
    """Made, and deleted after a right answer."""
    seconds: float
    fresh: bool = False
    """In a new process from a shell, not in a fork."""


@dataclass(frozen=True)
class Result:
    """What came of it."""

    task: Task
    maker: str
    argv: Sequence[str]
    verdict: Verdict
    why: str
    seconds: float
    said: str
    """The end of its standard error."""


def run_all(tasks: Sequence[Task], lanes: int, *, until: float) -> Iterator[Result]:
    """Results as they come; none is begun after the time `until` of time.monotonic()."""
    load()
    with multiprocessing.get_context("fork").Pool(lanes, initializer=os.setsid) as pool:
        for result in pool.imap_unordered(_run_before, ((task, until) for task in tasks)):
            if result is not None:
                yield result


def load() -> None:
    """Import everything that the commands import on their way."""
    from core.projection import load_umap

    load_umap()


def _run_before(given: tuple[Task, float]) -> Result | None:
    task, until = given
    return run(task) if time.monotonic() < until else None


def run(task: Task) -> Result:
    """Make a case, run it, judge it."""
    makers, key = KINDS[task.kind], [task.seed, *task.kind.encode()]
    order = np.random.default_rng(key).permutation(len(makers))  # so that a few cases are not always the first makers'
    make = makers[order[task.index % len(makers)]]
    case = _made(make, [*key, task.index], task.folder)
    before = state_of(task.folder)
    outcome = _in_fresh_process(case, task) if task.fresh and _is_plain(case) else _in_fork(case, task)
    wrong_result = _checked(case, outcome) if outcome.code == 0 else ""
    verdict, why = judge(case, outcome, before, wrong_result)
    if verdict != "wrong":
        shutil.rmtree(task.folder, ignore_errors=True)
    return Result(task, make.__name__, case.argv, verdict, why, outcome.seconds, outcome.stderr[-2000:])


def _made(make: Maker, key: list[int], folder: Path) -> Case:
    """The case; drawn again where a library cannot write what was drawn, such as a number that is too long for it."""
    for trial in range(TRIALS):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            return make(np.random.default_rng([*key, *[trial] * (trial > 0)]), folder)
        except (TypeError, ValueError, pa.ArrowException):
            if trial == TRIALS - 1:
                raise
    raise AssertionError("there is at least one trial")


def _in_fork(case: Case, task: Task) -> Outcome:
    def command() -> int:
        if case.unprivileged:
            drop_capabilities()
        if case.largest_file is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (case.largest_file, case.largest_file))
        return command_line(case.argv)

    return in_fork(command, task.folder, seconds=task.seconds)


def _is_plain(case: Case) -> bool:
    return not case.unprivileged and case.largest_file is None


def command_line(argv: Sequence[str]) -> int:
    """`python -m core` in this process; returns its exit status."""
    from core.__main__ import main

    sys.argv = ["core", *argv]
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def in_fork(work: Callable[[], int], folder: Path, *, seconds: float) -> Outcome:
    """Do this work in a fork whose current folder is `folder`; its return value is the exit status."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    code, took, peak = _forked(work, folder, seconds=seconds)
    return Outcome(folder, code, *_said(folder), took, max(0, peak - before) << 10)


def _in_fresh_process(case: Case, task: Task) -> Outcome:
    started = time.monotonic()
    stdout, stderr = _outputs(task.folder)
    with stdout.open("wb") as out, stderr.open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "core", *case.argv],
            cwd=task.folder,
            env=os.environ | {"PYTHONPATH": str(REPO)},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        try:
            code = process.wait(PATIENCE * task.seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            code = process.wait()
    return Outcome(task.folder, code, *_said(task.folder), time.monotonic() - started, 0)


def _checked(case: Case, outcome: Outcome) -> str:
    """What the case says of an accepted result; asked in a fork, since it reads what may be damaged."""

    def ask() -> int:
        print(case.check(outcome), end="")
        return 0

    answer = in_fork(ask, outcome.folder, seconds=CHECK_SECONDS)
    return answer.stdout if answer.code == 0 else f"cannot be read ({answer.code}): {answer.stderr[-300:]}"


def _forked(work: Callable[[], int], folder: Path, *, seconds: float) -> tuple[int, float, int]:
    """Exit code, seconds of computing, and peak KiB of a fork that does this work; a signal where it took too long."""
    sys.stdout.flush(), sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            _become(folder, seconds)
            code = work()
        except BaseException:
            traceback.print_exc()
        finally:
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            os._exit(code)
    _await(pid, seconds)
    _, status, usage = os.wait4(pid, 0)
    return os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def _await(pid: int, seconds: float) -> None:
    """Until the process ends; killed where it has waited for so long, or, on a busy machine, for many times as long."""
    watch, latest = os.pidfd_open(pid), time.monotonic() + PATIENCE * seconds
    while not select.select([watch], [], [], seconds)[0]:
        if time.monotonic() > latest or not _is_busy(pid):
            os.killpg(pid, signal.SIGKILL)
            break
    os.close(watch)


def _is_busy(pid: int) -> bool:
    """Whether one of its threads, or of its children's, runs or would if there were a free core; looked at for 1 s."""
    for _ in range(10):
        family = [pid]
        with contextlib.suppress(psutil.Error):  # ended meanwhile
            family += [child.pid for child in psutil.Process(pid).children(recursive=True)]
        for task in (path for one in family for path in Path(f"/proc/{one}/task").glob("*/stat")):
            with contextlib.suppress(OSError):
                if task.read_text().rpartition(")")[2].split()[0] in {"R", "D"}:
                    return True
        time.sleep(0.1)
    return False


def _become(folder: Path, seconds: float) -> None:
    """A process of its own: session, folder, outputs, limits."""
    os.setsid()
    stdout, stderr = _outputs(folder)
    for descriptor, target in ((0, Path(os.devnull)), (1, stdout), (2, stderr)):
        opened = os.open(target, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)
    os.chdir(folder)
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + ADDRESSES, size + ADDRESSES))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds) + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def drop_capabilities() -> None:
    """Leave the superuser no more than the permissions of files grant it."""
    header, none = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()  # version 3; three sets of 64 bits
    if ctypes.CDLL(None, use_errno=True).capset(header, none) != 0:
        raise OSError(ctypes.get_errno(), "capset")


def _outputs(folder: Path) -> tuple[Path, Path]:
    """Beside the folder, so that what the command leaves in it can be told apart."""
    return folder.with_name(folder.name + ".stdout"), folder.with_name(folder.name + ".stderr")


def _said(folder: Path) -> tuple[str, str]:
    texts = []
    for path in _outputs(folder):
        texts.append(path.read_text(errors="replace"))
        path.unlink()
    return texts[0], texts[1]

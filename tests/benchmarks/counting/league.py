"""Runs every method on every case: in processes of their own, with a limit of time, and every result kept at once."""

import csv
import multiprocessing
import os
import queue
import time
import warnings
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Self

import numba
import pandas as pd
import psutil
from sklearn.metrics import adjusted_rand_score

from tests.benchmarks.counting.cases import Case
from tests.benchmarks.counting.methods import BY_NAME, TOLD, told
from tests.benchmarks.counting.shapes import FOREIGN

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
FIRST_CALL_LIMIT = 600.0
"""Seconds to draw a case and, the first time, to load and compile a method's library, which are not timed."""

LOOK_EVERY = 0.5
HANGING = 60
"""Seconds of waiting for each second of the limit, after which a process that does not compute is given up."""

STOP_LIMIT = 10.0
TIME, ENDED = "time", "process ended"
"""Failures: over the limit of time; the process died."""


@dataclass(frozen=True)
class Outcome:
    """What a method said of a case; a failure has no count."""

    count: int | None
    ari: float
    """Adjusted Rand index of its groups against the pieces, foreign items left out; those in no group are one more."""
    seconds: float
    """Of the processor."""
    failure: str = ""


def outcome(case: Case, method: str) -> Callable[[], Outcome]:
    """Draws a case; what is returned counts it."""
    points, truth = case.draw()
    known = truth != FOREIGN

    def count() -> Outcome:
        started = time.process_time()
        if method == TOLD:
            found, groups = case.pieces, told(points, case.pieces, case.seed)
        else:
            found, groups = BY_NAME[method].count(points, case.seed)
        seconds = time.process_time() - started
        return Outcome(found, float(adjusted_rand_score(truth[known], groups[known])), seconds)

    return count


def _serve(pipe: Connection) -> None:
    """A worker: answers (case, method) with "ready" and then with an Outcome."""
    warnings.simplefilter("ignore")
    numba.set_num_threads(1)  # by now an environment variable would come too late
    warm = set()
    while (task := pipe.recv()) is not None:
        case, method = task
        try:
            if method not in warm:
                outcome(WARM_UP, method)()
                warm.add(method)
            counted = outcome(case, method)
            pipe.send("ready")
            pipe.send(counted())
        except Exception as error:  # a method's failure is a result
            pipe.send(Outcome(None, 0.0, float("nan"), f"{type(error).__name__}: {error}"[:200]))


WARM_UP = Case("planted", "equal modes", "3 modes, separation 12", seed=0, n=1000, d=64, pieces=3)


class Worker:
    """A process that counts, and is replaced where a count takes too long."""

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: Any) -> None:
        with suppress(OSError):  # where it has died
            self._pipe.send(None)
            self._process.join(timeout=STOP_LIMIT)
        self._end()

    def _end(self) -> None:
        self._process.kill()
        self._process.join()
        self._pipe.close()

    def count(self, case: Case, method: str) -> Outcome:
        """The outcome within the limit, or that there was none."""
        try:
            self._pipe.send((case, method))
            answer = self._answer(within=FIRST_CALL_LIMIT)
            if answer == "ready":
                answer = self._answer(within=self.limit)
        except (EOFError, OSError, psutil.NoSuchProcess):
            answer = Outcome(None, 0.0, float("nan"), ENDED)
        if answer is None:
            answer = Outcome(None, 0.0, self.limit, TIME)
        if answer.failure in {TIME, ENDED}:
            self._end()
            self._start()
        return answer

    def _answer(self, *, within: float) -> Any:
        """What the process says before it has computed for so many seconds; None if nothing. Its own time counts, so
        that a busy machine fails no method.
        """
        computed, started = _computed(self._process.pid), time.perf_counter()
        while not self._pipe.poll(min(LOOK_EVERY, within)):
            waited = time.perf_counter() - started
            if _computed(self._process.pid) - computed > within or waited > HANGING * within:
                return None
        return self._pipe.recv()


def _computed(pid: int) -> float:
    """Processor seconds of a process."""
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


class Records:
    """Results in a CSV file, one line per case and method, in the order in which they came."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.columns = [*(field for field in Case.__dataclass_fields__ if field != "cache"), "method", "key"]
        self.columns += list(Outcome.__dataclass_fields__)

    def read(self) -> pd.DataFrame:
        """All of them; empty where there are none."""
        if not self.path.exists():
            return pd.DataFrame(columns=self.columns)
        return pd.read_csv(self.path, keep_default_na=False, na_values={"count": [""], "seconds": ["", "nan"]})

    def forget(self, methods: Iterable[str]) -> None:
        """Drops what these methods said, so that they are asked again."""
        found = self.read()
        found[~found["method"].isin(list(methods))].to_csv(self.path, index=False)

    def add(self, case: Case, method: str, found: Outcome) -> None:
        fresh = not self.path.exists()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, self.columns, extrasaction="ignore")
            if fresh:
                writer.writeheader()
            writer.writerow(asdict(case) | {"key": case.key, "method": method} | asdict(found))


def play(
    tasks: Iterable[tuple[Case, str]], records: Records, *, jobs: int, limit: float, report: Callable[[str], None]
) -> None:
    """Counts what the records lack: (case, method) pairs, each on one thread and within `limit` processor seconds."""
    done = set(zip(*(records.read()[column] for column in ("key", "method")), strict=True))
    left = [(case, method) for case, method in tasks if (case.key, method) not in done]
    os.environ |= dict.fromkeys(THREADS, "1")
    started = time.perf_counter()
    with ExitStack() as stack:
        free: queue.SimpleQueue[Worker] = queue.SimpleQueue()
        for _ in range(min(jobs, len(left))):
            free.put(stack.enter_context(Worker(limit)))

        def count(case: Case, method: str) -> tuple[Case, str, Outcome]:
            worker = free.get()
            try:
                return case, method, worker.count(case, method)
            finally:
                free.put(worker)

        with ThreadPoolExecutor(jobs) as pool:
            for i, future in enumerate(as_completed([pool.submit(count, *task) for task in left]), start=1):
                records.add(*future.result())
                if i % 100 == 0 or i == len(left):
                    passed = time.perf_counter() - started
                    report(f"{i} of {len(left)} counts, about {passed / i * (len(left) - i) / 60:.0f} min left")

"""Commands killed at many moments: python -m tests.hostile.kill [--moments 100] [--what import,run,workers,job,race].

After each: no half study is listed or opened, no process lives on, the same command works, and nothing is left over.
Also two commands on one study at once.
"""

import argparse
import collections
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.hostile import lanes
from tests.hostile.case import Outcome
from tests.hostile.samples import STUDY_VARIABLE, imported, make_study, study_copy, write_items, write_matrix

GRACE = 10
"""Seconds in which a process has to notice that its program has ended."""
SECONDS = 60
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
EVENTS = {"os.rename", "os.mkdir", "os.rmdir", "os.remove", "shutil.rmtree", "os.truncate"}

SMALL_RUN = ["run", "digits-parity", "--out", "root/out"]
for _text in ("train.epochs=1", "data.max_items=60", "model.width=4", "model.dim=4", "train.samples_per_class=4"):
    SMALL_RUN += ["--set", _text]


@dataclass(frozen=True)
class Moment:
    """When a command is killed: at a change of the disk, or after some computing."""

    event: int | None = None
    seconds: float | None = None

    def arm(self) -> None:
        """In the process that is to be killed."""
        if self.seconds is not None:
            signal.signal(signal.SIGPROF, signal.SIG_DFL)  # ends the process at once, as SIGKILL does
            signal.setitimer(signal.ITIMER_PROF, self.seconds)
        else:
            _count_events(lambda n: os.kill(os.getpid(), signal.SIGKILL) if n == self.event else None)


def _count_events(tell: Callable[[int], None]) -> None:
    """Call `tell` with the number of every change of the disk, just before it."""
    count = 0

    def hook(event: str, arguments: tuple) -> None:
        nonlocal count
        if event in EVENTS or (event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITES):
            count += 1
            tell(count)

    sys.addaudithook(hook)


def moments(argv: Sequence[str], folder: Path, n: int) -> list[Moment]:
    """n of them, spread over a whole command: half over what it writes, half over what it computes."""

    def work() -> int:
        last = 0

        def tell(count: int) -> None:
            nonlocal last
            last = count

        _count_events(tell)
        code = lanes.command_line(argv)
        print(f"\nevents {last}")
        return code

    whole = lanes.in_fork(work, folder, seconds=SECONDS)
    assert whole.code == 0, whole.stderr
    events = int(whole.stdout.split()[-1])
    shutil.rmtree(folder / "root")
    (folder / "root").mkdir()
    half = max(1, n // 2)
    by_event = [Moment(event=1 + round(i * (events - 1) / max(1, n - half - 1))) for i in range(n - half)]
    return by_event + [Moment(seconds=whole.seconds * (i + 0.5) / half) for i in range(half)]


def killed(argv: Sequence[str], moment: Moment, folder: Path) -> tuple[str, str]:
    """How far the command came, and what is wrong afterwards; empty where nothing is."""

    def work() -> int:
        moment.arm()
        return lanes.command_line(argv)

    first = lanes.in_fork(work, folder, seconds=SECONDS)
    came = "finished" if first.code == 0 else "killed"
    if first.code not in {0, -signal.SIGKILL, -signal.SIGPROF}:
        return came, f"code {first.code}: {first.stderr[-200:]}"
    if wrong := half_studies(folder):
        return came, wrong
    resume = ["--resume"] if argv[0] == "run" and (moment.event or 0) % 2 else []
    again = lanes.in_fork(lambda: lanes.command_line([*argv, *resume]), folder, seconds=SECONDS)
    return came, _wrong_again(folder, again, exists=(first.code == 0 or _renamed(again)))


def _renamed(again: Outcome) -> bool:
    """Whether the first command was killed when all was done."""
    return again.code == 2 and "exists already" in again.stderr


def _wrong_again(folder: Path, again: Outcome, *, exists: bool) -> str:
    if again.code != (2 if exists else 0) or "Traceback" in again.stderr:
        return f"the next command: {again.code} {again.stderr[-300:]}"
    if left := sorted(path.name for path in (folder / "root").iterdir() if path.name != "out"):
        return f"left over: {left[0]}"
    return half_studies(folder) or ("" if (folder / "root" / "out" / "study.json").exists() else "no study")


def half_studies(folder: Path) -> str:
    """What is listed or opened though it is not whole; asked in a fork."""

    def ask() -> int:
        from core.analysis.summary import summarise
        from core.storage.catalogue import list_studies
        from core.storage.study import Study

        for summary in list_studies(folder / "root"):
            print(summary.error or "", end="")
            summarise(Study.load(summary.path))
        return 0

    answer = lanes.in_fork(ask, folder, seconds=SECONDS)
    return answer.stdout or answer.stderr[-300:]


def orphans(folder: Path) -> str:
    """An import is killed, alone, once its worker processes are at work: they must end too."""
    noted = folder / "workers"

    def work() -> int:
        threading.Thread(target=_die_with_workers, args=(noted,), daemon=True).start()
        return lanes.command_line(["import", "--table", "many.csv", "--embeddings", "a=many.npy", "--out", "root/out"])

    lanes.in_fork(work, folder, seconds=SECONDS)
    if not noted.exists():
        return "there were no workers"
    pids = [int(pid) for pid in noted.read_text().split()]
    until = time.monotonic() + GRACE
    while (alive := [pid for pid in pids if _runs(pid)]) and time.monotonic() < until:
        time.sleep(0.2)
    for pid in alive:
        os.kill(pid, signal.SIGKILL)
    return f"{len(alive)} of {len(pids)} workers live on after {GRACE} s" if alive else ""


def _die_with_workers(noted: Path) -> None:
    """Note two children that have begun to work, and die at once."""
    while len(busy := [c for c in psutil.Process().children() if c.cpu_times().user > 0.5]) < 2:
        time.sleep(0.05)
    noted.write_text(" ".join(str(child.pid) for child in busy))
    os.kill(os.getpid(), signal.SIGKILL)


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def killed_job(folder: Path, after: float) -> tuple[str, str]:
    """A run of the app's queue, killed with its whole session: it has failed, and can be resumed."""
    from core.jobs import resume, start
    from core.recipe.recipe import Recipe

    recipe = Recipe.load("digits-parity", tuple(SMALL_RUN[5::2]))
    job = start(recipe, root=folder / "root")
    time.sleep(after)
    if (pid := job.status().pid) is not None:
        os.killpg(pid, signal.SIGKILL)
    try:
        came = job.wait(GRACE).state  # a process that is killed takes a moment to be gone
    except TimeoutError:
        return "running", f"is {job.status().state} {GRACE} s after it was killed"
    wrong = half_studies(folder)
    if not wrong and came == "failed":
        status = resume(job).wait(300)
        wrong = "" if status.state == "done" else f"resumed, it is {status.state}: {status.error}"
    left = [path.name for path in (folder / "root").iterdir() if path.name not in {".jobs", job.id}]
    return came, wrong or half_studies(folder) or (f"left over: {left[0]}" if left else "")


def race(folder: Path) -> str:
    """Two imports to one place, at once: one makes the study, the other says why it does not."""
    argv = ["import", "--table", "../items.csv", "--embeddings", "a=../m.npy", "--out", "../root/out"]
    places = [folder / "first", folder / "second"]
    for place in places:
        place.mkdir()
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda p: lanes.in_fork(lambda: lanes.command_line(argv), p, seconds=SECONDS), places))
    refused = [one for one in both if one.code == 2]
    if sorted(one.code for one in both) != [0, 2] or "out" not in refused[0].stderr:
        return "; ".join(f"{one.code} {one.stderr[-200:]}" for one in both)
    left = sorted(path.name for path in (folder / "root").iterdir())
    return half_studies(folder) or ("" if left == ["out"] else f"left: {left}")


def vanishing(folder: Path, event: int) -> str:
    """A study is deleted while it is reported, when a file is opened: a whole report, or a sentence and none."""

    def work() -> int:
        from core.storage.catalogue import delete_study

        count = 0

        def hook(name: str, arguments: tuple) -> None:
            nonlocal count
            if name == "open" and "root/study" in str(arguments[0]):
                count += 1
                if count == event:
                    delete_study(folder / "root", "study")

        study_copy(folder / "root")
        sys.addaudithook(hook)
        return lanes.command_line(["report", "root/study", "--out", "r.html"])

    ended = lanes.in_fork(work, folder, seconds=SECONDS)
    page = folder / "r.html"
    if ended.code == 0 and page.read_text(encoding="utf-8").rstrip().endswith("</html>"):
        return ""
    sentence = ended.code == 2 and ended.stderr.startswith("error: ") and not page.exists()
    return "" if sentence else f"{ended.code} {ended.stderr[-300:]}"


def _prepared(work: Path, name: str) -> Path:
    import numpy as np
    import pandas as pd

    folder = work / name
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "root").mkdir(parents=True)
    rng = np.random.default_rng(0)
    write_items(folder)
    write_matrix(folder, rng)
    names = np.repeat([f"c{i}" for i in range(6)], 400)
    pd.DataFrame({"label": names}).to_csv(folder / "many.csv", index=False)
    np.save(folder / "many.npy", rng.normal(size=(len(names), 8)).astype(np.float32))
    return folder


def _cases(options: argparse.Namespace, work: Path) -> list[tuple[str, Callable[[], tuple[str, str]]]]:
    found: list[tuple[str, Callable[[], tuple[str, str]]]] = []
    argvs = {"import": [*imported()[:-1], "root/out"], "run": SMALL_RUN}
    for name in options.what.split(","):
        if name in argvs:
            spread = moments(argvs[name], _prepared(work, name), options.moments)
            for i, moment in enumerate(spread):
                found.append((name, lambda n=name, i=i, m=moment: killed(argvs[n], m, _prepared(work, f"{n}-{i}"))))
        elif name == "workers":
            for i in range(max(1, options.moments // 20)):
                found.append((name, lambda i=i: ("killed", orphans(_prepared(work, f"workers-{i}")))))
        elif name == "race":
            for i in range(max(1, options.moments // 10)):
                found.append((name, lambda i=i: ("both", race(_prepared(work, f"race-{i}")))))
        elif name == "vanishing":
            for i in range(max(1, options.moments // 5)):
                found.append((name, lambda i=i: ("deleted", vanishing(_prepared(work, f"vanishing-{i}"), i + 1))))
        else:
            for i in range(max(1, options.moments // 10)):
                found.append((name, lambda i=i: killed_job(_prepared(work, f"job-{i}"), after=2.0 * i)))
    return found


def main() -> None:
    """Kill, check, print a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile.kill", description=__doc__)
    parser.add_argument("--moments", type=int, default=100, help="of each command")
    parser.add_argument("--what", default="import,run,workers,job,race,vanishing")
    parser.add_argument("--study", help="a finished study, which is deleted while it is reported; made by default")
    parser.add_argument("--work", help="folder for inputs; those whose command went wrong stay there")
    options = parser.parse_args()
    work = Path(options.work or tempfile.mkdtemp(prefix="kill-")).absolute()
    lanes.load()
    if "vanishing" in options.what:
        os.environ[STUDY_VARIABLE] = str(options.study or make_study(work))
    table, failures = collections.Counter(), 0
    for name, kill in _cases(options, work):
        came, wrong = kill()
        table[name, came] += 1
        if wrong:
            failures += 1
            print(f"{name}: {wrong}", file=sys.stderr)
    for (name, came), count in sorted(table.items()):
        print(f"{name}: {count} {came}")
    print(f"{failures} wrong")
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()

"""A spare process that has imported its libraries before it is given a run: that takes longer than a small experiment.

Call `prepare` where a run is likely to be started soon, and `take` in the same process when it is. The spare process
has a session of its own, as runs do, so a run survives the process that started it. A spare without a run ends with
the process that prepared it, or after IDLE_SECONDS.
"""

import contextlib
import json
import os
import runpy
import subprocess
import sys
import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.jobs import subprocesses

CORE = (sys.executable, "-m", "core")
"""Commands that begin so can be run by a spare process."""
MAIN = f"from {__name__} import main; main()"
"""Not `python -m`: the package imports this module before that could run it."""
IDLE_SECONDS = 600
"""How long a spare process waits for a run: it holds as much memory as a small one."""


@dataclass(frozen=True)
class Spare:
    """A process that waits for its run."""

    process: subprocess.Popen[bytes]
    mark: str
    """The part of its command line that identifies it; the run that it is given later is not in there."""

    @classmethod
    def start(cls) -> "Spare":
        """Returns at once, while the process imports its libraries."""
        mark = uuid.uuid4().hex
        return cls(subprocesses.start([sys.executable, "-c", MAIN, mark], stdin=subprocess.PIPE), mark)

    def send(self, text: str) -> bool:
        """Write to its standard input and close that; returns whether the process still ran."""
        assert self.process.stdin is not None
        try:
            with self.process.stdin as stdin:
                stdin.write(text.encode())
        except OSError:
            return False
        return True


_spare: Spare | None = None
_lock = threading.Lock()


def prepare() -> None:
    """Start a spare process, unless there is one; cheap, so it may be called often."""
    global _spare
    with _lock:
        if _spare is None or _spare.process.poll() is not None:
            _spare = Spare.start()
            timer = threading.Timer(IDLE_SECONDS, _dismiss, args=[_spare])
            timer.daemon = True
            timer.start()


def take(command: Sequence[str], *, log: Path) -> Spare | None:
    """The spare process, which now runs this command and appends to the log; None where a new one has to be started."""
    global _spare
    if tuple(command[: len(CORE)]) != CORE:
        return None
    with _lock:
        spare, _spare = _spare, None
    if spare is None or spare.process.poll() is not None:
        return None
    request = {"arguments": command[len(CORE) :], "log": str(log)}
    return spare if spare.send(json.dumps(request) + "\n") else None


def _dismiss(spare: Spare) -> None:
    global _spare
    with _lock:
        if _spare is not spare:  # it has been given a run
            return
        _spare = None
    spare.send("")


def main() -> None:
    """In the spare process: import the libraries, wait for a command, run it."""
    with contextlib.suppress(Exception):  # what fails here fails again, and is reported, in the run
        _load()
    line = sys.stdin.readline()
    if not line:  # dismissed, or the process that prepared this one has ended
        return
    request = json.loads(line)
    _redirect(os.open(request["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666), 1, 2)
    _redirect(os.open(os.devnull, os.O_RDONLY), 0)
    sys.argv = ["core", *request["arguments"]]
    runpy.run_module("core", run_name="__main__", alter_sys=True)


def _load() -> None:
    import torch._dynamo  # noqa: F401  imported, with all of sympy, by the first step of any optimiser

    import core.pipeline.run  # noqa: F401
    from core.pipeline.warmup import start
    from core.projection import load_umap

    start()
    load_umap()


def _redirect(source: int, *descriptors: int) -> None:
    for descriptor in descriptors:
        os.dup2(source, descriptor)
    os.close(source)

"""A process that has loaded its libraries before there is a run for it: that takes longer than a small experiment.

Whoever expects a run to be started calls `prepare`; whoever starts it, in the same process, asks `take` first. The
spare process leads a session of its own, as runs do, so a run survives the one that handed it over. Until then it goes
with it, or after a while.
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
"""Commands that begin so can be handed over."""
MAIN = f"from {__name__} import main; main()"
"""Not by -m, for the package imports this module before it could be run."""
IDLE_SECONDS = 600
"""How long it waits: it holds as much memory as a small run."""


@dataclass(frozen=True)
class Spare:
    """The process that waits."""

    process: subprocess.Popen[bytes]
    mark: str
    """Part of its command line, which says nothing of the run it is given later."""

    @classmethod
    def start(cls) -> "Spare":
        """Returns at once; it loads meanwhile."""
        mark = uuid.uuid4().hex
        return cls(subprocesses.start([sys.executable, "-c", MAIN, mark], stdin=subprocess.PIPE), mark)

    def tell(self, text: str) -> bool:
        """Send the run to it, once; returns whether the process was still there."""
        assert self.process.stdin is not None
        try:
            with self.process.stdin as orders:
                orders.write(text.encode())
        except OSError:
            return False
        return True


_spare: Spare | None = None
_lock = threading.Lock()


def prepare() -> None:
    """Let a process load what a run needs, unless one has; free to call often."""
    global _spare
    with _lock:
        if _spare is None or _spare.process.poll() is not None:
            _spare = Spare.start()
            patience = threading.Timer(IDLE_SECONDS, _dismiss, args=[_spare])
            patience.daemon = True
            patience.start()


def take(command: Sequence[str], *, log: Path) -> Spare | None:
    """The process that goes on as this command, its output added to the log; None where it must be started anew."""
    global _spare
    if tuple(command[: len(CORE)]) != CORE:
        return None
    with _lock:
        spare, _spare = _spare, None
    if spare is None or spare.process.poll() is not None:
        return None
    order = {"arguments": command[len(CORE) :], "log": str(log)}
    return spare if spare.tell(json.dumps(order) + "\n") else None


def _dismiss(spare: Spare) -> None:
    global _spare
    with _lock:
        if _spare is not spare:  # it has been given a run
            return
        _spare = None
    spare.tell("")


def main() -> None:
    """In the spare process: load, wait for an order, go on as what it says."""
    with contextlib.suppress(Exception):  # whatever is wrong comes up again, and is reported, in the run
        _load()
    line = sys.stdin.readline()
    if not line:  # no longer wanted, or whoever prepared this has gone
        return
    order = json.loads(line)
    _point(os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666), 1, 2)
    _point(os.open(os.devnull, os.O_RDONLY), 0)
    sys.argv = ["core", *order["arguments"]]
    runpy.run_module("core", run_name="__main__", alter_sys=True)


def _load() -> None:
    import torch._dynamo  # noqa: F401  the first step of any optimiser imports it, with all of sympy

    import core.pipeline.run  # noqa: F401
    from core.pipeline.warmup import start
    from core.projection import load_umap

    start()
    load_umap()


def _point(source: int, *descriptors: int) -> None:
    for descriptor in descriptors:
        os.dup2(source, descriptor)
    os.close(source)

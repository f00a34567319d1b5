"""Worker processes that end with the program that started them, however that ends."""

import contextlib
import os
import threading
from typing import Any

import joblib
import psutil


def worker_processes(n_jobs: int, **options: Any) -> joblib.Parallel:
    """A `joblib.Parallel` of processes, which all calls share; options: its own."""
    return joblib.Parallel(n_jobs, backend="loky", initializer=_end_with, initargs=(os.getpid(),), **options)


def _end_with(parent: int) -> None:
    """In a worker: without this, one whose program is killed would wait minutes for work that cannot come."""
    threading.Thread(target=_await_end_of, args=(parent,), daemon=True).start()


def _await_end_of(parent: int) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        if os.getppid() == parent:  # else it has ended, and another process may have its number by now
            psutil.Process(parent).wait()
    os._exit(1)

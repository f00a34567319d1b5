"""Worker processes do their work, and end with a program that is killed."""

import os
import signal
import subprocess
import sys
import textwrap

import joblib
import psutil

from core.common.places import REPO
from core.common.workers import worker_processes


def test_they_work_and_are_shared_by_all_calls():
    pids = [set(worker_processes(2)(joblib.delayed(os.getpid)() for _ in range(8))) for _ in range(2)]
    assert os.getpid() not in pids[0]
    assert len(pids[0] | pids[1]) <= 2


def test_they_end_with_a_program_that_is_killed():
    code = """
        import os, time, joblib
        from core.common.workers import worker_processes
        print(*worker_processes(2)(joblib.delayed(os.getpid)() for _ in range(8)), flush=True)
        time.sleep(600)
    """
    program = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], cwd=REPO, stdout=subprocess.PIPE, text=True
    )
    workers = [psutil.Process(pid) for pid in {int(pid) for pid in program.stdout.readline().split()}]
    os.kill(program.pid, signal.SIGKILL)
    program.wait()
    assert workers
    assert not psutil.wait_procs(workers, timeout=20)[1]

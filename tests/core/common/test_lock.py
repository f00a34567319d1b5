"""A lock has one holder at a time, leaves no file, and dies with its process."""

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from filelock import Timeout

from core.common.lock import held


def test_there_is_one_holder_and_others_wait_or_are_refused(tmp_path: Path):
    inside, most = [], []

    def work(_: int) -> None:
        with held(tmp_path / "lock"):
            inside.append(1)
            most.append(len(inside))
            inside.pop()

    with held(tmp_path / "lock"), pytest.raises(Timeout), held(tmp_path / "lock", wait=False):
        pass
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(20)))
    assert most == [1] * 20
    assert not list(tmp_path.iterdir())


def test_it_dies_with_its_process(tmp_path: Path):
    path = tmp_path / "lock"
    code = (
        "import os, signal\nfrom pathlib import Path\nfrom core.common.lock import held\n"
        f"with held(Path({str(path)!r})):\n    os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -signal.SIGKILL
    with held(path, wait=False):
        pass

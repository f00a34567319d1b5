"""Processes that outlive the one that starts them, unless they are stopped."""

import os
import subprocess
import threading
from collections.abc import Sequence
from typing import IO

from core.common.places import REPO


def start(
    command: Sequence[str], *, output: int | IO[bytes] = subprocess.DEVNULL, stdin: int = subprocess.DEVNULL
) -> subprocess.Popen[bytes]:
    """Start a command at the head of a session of its own; returns at once. Raises OSError.

    output: where it and its errors are written, unbuffered.
    """
    process = subprocess.Popen(
        command,
        cwd=REPO,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        stdin=stdin,
        stdout=output,
        stderr=output,
        start_new_session=True,
    )
    threading.Thread(target=process.wait, daemon=True).start()  # else it would end as a zombie
    return process

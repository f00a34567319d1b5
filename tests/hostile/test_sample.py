"""A few inputs of every kind; the whole corpus is for `python -m tests.hostile`."""

import os
import subprocess
import sys
from pathlib import Path

from core.common.places import REPO


def run(*arguments: str) -> None:
    environment = os.environ | {"PYTHONPATH": str(REPO)}
    done = subprocess.run([sys.executable, "-m", *arguments], cwd=REPO, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_input_is_refused_in_a_sentence_or_used_as_it_was_meant(study_folder: Path, tmp_path: Path):
    run("tests.hostile", "--per-kind", "6", "--study", str(study_folder), "--work", str(tmp_path))


def test_a_killed_import_leaves_nothing(tmp_path: Path):
    run("tests.hostile.kill", "--moments", "8", "--what", "import,race", "--work", str(tmp_path))

"""The container without Docker: each step of the Dockerfile, as far as it can be done on this machine."""

import contextlib
import ctypes
import fnmatch
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.browser.conftest import free_port

REPO = Path(__file__).parent.parent
DROP_CAPABILITY, IGNORE_PERMISSIONS = 24, 1  # of prctl: PR_CAPBSET_DROP, CAP_DAC_OVERRIDE
SECONDS = 120


def steps() -> list[tuple[str, str]]:
    """(instruction, arguments) of every step, continued lines joined and comments left out."""
    text = re.sub(r"^\s*#.*\n", "", (REPO / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE)
    lines = [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    return [(word, " ".join(rest.split())) for word, _, rest in (line.partition(" ") for line in lines)]


def of(instruction: str) -> list[str]:
    return [arguments for word, arguments in steps() if word == instruction]


def locked() -> dict[str, tuple[str, list[str]]]:
    """Package -> version and hashes, of the lock."""
    text = (REPO / "requirements.lock").read_text("utf-8").replace("\\\n", " ")
    entries = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    return {name: (version, hashes) for entry, *hashes in entries for name, _, version in [entry.partition("==")]}


def test_the_lock_agrees_with_the_requirements() -> None:
    lines = (REPO / "requirements.txt").read_text("utf-8").splitlines()
    wanted = [Requirement(line) for line in lines if line and not line.startswith("#")]
    assert {r.name: str(r.specifier) for r in wanted} == {
        name: f"=={version}" for name, (version, _) in locked().items()
    }, "run: make lock"


def test_every_entry_of_the_lock_has_hashes_and_none_an_address() -> None:
    for name, (_, hashes) in locked().items():
        assert hashes, name
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", each) for each in hashes), name
    assert "://" not in (REPO / "requirements.lock").read_text("utf-8")


def test_what_was_not_asked_has_not_passed() -> None:
    """`make audit` where PyPI cannot be reached."""
    nowhere = {"HTTPS_PROXY": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
    command = ["make", "-o", ".venv/.test", f"PY={sys.executable}", "audit"]
    run = subprocess.run(command, cwd=REPO, env=os.environ | nowhere, capture_output=True, text=True, timeout=SECONDS)
    assert run.returncode != 0
    assert "could not be asked" in run.stderr


def test_the_base_image_has_a_tag_and_no_invented_digest() -> None:
    assert steps()[:2] == [("ARG", "BASE=python:3.11-slim"), ("FROM", "${BASE}")]


def test_what_is_copied_is_there_and_holds_no_secret(tmp_path: Path) -> None:
    rules = [line for line in (REPO / ".dockerignore").read_text("utf-8").splitlines() if line and line[0] != "#"]

    def goes_along(path: str) -> bool:
        kept = True
        for rule in rules:
            pattern = rule.lstrip("!")
            if fnmatch.fnmatch(path, pattern) or path.startswith(f"{pattern}/"):
                kept = rule[0] == "!"
        return kept

    for needed in (
        "requirements.lock",
        "app/main.py",
        "core/__main__.py",
        "models/registry.py",
        ".streamlit/config.toml",
    ):
        assert (REPO / needed).exists()
        assert goes_along(needed), needed
    for kept_back in (".streamlit/secrets.toml", ".git/config", "studies/x/study.json", "tests/conftest.py"):
        assert not goes_along(kept_back), kept_back


def test_the_packages_can_be_installed() -> None:
    """The last pip step, dry, and the pin that the first takes from the lock."""
    first, last = (part.strip() for part in next(run for run in of("RUN") if "pip" in run).split("&&"))
    pin = subprocess.run(
        ["bash", "-c", re.search(r"\$\((.*)\)", first)[1]], cwd=REPO, capture_output=True, text=True, check=True
    )
    assert pin.stdout.strip() == f"torch=={locked()['torch'][0]}"
    words = shlex.split(last)
    assert words[:2] == ["pip", "install"]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", *words[2:]],
        cwd=REPO,
        check=True,
        timeout=SECONDS,
    )


@pytest.fixture
def image(tmp_path: Path) -> Iterator[Path]:
    """The program as the image holds it, where nothing can be written."""
    for name in ("app", "core", "models", ".streamlit"):
        shutil.copytree(
            REPO / name, tmp_path / "srv" / name, ignore=shutil.ignore_patterns("__pycache__", "secrets.toml")
        )
    folders = [tmp_path / "srv", *(path for path in (tmp_path / "srv").rglob("*") if path.is_dir())]
    for path in (tmp_path / "srv").rglob("*"):
        path.chmod(path.stat().st_mode & ~0o222)
    (tmp_path / "srv").chmod(0o555)
    yield tmp_path / "srv"
    for folder in folders:
        folder.chmod(0o755)


def variables(tmp_path: Path, **more: str) -> dict[str, str]:
    """The image's, its folders below this test's own."""
    set_there = dict(word.split("=", 1) for words in of("ENV") for word in shlex.split(words))
    inside = {name: value.replace("/tmp/", f"{tmp_path}/tmp/") for name, value in set_there.items()}
    inside |= {"UNCOLLAPSE_STUDIES": str(tmp_path / "studies"), "UNCOLLAPSE_DATA": str(tmp_path / "data")}
    (tmp_path / "studies").mkdir(exist_ok=True)
    system = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return system | {"HOME": "/nonexistent", "OMP_NUM_THREADS": "1"} | inside | more


def obeys_permissions() -> None:
    """Whoever runs the tests, the process to come may write only where its user may; root could anywhere."""
    ctypes.CDLL(None).prctl(DROP_CAPABILITY, IGNORE_PERMISSIONS, 0, 0, 0)


def command_of(text: str, port: int) -> list[str]:
    words = json.loads(text.replace("8501", str(port)))
    assert words[0] == "python"
    return [sys.executable, *words[1:]]


@contextlib.contextmanager
def started(image: Path, port: int, **environment: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command_of(of("CMD")[0], port),
        cwd=image,
        env=variables(image.parent, **environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=obeys_permissions,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()


def test_the_container_does_not_start_without_a_login(image: Path) -> None:
    with started(image, free_port()) as process:
        said = process.communicate(timeout=SECONDS)[0]
    assert process.returncode == 2
    assert "UNCOLLAPSE_WITHOUT_LOGIN=1" in said
    assert "Traceback" not in said


def test_it_runs_as_a_user_who_may_write_nothing_but_studies(image: Path) -> None:
    assert of("USER") == ["uncollapse"]
    port, before = free_port(), set(image.rglob("*"))
    check = command_of(of("HEALTHCHECK")[0].partition("CMD ")[2], port)
    until = time.monotonic() + SECONDS
    with started(image, port, UNCOLLAPSE_WITHOUT_LOGIN="1") as process:
        while subprocess.run(check, capture_output=True).returncode != 0:
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < until
    assert set(image.rglob("*")) == before


def test_its_caches_lie_where_it_may_write(image: Path, study_folder: Path) -> None:
    """What is compiled at first use is compiled on a file system that is read-only but for /tmp, too."""
    run = subprocess.run(
        [sys.executable, "-m", "core", "diagnose", str(study_folder), "--json"],
        cwd=image,
        env=variables(image.parent),
        capture_output=True,
        text=True,
        preexec_fn=obeys_permissions,
    )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)

"""A process that has loaded its libraries goes on as a run, once, and waits for nobody for ever."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from core import jobs
from core.authoring.presets import PRESETS
from core.jobs import prefork, subprocesses

HELP = (*prefork.CORE, "run", "--help")


@pytest.fixture(autouse=True)
def nobody_left() -> Iterator[None]:
    yield
    if prefork._spare is not None:
        prefork._spare.process.kill()
    prefork._spare = None


@pytest.fixture
def light(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A spare that need not load torch to be told what to do."""
    script = tmp_path / "spare.py"
    script.write_text("from core.jobs import prefork\nprefork._load = lambda: None\nprefork.main()\n")
    start = subprocesses.start

    def begin(command: list[str], **rest: object) -> object:
        if command[2:3] == [prefork.MAIN]:
            command = [sys.executable, str(script), command[3]]
        return start(command, **rest)

    monkeypatch.setenv("PYTHONPATH", str(subprocesses.REPO))
    monkeypatch.setattr(subprocesses, "start", begin)


def test_it_goes_on_as_the_command_and_writes_to_its_log(light, tmp_path):
    log = tmp_path / "log.txt"
    log.write_text("before\n")
    prefork.prepare()
    spare = prefork.take(HELP, log=log)
    assert spare is not None
    assert spare.process.wait(60) == 0
    assert log.read_text().startswith("before\n")
    assert "Train all arms of a recipe" in log.read_text()


def test_one_waits_however_often_it_is_prepared_and_is_given_away_once(light, tmp_path):
    prefork.prepare()
    first = prefork._spare
    prefork.prepare()
    assert prefork._spare is first
    assert prefork.take(HELP, log=tmp_path / "log.txt") is first
    assert prefork.take(HELP, log=tmp_path / "log.txt") is None


def test_it_is_kept_for_commands_it_can_run(light, tmp_path):
    prefork.prepare()
    assert prefork.take(("/bin/true",), log=tmp_path / "log.txt") is None
    assert prefork._spare is not None


def test_one_that_has_ended_is_replaced_and_given_to_nobody(light, tmp_path):
    prefork.prepare()
    prefork._spare.process.kill()
    prefork._spare.process.wait()
    assert prefork.take(HELP, log=tmp_path / "log.txt") is None
    prefork.prepare()
    assert prefork._spare.process.poll() is None


def test_it_goes_when_nobody_wants_it(light, monkeypatch):
    monkeypatch.setattr(prefork, "IDLE_SECONDS", 0.1)
    prefork.prepare()
    process = prefork._spare.process
    assert process.wait(30) == 0
    assert prefork._spare is None


def test_it_goes_with_the_process_that_prepared_it(light):
    prefork.prepare()
    prefork._spare.process.stdin.close()  # as the end of this process would
    assert prefork._spare.process.wait(30) == 0


def test_a_run_is_begun_by_it_is_known_and_can_be_cancelled(tmp_path):
    """The real thing, with all it loads."""
    prefork.prepare()
    process = prefork._spare.process
    job = jobs.start(PRESETS[0].recipe(), root=tmp_path)
    assert job.status().pid == process.pid
    deadline = time.monotonic() + 120
    while not job.status().history and time.monotonic() < deadline:
        time.sleep(0.1)
    assert job.status().history, job.log_tail()
    assert job.cancel().state == "cancelled"
    assert not psutil.pid_exists(process.pid)

"""Runs that take turns, with a small script in the place of a run that works until it is told to end."""

import os
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core import jobs
from core.common.errors import StudyError
from core.jobs.job import Job, wait_for_turn
from core.recipe.recipe import Recipe

WAIT = 60  # seconds; an upper bound for a busy machine

RUN = """
import os, sys, time
from pathlib import Path
sys.path.insert(0, os.getcwd())
from core.jobs.job import wait_for_turn
from core.jobs.status import StatusWriter

recipe, _, out, _, status_file, *flags = map(Path, sys.argv[1:])
wait_for_turn(status_file)
with StatusWriter(status_file) as status:
    with open(out.parent / "begun", "a") as begun:
        begun.write(out.name + "\\n")
    while not out.with_name(f"end-{out.name}").exists():
        time.sleep(0.02)
    status.done(out)
"""


@pytest.fixture
def root(tmp_path: Path):
    folder = tmp_path / "studies"
    yield folder
    for job in jobs.list_jobs(folder):
        job.cancel()


@pytest.fixture
def start(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Job]:
    monkeypatch.setattr("core.jobs.job._POLL_SECONDS", 0.05)
    script = tmp_path / "run.py"
    script.write_text(RUN)
    command = (sys.executable, str(script))
    return lambda **options: jobs.start("digits-parity", root=root, command=command, **options)


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_running(job: Job) -> Callable[[], bool]:
    return lambda: job.status().state == "running"


def end(job: Job) -> None:
    job.root.joinpath(f"end-{job.id}").touch()
    assert job.wait(WAIT).state == "done"


def begun(root: Path) -> list[str]:
    return (root / "begun").read_text().split()


def test_runs_go_one_after_the_other_in_the_order_they_came(root, start):
    first, second, third = (start() for _ in range(3))
    eventually(is_running(first))
    assert (first.ahead(), second.ahead(), third.ahead()) == ([], [first], [first, second])
    time.sleep(1.5)  # time enough for the others to begin, if they would
    assert begun(root) == [first.id]
    assert [job.status().state for job in (second, third)] == ["queued", "queued"]
    for job, following in ((first, second), (second, third)):
        end(job)
        eventually(is_running(following))
    end(third)
    eventually(lambda: begun(root) == [first.id, second.id, third.id])


def test_a_run_that_is_killed_holds_nobody_up(root, start):
    first, second = start(), start()
    eventually(is_running(first))
    os.kill(first.status().pid, signal.SIGKILL)
    eventually(is_running(second))
    assert first.status().state == "failed"


def test_one_that_waits_can_be_cancelled_deleted_and_killed(root, start):
    first, cancelled, deleted, killed, last = (start() for _ in range(5))
    eventually(is_running(first))
    assert cancelled.cancel().state == "cancelled"
    jobs.delete(deleted)
    os.kill(killed.status().pid, signal.SIGKILL)
    eventually(lambda: killed.status().state == "failed")
    assert last.ahead() == [first]
    end(first)
    eventually(is_running(last))
    eventually(lambda: begun(root) == [first.id, last.id])


def test_one_that_is_resumed_goes_to_the_end_of_the_line(root, start):
    first, second, third = (start() for _ in range(3))
    second.cancel()
    jobs.resume(second, command=("sleep", "60"))
    assert second.ahead() == [first, third]


def test_some_skip_the_line_and_the_others_wait_for_them_too(root, start):
    first, second, third = (start() for _ in range(3))
    eventually(is_running(first))
    third.go_now()
    eventually(is_running(third))
    fourth = start(at_once=True)
    eventually(is_running(fourth))
    assert set(second.ahead()) == {first, third, fourth}
    for job in (first, third):
        end(job)
    assert second.status().state == "queued"
    end(fourth)
    eventually(is_running(second))


def test_what_a_new_run_would_wait_for(root, start):
    small, large = Recipe.load("digits-parity"), Recipe.load("mnist-parity")
    first = start()
    assert jobs.would_wait_for(small, root=root) == [first]
    assert jobs.would_wait_for(large, root=root) == []
    end(first)
    assert jobs.would_wait_for(small, root=root) == []


def test_numbers_are_drawn_by_one_at_a_time(root, start):
    with ThreadPoolExecutor(6) as pool:
        started = list(pool.map(lambda _: start(), range(6)))
    assert sorted(len(job.ahead()) for job in started) == list(range(6))


def test_tickets_of_runs_that_are_over_are_cleared_away(root, start):
    first = start()
    end(first)
    second = start()
    assert [path.parent.name for path in (root / ".jobs").glob("*/ticket.json")] == [second.id]


def test_a_run_without_a_ticket_does_not_wait_and_one_without_a_folder_stops(tmp_path):
    wait_for_turn(tmp_path / "status.json")
    with pytest.raises(StudyError, match="there is no run called"):
        wait_for_turn(tmp_path / ".jobs" / "gone" / "status.json")

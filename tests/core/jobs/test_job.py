"""Background runs, with a small script in the place of `python -m core run`."""

import errno
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest

from core import jobs
from core.common.errors import DataError, RecipeError, StudyError
from core.jobs import status
from core.jobs.job import Job
from core.jobs.status import Status, StatusWriter
from core.recipe.recipe import Recipe
from core.storage.workspace import unfinished

REPO = Path(__file__).parents[3]
WAIT = 120  # seconds; an upper bound for a busy machine

RUN = """
import os, signal, subprocess, sys, time
from pathlib import Path
sys.path.insert(0, os.getcwd())
behaviour, recipe, _, out, _, status_file, *flags = sys.argv[1:]
out = Path(out)
print(behaviour, flags)

if behaviour == "silent":
    sys.exit("ModuleNotFoundError: no module named torch")
from core.common.errors import DataError
from core.jobs.status import StatusWriter
from core.storage.workspace import unfinished

with StatusWriter(Path(status_file)) as status:
    unfinished(out).mkdir(exist_ok=True)
    for epoch in range(3, 5) if flags else range(1, 3):
        status.update(stage="train", arm="nearest", epoch=epoch, epochs=4, row={"loss": 1 / epoch})
    if behaviour == "hang":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
        status.update(stage="wait", message=str(child.pid))
        time.sleep(300)
    if behaviour == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        status.update(stage="wait")
        time.sleep(300)
    if behaviour == "bad":
        raise DataError("the folder is empty")
    if behaviour == "bug":
        1 / 0
    if behaviour == "killed":
        time.sleep(0.3)
        status.update()
        os.kill(os.getpid(), signal.SIGKILL)
    (unfinished(out) / "study.json").write_text("{}")
    unfinished(out).rename(out)
    if behaviour != "mute":
        status.done(out)
"""

SESSION = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from core import jobs

root, *command = sys.argv[1:]
sys.stdin.read(1)
ask = lambda _: jobs.start_once("digits-parity", Path(root), command=command)
with ThreadPoolExecutor(5) as pool:
    print({job.id for job in pool.map(ask, range(5))})
"""


@pytest.fixture
def command(tmp_path: Path):
    """The command of a run that behaves as told."""
    script = tmp_path / "run.py"
    script.write_text(RUN)
    return lambda behaviour: (sys.executable, str(script), behaviour)


@pytest.fixture
def root(tmp_path: Path):
    """A studies folder; runs left over in it are ended."""
    folder = tmp_path / "studies"
    yield folder
    for job in jobs.list_jobs(folder):
        job.cancel()


def wait_for_stage(job: Job, stage: str) -> Status:
    deadline = time.monotonic() + WAIT
    while (status := job.status()).stage != stage:
        assert time.monotonic() < deadline, status
        assert not status.over, status
        time.sleep(0.02)
    return status


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_run_reports_until_it_is_done(root, command):
    job = jobs.start("digits-parity", root=root, command=command("good"))
    status = job.wait(WAIT)
    assert (status.state, status.fraction, status.error, status.pid) == ("done", 1.0, "", None)
    assert status.study == str(root / "digits-parity")
    assert status.history == [{"arm": "nearest", "epoch": e, "loss": 1 / e} for e in (1, 2)]
    assert status.started <= status.updated <= time.time()
    assert Recipe.load(job.recipe) == Recipe.load("digits-parity")
    assert job.log_tail() == "good []"


def test_a_run_under_way_names_its_process_which_leads_a_session_of_its_own(root, command):
    status = wait_for_stage(jobs.start("digits-parity", root=root, command=command("hang")), "wait")
    assert status.state == "running"
    assert os.getsid(status.pid) == status.pid


def test_a_process_that_is_just_being_started_and_has_no_command_yet_has_not_failed(root, command, monkeypatch):
    job = jobs.start("digits-parity", root=root, command=command("hang"))
    monkeypatch.setattr(psutil.Process, "cmdline", lambda self: [])
    assert job.status().state in {"queued", "running"}
    monkeypatch.undo()
    wait_for_stage(job, "wait")


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        ("bad", "the folder is empty"),
        ("bug", "the run stopped on ZeroDivisionError: division by zero; its log has the details"),
        ("killed", "the run stopped unexpectedly; its last lines were:\nkilled []"),
        ("silent", "the run stopped unexpectedly; its last lines were:\nsilent []\nModuleNotFoundError"),
    ],
)
def test_a_run_that_fails_says_why(root, command, behaviour, error):
    status = jobs.start("digits-parity", root=root, command=command(behaviour)).wait(WAIT)
    assert status.state == "failed"
    assert status.error.startswith(error)


def test_a_study_that_is_there_counts_as_done_though_the_last_word_was_lost(root, command):
    status = jobs.start("digits-parity", root=root, command=command("mute")).wait(WAIT)
    assert (status.state, status.study) == ("done", str(root / "digits-parity"))


@pytest.mark.parametrize("discard", [True, False])
def test_cancel_ends_all_processes(root, command, discard):
    job = jobs.start("digits-parity", root=root, command=command("hang"))
    status = wait_for_stage(job, "wait")
    assert job.cancel(discard=discard).state == "cancelled"
    assert job.status().state == "cancelled"
    assert gone(status.pid)
    assert gone(int(status.message))
    assert unfinished(job.study).exists() is not discard
    assert not job.study.exists()


def test_cancel_kills_what_does_not_listen(root, command, monkeypatch):
    monkeypatch.setattr("core.jobs.job._GRACE_SECONDS", 0.3)
    job = jobs.start("digits-parity", root=root, command=command("deaf"))
    pid = wait_for_stage(job, "wait").pid
    job.cancel()
    assert gone(pid)


def test_cancel_leaves_a_finished_run_alone(root, command):
    job = jobs.start("digits-parity", root=root, command=command("good"))
    job.wait(WAIT)
    assert job.cancel().state == "done"
    assert job.study.exists()


def test_a_number_given_to_another_process_is_not_the_run_and_is_not_killed(root, command):
    job = jobs.start("digits-parity", root=root, command=command("killed"))
    job.wait(WAIT)
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"], start_new_session=True) as other:
        (job.folder / "process.json").write_text(json.dumps({"pid": other.pid}))
        assert job.status().state == "failed"
        job.cancel()
        assert other.poll() is None
        other.kill()


def test_resume_goes_on_under_the_same_id(root, command):
    job = jobs.start("digits-parity", root=root, command=command("killed"))
    assert job.wait(WAIT).state == "failed"
    assert jobs.resume(job, command=command("good")) == job
    status = job.wait(WAIT)
    assert status.state == "done"
    assert [row["epoch"] for row in status.history] == [1, 2, 3, 4]
    assert job.log_tail(1) == "good ['--resume']"


def test_resume_leaves_what_is_under_way_alone(root, command):
    job = jobs.start("digits-parity", root=root, command=command("hang"))
    pid = wait_for_stage(job, "wait").pid
    jobs.resume(job, command=command("good"))
    assert job.status().pid == pid


def test_many_resume_one_run(root, command):
    job = jobs.start("digits-parity", root=root, command=command("killed"))
    job.wait(WAIT)
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda _: jobs.resume(job, command=command("hang")), range(10)))
    wait_for_stage(job, "wait")
    assert (job.folder / "log.txt").read_text().count("hang") == 1


def test_ids_are_the_name_and_a_number_where_it_is_taken(root, command):
    (root / "digits-parity-2").mkdir(parents=True)
    started = [jobs.start("digits-parity", root=root, command=command("good")) for _ in range(2)]
    assert [job.id for job in started] == ["digits-parity", "digits-parity-3"]
    assert jobs.next_id(root, "digits-parity") == "digits-parity-4"
    assert jobs.list_jobs(root) == started[::-1]
    assert jobs.get_job(root, "digits-parity-3") == started[1]


def test_one_default_run_however_many_ask(root, command):
    arguments = [sys.executable, "-c", SESSION, str(root), *command("hang")]
    sessions = [
        subprocess.Popen(arguments, cwd=REPO, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for session in sessions:  # all have imported by the time they are told to go
        session.stdin.write("x")
        session.stdin.flush()
    assert {session.communicate(timeout=WAIT)[0].strip() for session in sessions} == {"{'digits-parity'}"}
    (job,) = jobs.list_jobs(root)
    assert wait_for_stage(job, "wait").state == "running"  # and it has outlived the process that started it
    assert job.log_tail() == "hang []"


def test_start_once_repeats_nothing(root, command):
    job = jobs.start_once("digits-parity", root, command=command("bad"))
    assert job.wait(WAIT).state == "failed"
    assert jobs.start_once("digits-parity", root, command=command("good")).status().state == "failed"


def test_start_once_is_content_with_a_study_that_is_there(root, command):
    (root / "digits-parity").mkdir(parents=True)
    (root / "digits-parity" / "study.json").write_text("{}")
    assert jobs.start_once("digits-parity", root, command=command("bad")).status().state == "done"
    assert not jobs.list_jobs(root)


def test_start_once_makes_a_study_again_that_has_been_deleted(root, command):
    job = jobs.start_once("digits-parity", root, command=command("good"))
    job.wait(WAIT)
    job.study.joinpath("study.json").unlink()
    job.study.rmdir()
    assert jobs.start_once("digits-parity", root, command=command("good")).wait(WAIT).state == "done"
    assert job.study.exists()


def test_a_run_whose_starter_died_before_starting_it_has_failed(root, command, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(Job, "_launch", lambda *_, **__: None)
        job = jobs.start("digits-parity", root=root)
    assert job.status().state == "queued"
    status_file = job.folder / "status.json"
    status_file.write_text(json.dumps({**read(status_file), "updated": time.time() - 60}))
    assert job.status().state == "failed"
    assert jobs.resume(job, command=command("good")).wait(WAIT).state == "done"


def test_delete_forgets_the_run_and_keeps_the_study(root, command):
    done = jobs.start("digits-parity", root=root, command=command("good"))
    done.wait(WAIT)
    under_way = jobs.start("digits-parity", root=root, command=command("hang"))
    pid = wait_for_stage(under_way, "wait").pid
    jobs.delete(done)
    jobs.delete(under_way)
    assert gone(pid)
    assert jobs.list_jobs(root) == []
    assert sorted(path.name for path in root.iterdir()) == [".jobs", "digits-parity"]
    assert not list((root / ".jobs").iterdir())
    with pytest.raises(StudyError, match="there is no run called"):
        under_way.cancel()


@pytest.mark.parametrize("id", ["", ".", "..", "../x", "a/b", "/etc", ".jobs", "a\0b", "nothing", "x" * 5000])
def test_an_id_from_outside_is_a_name_and_nothing_else(root, command, id):
    (root / "x").mkdir(parents=True)
    (root / "x" / "recipe.toml").touch()
    with pytest.raises(StudyError, match="there is no run called"):
        jobs.get_job(root, id)


@pytest.mark.parametrize("recipe", ["no-such-recipe", "name = ", 'name = "x"\nlr = 1'])
def test_a_wrong_recipe_starts_nothing(root, recipe):
    with pytest.raises(RecipeError):
        jobs.start(recipe, root=root)
    assert not root.exists()


def test_a_recipe_may_be_toml(root, command):
    recipe = Recipe.load("digits-parity", ("name=mine", "seed=7"))
    job = jobs.start(recipe.to_toml(), root=root, command=command("good"))
    assert job.id == "mine"
    assert Recipe.load(job.recipe).seed == 7


def test_a_root_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StudyError, match="cannot start a run under"):
        jobs.start("digits-parity", root=tmp_path / "file")


def test_wait_gives_up(root, command):
    job = jobs.start("digits-parity", root=root, command=command("hang"))
    with pytest.raises(TimeoutError):
        job.wait(0.1)


# ---- the writer inside the run


@pytest.fixture
def status_file(tmp_path: Path) -> Path:
    return tmp_path / "status.json"


def read(path: Path) -> dict:
    return json.loads(path.read_text())


def test_reports_of_one_stage_are_written_now_and_then(status_file, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(status.time, "monotonic", lambda: clock[0])
    writer = StatusWriter(status_file)
    writer.update(stage="train")
    writer.update(fraction=0.1)
    assert read(status_file)["fraction"] == 0
    clock[0] += 1
    writer.update(fraction=0.2)
    assert read(status_file)["fraction"] == 0.2
    writer.update(fraction=0.3, row={"loss": 1.0})
    writer.done(Path("there"))
    last = read(status_file)
    assert (last["state"], last["study"], last["history"]) == (
        "done",
        "there",
        [{"arm": "", "epoch": 0, "loss": 1}],
    )


def test_an_epoch_done_again_replaces_its_row(status_file):
    writer = StatusWriter(status_file)
    for epoch in (1, 2):
        writer.update(arm="a", epoch=epoch, row={"loss": epoch})
    writer.update(arm="b", epoch=2, row={"loss": 0})
    again = StatusWriter(status_file)
    again.update(arm="a", epoch=2, row={"loss": 9})
    again.done(Path("x"))
    rows = [(row["arm"], row["epoch"], row["loss"]) for row in read(status_file)["history"]]
    assert rows == [("a", 1, 1), ("b", 2, 0), ("a", 2, 9)]


def test_scalars_of_numpy_are_numbers(status_file):
    StatusWriter(status_file).update(stage="x", row={"n": np.int64(3), "loss": np.float32(0.5)})
    assert read(status_file)["history"] == [{"arm": "", "epoch": 0, "n": 3, "loss": 0.5}]


def test_long_runs_keep_their_last_rows(status_file):
    writer = StatusWriter(status_file)
    for epoch in range(600):
        writer.update(epoch=epoch, row={})
    writer.done(Path("x"))
    assert [row["epoch"] for row in read(status_file)["history"]] == list(range(100, 600))


def test_a_full_disk_does_not_end_the_run(status_file, monkeypatch):
    def full(self, *_, **__):
        self.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    writer = StatusWriter(status_file)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", full)
        writer.update(stage="train")
    assert read(status_file)["stage"] == ""
    assert [path.name for path in status_file.parent.iterdir()] == ["status.json"]
    writer.update(stage="map")
    assert read(status_file)["stage"] == "map"


def test_a_status_whose_folder_is_gone_does_not_end_the_run(tmp_path):
    StatusWriter(tmp_path / "gone" / "status.json").update(stage="train")


@pytest.mark.parametrize(
    ("error", "state"),
    [(DataError("no"), "failed"), (ValueError("no"), "failed"), (KeyboardInterrupt(), "cancelled")],
)
def test_an_exception_is_reported_and_goes_on(status_file, error, state):
    with pytest.raises(type(error)), StatusWriter(status_file):
        raise error
    assert read(status_file)["state"] == state


def test_readers_never_see_half_a_status(status_file):
    writer = StatusWriter(status_file)
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(lambda: [writer.update(stage=str(i), message="x" * 100_000) for i in range(200)])
        while not done.done():
            assert read(status_file)["state"] == "running"


def test_the_time_left_goes_by_the_pace_since_the_first_report(status_file, monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(status.time, "time", lambda: clock[0])
    writer = StatusWriter(status_file)
    assert status.read_status(status_file).time_left() is None
    for seconds, fraction in ((50, 0.5), (10, 0.6)):  # resumed: half was there, and reading the data took 50 s
        clock[0] += seconds
        writer.update(stage=str(fraction), fraction=fraction)
    now = status.read_status(status_file)
    assert (now.elapsed(), now.time_left()) == (60, pytest.approx(40))
    clock[0] += 15
    assert now.time_left() == pytest.approx(25)
    clock[0] += 100
    assert now.time_left() == 0
    writer.done(Path("x"))
    over = status.read_status(status_file)
    clock[0] += 100
    assert (over.elapsed(), over.time_left()) == (175, None)

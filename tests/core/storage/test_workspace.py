"""A study's folder appears whole or not at all, to one writer at a time."""

import errno
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from core.common.errors import DataError, StudyError
from core.storage.arrays import save_array
from core.storage.layout import RECIPE
from core.storage.workspace import unfinished, workspace


def write(out: Path, *, resume: bool = False, text: str = "recipe", error: BaseException | None = None) -> None:
    with workspace(out, text, resume=resume) as folder:
        (folder / "half").write_text("half")
        if error is not None:
            raise error
        (folder / "whole").write_text("whole")


def left(out: Path) -> list[str]:
    return sorted(p.name for p in out.parent.iterdir())


def test_it_becomes_the_study_at_the_end(tmp_path: Path):
    out = tmp_path / "new" / "study"
    with workspace(out, "recipe", resume=False) as folder:
        assert not out.exists()
        assert folder.parent == out.parent
        assert folder.name.startswith(".")
    assert left(out) == ["study"]
    assert (out / RECIPE).read_text() == "recipe"


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (DataError("empty"), "empty"),
        (OSError(errno.ENOSPC, "No space left", "/some/file"), "no space left on the disk while writing /some/file"),
        (OSError(errno.EIO, "Input/output error", "/some/file"), "cannot write /some/file: Input/output error"),
        (PermissionError(errno.EACCES, "Permission denied"), "Permission denied"),
    ],
)
def test_a_failure_leaves_nothing(error: Exception, raised: str, tmp_path: Path):
    with pytest.raises((StudyError, DataError), match=raised):
        write(tmp_path / "study", error=error)
    assert left(tmp_path / "study") == []


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("a bug"), SystemExit(1)])
def test_an_interruption_leaves_only_what_can_be_resumed(error: BaseException, tmp_path: Path):
    out = tmp_path / "study"
    with pytest.raises(type(error)):
        write(out, error=error)
    assert left(out) == [unfinished(out).name]
    with workspace(out, "recipe", resume=True) as folder:
        assert (folder / "half").exists()
    assert left(out) == ["study"]


@pytest.mark.parametrize(("resume", "text"), [(False, "recipe"), (True, "another recipe")])
def test_what_another_recipe_left_is_not_taken_up(resume: bool, text: str, tmp_path: Path):
    out = tmp_path / "study"
    with pytest.raises(KeyboardInterrupt):
        write(out, error=KeyboardInterrupt())
    with workspace(out, text, resume=resume) as folder:
        assert os.listdir(folder) == [RECIPE]


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch, lambda p: p.symlink_to("nowhere")])
def test_a_place_that_is_taken_is_left_alone(make, tmp_path: Path):
    make(tmp_path / "study")
    with pytest.raises(StudyError, match="exists already; choose another --out"):
        write(tmp_path / "study")
    assert left(tmp_path / "study") == ["study"]


def test_two_runs_at_once_are_refused_and_the_first_goes_on(tmp_path: Path):
    out = tmp_path / "study"
    with workspace(out, "recipe", resume=False) as folder:
        (folder / "mine").touch()
        with pytest.raises(StudyError, match="another run is writing"):
            write(out)
        with pytest.raises(StudyError, match="another run is writing"):
            write(out, resume=True)
        assert (folder / "mine").exists()
    assert left(out) == ["study"]


def test_a_lock_whose_file_has_been_removed_is_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Its last owner unlinks the file between our opening and locking it; a third run would lock a new file."""
    out = tmp_path / "study"
    lock = fcntl.flock

    def late(file, how):
        if how & fcntl.LOCK_EX:
            os.unlink(os.readlink(f"/proc/self/fd/{file}"))
        lock(file, how)

    monkeypatch.setattr(fcntl, "flock", late)
    with pytest.raises(StudyError, match="another run is writing"):
        write(out)


def test_a_study_that_appears_while_we_wait_for_the_lock_is_not_overwritten(tmp_path: Path, monkeypatch):
    out = tmp_path / "study"
    lock = fcntl.flock
    monkeypatch.setattr(fcntl, "flock", lambda file, how: (lock(file, how), out.mkdir(exist_ok=True)))
    with pytest.raises(StudyError, match="exists already"):
        write(out)
    assert left(out) == ["study"]


def test_a_killed_run_leaves_no_lock_behind(tmp_path: Path):
    out = tmp_path / "study"
    code = textwrap.dedent(f"""
        import os, signal
        from pathlib import Path
        from core.storage.workspace import workspace
        with workspace(Path({str(out)!r}), "recipe", resume=False) as folder:
            (folder / "half").touch()
            os.kill(os.getpid(), signal.SIGKILL)
    """)
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -signal.SIGKILL
    write(out, resume=True)
    assert (out / "half").exists()
    assert left(out) == ["study"]


@pytest.mark.parametrize("name", ["x" * 240, "x" * 300, "file/study"])
def test_a_place_that_cannot_be(name: str, tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(StudyError, match="cannot write"):
        write(tmp_path / name)
    assert left(tmp_path / "study") == ["file"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(hnp.arrays(st.sampled_from([np.float32, np.uint8]), hnp.array_shapes(max_dims=4, max_side=5, min_side=0)))
def test_saved_arrays_are_numpys_own(tmp_path: Path, array: np.ndarray):
    for variant in (array, array.T, array[::2]):
        save_array(tmp_path / "ours.npy", variant)
        again = np.load(tmp_path / "ours.npy", allow_pickle=False)
        assert again.dtype == variant.dtype
        np.testing.assert_array_equal(again, variant)


def can_mount() -> bool:
    probe = ["unshare", "-rm", "mount", "-t", "tmpfs", "-o", "size=64k", "none", "/mnt"]
    return (
        shutil.which("unshare") is not None and subprocess.run(probe, capture_output=True, check=False).returncode == 0
    )


@pytest.mark.skipif(not can_mount(), reason="needs a name space with a file system of its own")
def test_an_array_on_a_disk_that_is_really_full(tmp_path: Path):
    code = textwrap.dedent(f"""
        import os
        from pathlib import Path
        import numpy as np
        from core.common.errors import StudyError
        from core.storage.arrays import save_array
        from core.storage.workspace import workspace
        try:
            with workspace(Path("{tmp_path}/disk/study"), "recipe", resume=False) as folder:
                save_array(folder / "big.npy", np.zeros((1000, 1000), np.float32))
        except StudyError as error:
            print(error, os.listdir("{tmp_path}/disk"))
    """)
    mount = f"mkdir {tmp_path}/disk && mount -t tmpfs -o size=1m none {tmp_path}/disk && "
    run = ["unshare", "-rm", "sh", "-c", mount + '"$0" -c "$1"', sys.executable, code]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("no space left on the disk"), done.stderr
    assert done.stdout.strip().endswith("[]")

"""Kept selections: named, commented, undone, and nothing lost by a kill or by others who write."""

import itertools
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.common.errors import DataError, StudyError
from core.common.places import REPO
from core.storage.kept import MAX_KEPT, KeptSelections, _runs

N = 30


def of(folder: Path, created: str = "2026-01-01") -> KeptSelections:
    return KeptSelections(folder / "s", created=created, n_items=N)


@pytest.fixture
def kept(tmp_path: Path) -> KeptSelections:
    return of(tmp_path)


def names(kept: KeptSelections) -> list[str]:
    return [one.name for one in kept.all()]


def test_kept_replaced_removed(kept: KeptSelections) -> None:
    assert kept.all() == []
    kept.keep("  odd \n ones ", [5, 3, 3, 1], "why")
    kept.keep("two", range(4))
    first, second = of(kept.path.parent.parent).all()
    assert (first.name, [*first.ids], first.comment, len(first)) == ("odd ones", [1, 3, 5], "why", 3)
    assert [*second.ids] == [0, 1, 2, 3]
    kept.keep("odd ones", [7])
    assert [[*one.ids] for one in kept.all()] == [[7], [0, 1, 2, 3]]
    kept.remove("odd ones")
    kept.remove("never there")
    assert names(kept) == ["two"]


def test_every_change_can_be_undone(kept: KeptSelections) -> None:
    kept.keep("a", [1])
    kept.keep("a", [2])
    kept.remove("a")
    seen = []
    while kept.can_undo:
        kept.undo()
        seen.append([[*one.ids] for one in kept.all()])
    assert seen == [[[2]], [[1]], []]
    kept.undo()
    kept.keep("b", [3])
    assert names(kept) == ["b"]


@pytest.mark.parametrize(
    ("name", "ids", "comment"),
    [
        *[("", [1], ""), (" ", [1], ""), ("x" * 61, [1], ""), ("a\0", [1], "")],
        *[("a", [], ""), ("a", [N], ""), ("a", [-1], ""), ("a", [1], "x" * 1001)],
    ],
)
def test_what_cannot_be_kept(kept: KeptSelections, name: str, ids: list[int], comment: str) -> None:
    with pytest.raises(DataError):
        kept.keep(name, ids, comment)
    assert not kept.path.exists()


def test_not_more_than_can_be_shown(kept: KeptSelections) -> None:
    lines = [{"study": "2026-01-01", "do": "keep", "name": f"{i}", "runs": [[0, 1]], "comment": "", "at": ""}
             for i in range(MAX_KEPT)]  # fmt: skip
    kept.path.parent.mkdir()
    kept.path.write_text("\n".join(map(json.dumps, lines)))
    with pytest.raises(DataError, match="remove one"):
        kept.keep("more", [1])
    kept.keep("0", [2])


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        "1",
        '{"do": "keep"}',
        '{"study": "2026-01-01", "do": "fly"}',
        '{"study": "2026-01-01", "do": "keep", "name": "x", "runs": [[0, 99]], "comment": "", "at": ""}',
        '{"study": "2026-01-01", "do": "keep", "name": "x", "runs": [["a", 2]], "comment": "", "at": ""}',
        '{"study": "2026-01-01", "do": "keep", "name": 3, "runs": [[0, 1]], "comment": "", "at": ""}',
        '{"study": "2026-01-01", "do": "keep", "name": "half a li',
        "\ufffd\udcff".encode("utf-8", "replace").decode(),
        "[" * 100_000,
    ],
)
def test_damaged_lines_are_left_out(kept: KeptSelections, line: str) -> None:
    kept.keep("before", [1])
    with kept.path.open("a") as file:
        file.write(line)  # without an end, as by a program that was killed
    kept.keep("after", [2])
    assert names(kept) == ["before", "after"]


def test_another_study_in_the_same_place_has_its_own(kept: KeptSelections) -> None:
    kept.keep("old", [1])
    other = of(kept.path.parent.parent, created="2026-02-02")
    assert other.all() == []
    assert not other.can_undo


def test_many_at_once_lose_nothing(kept: KeptSelections) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: kept.keep(f"s{i}", [i]), range(N)))
    assert sorted(names(kept)) == sorted(f"s{i}" for i in range(N))


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / ".kept").write_text("a file")
    with pytest.raises(StudyError, match="cannot be kept"):
        of(tmp_path).keep("a", [1])


def test_what_was_kept_outlives_a_kill(tmp_path: Path) -> None:
    script = f"""
import os, signal
from pathlib import Path
from tests.core.storage.test_kept import of
kept = of(Path({str(tmp_path)!r}))
kept.keep("a", [1, 2])
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", script], cwd=REPO, check=False)
    assert names(of(tmp_path)) == ["a"]


@settings(deadline=None)
@given(st.sets(st.integers(0, 500), min_size=1))
def test_runs_say_the_same(ids: set[int]) -> None:
    runs = _runs(np.array(sorted(ids)))
    assert [id for begin, end in runs for id in range(begin, end)] == sorted(ids)
    assert all(a[1] < b[0] for a, b in itertools.pairwise(runs))

"""The counting league but for its results: shapes, methods, processes and their limit, records, tables."""

import os
import subprocess
import sys
import types
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from core.common.errors import UncollapseError
from core.study import Study
from tests.benchmarks import counting_league as entry
from tests.benchmarks.counting import cases, league, methods, real, release_0_2, tables
from tests.benchmarks.counting.dip_means import dip_means
from tests.benchmarks.counting.league import ENDED, TIME, Outcome, Records, Worker, play
from tests.benchmarks.counting.shapes import EVERY, FOREIGN, ONE_PIECE, modes, sizes
from tests.benchmarks.counting.uniforce import uniforce


@pytest.fixture(autouse=True)
def _no_script(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers import the main module anew; tests of the app leave there a script that is none."""
    monkeypatch.setitem(sys.modules, "__main__", types.ModuleType("__main__"))


REPO = Path(__file__).parents[2]
CASE = cases.Case(cases.PLANTED, "equal modes", "3 modes, separation 20", seed=1, n=120, d=16, pieces=3)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("d", [16, 64])
def test_shapes_have_the_pieces_they_say_on_the_sphere(name: str, d: int):
    shape = EVERY[name]
    n = max(shape.least, 100)
    points, truth = shape.sample(3, n, d)
    assert points.shape == (n, d)
    assert points.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), 1, atol=1e-5)
    found, counts = np.unique(truth[truth != FOREIGN], return_counts=True)
    assert np.array_equal(found, np.arange(shape.pieces))
    assert counts.min() >= 5
    again, other = shape.sample(3, n, d)[0], shape.sample(4, n, d)[0]
    assert np.array_equal(points, again)
    assert not np.array_equal(points, other)


def test_held_out_shapes_are_of_every_kind_but_equal_modes():
    kinds = {shape.kind for shape in EVERY.values()}
    assert {shape.kind for shape in EVERY.values() if shape.held_out} == kinds - {"equal modes"}


@pytest.mark.parametrize(("k", "d"), [(3, 64), (30, 16), (12, 768)])
def test_modes_lie_at_the_separation_they_say(k: int, d: int):
    points, truth = modes(k, 12).sample(0, 40 * k, d)
    centres = np.array([points[truth == mode].mean(axis=0) for mode in range(k)])
    spread = np.sqrt(np.mean([points[truth == mode].var(axis=0).mean() for mode in range(k)]))
    distances = np.linalg.norm(centres[:, None] - centres, axis=2)[np.triu_indices(k, 1)] / spread
    assert distances.min() > 9
    if k < d:
        assert distances.max() < 15


def test_sizes_follow_weights():
    assert sizes(100, [9, 1]).tolist() == [90, 10]
    assert sizes(61, [20, 16, 12, 8, 4, 1]).tolist() == [20, 16, 12, 8, 4, 1]
    assert sizes(7, [1, 1]).sum() == 7


def test_a_tenth_of_a_mixed_class_is_foreign_and_far():
    points, truth = EVERY["three modes, 10 % foreign"].sample(0, 200, 64)
    assert np.count_nonzero(truth == FOREIGN) == 20
    middle = points[truth != FOREIGN].mean(axis=0)
    away = np.linalg.norm(points - middle, axis=1)
    assert away[truth == FOREIGN].min() > away[truth != FOREIGN].max()


def test_the_league_draws_every_shape_and_names_each_case_once():
    planted = list(cases.planted([1, 2]))
    assert {case.name for case in planted} == set(EVERY)
    assert {case.d for case in planted} == {16, 64, 256, 768}
    assert (min(case.n for case in planted), max(case.n for case in planted)) == (40, 5000)
    single, promised = list(cases.one_piece(12, 1)), list(cases.promise(2, 1))
    assert {case.name for case in single} == {shape.name for shape in ONE_PIECE}
    assert {(case.n, case.d) for case in single if case.name == "arc"} == set(cases.ONE_PIECE_SETTINGS)
    keys = [case.key for case in (*planted, *single, *promised)]
    assert len(set(keys)) == len(keys)
    points, truth = promised[-1].draw()
    assert (len(points), len(np.unique(truth))) == (promised[-1].n, promised[-1].pieces)


@pytest.mark.parametrize("count", [dip_means, uniforce])
@pytest.mark.parametrize("k", [1, 2, 4])
def test_reimplemented_methods_find_clear_modes(count, k: int):
    points, truth = modes(k, 20).sample(k, 400, 16)
    groups = count(points, seed=0)
    assert adjusted_rand_score(truth, groups) == 1


def test_a_ring_is_one_for_uniforce_whose_pieces_touch():
    points, _ = EVERY["ring"].sample(0, 800, 16)
    assert len(np.unique(uniforce(points, seed=0))) == 1


@pytest.mark.parametrize("method", [m for m in methods.METHODS if m.available], ids=lambda method: method.name)
def test_every_method_groups_clear_modes(method: methods.Method):
    points, truth = modes(3, 20).sample(0, 240, 16)
    count, groups = method.count(points, 0)
    again, same = method.count(points, 0)
    assert groups.shape == (240,)
    assert count >= 2
    assert adjusted_rand_score(truth, groups) > 0.5
    assert count == again
    assert np.array_equal(groups, same)


def test_few_items_break_no_method():
    points, _ = modes(1, 20).sample(0, 12, 16)
    for method in methods.METHODS:
        if method.available and not method.package:
            assert method.count(points, 0)[0] >= 1, method.name


def test_no_group_at_all_counts_as_one():
    nothing = methods.Method("nothing", lambda points, seed: np.full(len(points), -1), "")
    assert nothing.count(np.zeros((5, 2)), 0)[0] == 1


def test_leading_axes_hold_most_of_the_variance():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(200, 40)) * np.where(np.arange(40) < 3, 10, 0.1)
    assert methods.leading_axes(points).shape == (200, 3)
    assert methods.leading_axes(rng.normal(size=(10, 40))).shape[1] <= 10


@pytest.mark.parametrize(
    ("shape", "n", "count"),
    [
        ("5 modes, separation 8", 200, 5),
        ("20 modes, separation 12", 1000, 12),
        ("30 modes, separation 12", 1500, 1),
        ("ring", 400, 3),
        ("two, 90 : 10", 200, 1),
        ("isotropic", 200, 1),
    ],
)
def test_the_frozen_count_answers_as_release_0_2_did(shape: str, n: int, count: int):
    points, _ = EVERY[shape].sample(1, n, 64)
    assert release_0_2.count_once(points, np.random.default_rng(0)).count == count


def test_real_classes_are_the_held_out_items_of_every_space(study_folder: Path, tmp_path: Path):
    (tmp_path / "digits-parity-7").symlink_to(study_folder)
    study = Study.load(study_folder)
    found = list(real.classes(tmp_path, "digits-parity", 7))
    assert [(each.arm, each.label) for each in found] == [
        (arm, label) for arm in ("standard", "nearest", "pixels", "PCA") for label in ("even", "odd")
    ]
    assert sum(len(each.points) for each in found if each.arm == "nearest") == study.evaluated.sum()
    assert all(np.allclose(np.linalg.norm(each.points, axis=1), 1, atol=1e-5) for each in found)
    assert {each.pieces for each in found} == {5}
    case = next(case for case in cases.known_modes(tmp_path, [6, 7]) if (case.arm, case.label) == ("nearest", "odd"))
    points, truth = case.draw()
    assert np.array_equal(points, found[3].points)
    assert np.array_equal(truth, found[3].modes)
    assert (case.n, case.d, case.pieces) == (*points.shape, 5)


def test_a_study_that_cannot_be_trained_is_said(tmp_path: Path):
    assert "--omniglot" in real.train(tmp_path, "omniglot-letters", 0, omniglot=None)
    assert "zip" in real.train(tmp_path, "omniglot-letters", 0, omniglot=tmp_path / "nowhere")


def test_a_count_over_the_limit_or_with_an_error_fails_and_the_next_one_goes_on():
    with Worker(limit=1e-4) as worker:
        assert worker.count(CASE, "dip-means") == Outcome(None, 0.0, 1e-4, TIME)
        worker.limit = 60
        found = worker.count(CASE, "release 0.2")
        assert (found.count, found.ari, found.failure) == (3, 1.0, "")
        assert worker.count(replace(CASE, name="no such shape"), "release 0.2").failure.startswith("KeyError")
        worker._process.kill()
        assert worker.count(CASE, "release 0.2").failure == ENDED
        assert worker.count(CASE, "release 0.2").count == 3


def test_foreign_items_are_left_out_of_the_ari():
    case = replace(CASE, name="three modes, 10 % foreign", n=200, d=64)
    assert league.outcome(case, methods.TOLD)().count == 3
    assert league.outcome(replace(CASE, name="3 modes, separation 20"), methods.TOLD)().ari == 1


def test_records_keep_what_is_done_and_forget_what_is_asked_anew(tmp_path: Path):
    records, said = Records(tmp_path / "new" / "records.csv"), []
    tasks = [(CASE, name) for name in ("release 0.2", "HDBSCAN")]
    play(tasks, records, jobs=2, limit=60, report=said.append)
    first = records.read()
    assert set(first["method"]) == {"release 0.2", "HDBSCAN"}
    assert first["count"].tolist() == [3, 3]
    assert first["failure"].tolist() == ["", ""]
    play([*tasks, (CASE, methods.TOLD)], records, jobs=1, limit=60, report=said.append)
    assert len(records.read()) == 3
    records.forget(["HDBSCAN"])
    assert set(records.read()["method"]) == {"release 0.2", methods.TOLD}


def record(method: str, count: float, **changes: object) -> dict:
    values = {"section": cases.PLANTED, "kind": "equal modes", "name": "a", "seed": 1, "n": 100, "d": 64, "pieces": 3}
    values |= {"held_out": False, "arm": "", "label": "", "ari": 0.5, "seconds": 0.1, "failure": ""} | changes
    return values | {"method": method, "count": count, "key": str(sorted(values.items()))}


def cells(table: str, row: str) -> list[str]:
    """Of the line that begins with a title, bold or not."""
    line = next(line for line in table.splitlines() if line.replace("**", "").startswith(f"| {row} |"))
    return [cell.strip() for cell in line.split("|")[2:-1]]


def test_every_kind_weighs_the_same_and_a_failure_is_wrong():
    kinds = [record("ours", count, seed=seed) for seed, count in enumerate([3, 3, 3, 4])]
    kinds += [record("ours", np.nan, kind="one curve", pieces=1, seconds=9.0, held_out=True, ari=0.0)]
    records = pd.DataFrame(kinds)
    assert cells(tables.league(records), "ours") == [".38", ".50", ".12", ".00", ".50", "0.10", "1"]
    assert cells(tables.kinds(records), "ours") == [".75 (.25)", ".00 (.00)"]


def test_real_classes_are_summed_up_by_study_and_arm():
    one = {"section": cases.REAL, "kind": "s", "name": "s", "label": "x"}
    two = one | {"kind": "t", "name": "t"}
    rows = [record("ours", 3, arm="nearest", seed=seed, **one) for seed in range(3)]
    rows += [record("ours", 5, arm="nearest", ari=0.1, **two), record("ours", 1, arm="standard", **one)]
    rows += [record(methods.TOLD, 3, arm="nearest", ari=0.9, **one)]
    records = pd.DataFrame(rows)
    assert cells(tables.real(records), "ours") == [".50 / .50 / .30", ".00 / .00 / .50"]
    assert cells(tables.real(records), methods.TOLD) == ["- / - / .90", "-"]
    assert cells(tables.studies(records, "nearest"), "ours") == [
        *("1.00 / 1.00 / .50", ".00 / .00 / .10"),
        ".75 / .75 / .40",
    ]
    assert cells(tables.counts(records, "ours"), "s") == ["x", "3", "3", "1"]


def test_over_counts_are_marked_where_one_in_a_hundred_would_be_a_rare_accident():
    one = {"section": cases.ONE, "kind": "one curve", "pieces": 1}
    rows = [record("ours", 1 + (i < 10), name="arc", seed=i, **one) for i in range(100)]
    rows += [record("ours", 1 + (i < 1), name="knot", seed=i, held_out=True, **one) for i in range(100)]
    table = tables.single_pieces(pd.DataFrame(rows))
    assert cells(table, "arc") == ["100", "**10.0 %**"]
    assert cells(table, "knot *") == ["100", "1.0 %"]
    assert cells(table, "all") == ["200", "**5.5 %**"]


def test_the_promise_stands_beside_what_is_kept():
    rows = [
        record("ours", 3 + (i % 2), section=cases.PROMISE, name="3 modes, separation 6", seed=i) for i in range(100)
    ]
    table = tables.promised(pd.DataFrame(rows))
    assert "| 6 | promised | .22 | .55 | .83 | 1.00 |" in table
    assert "| 6 | ours | - | .50 ± .05 | - | - |" in table


def test_the_page_says_what_is_absent_and_which_seeds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(
        tables, "METHODS", [methods.Method("Magic", lambda points, seed: points, "", package="no_such")]
    )
    assert tables.methods(["ours"]) == "- Not installed, and so absent: Magic"
    records = pd.DataFrame([record("ours", 3)])
    for seeds, purpose in ((["201"], "(reporting;"), (["101"], "(not for reporting")):
        wanted = entry.parse(["--seeds", *seeds, "--cache", str(tmp_path)])
        assert purpose in entry.page(records, wanted, [])
    assert "Absent: omniglot." in entry.page(records, wanted, ["omniglot"])


def test_only_the_generated_part_of_a_page_is_written(tmp_path: Path):
    path = tmp_path / "page.md"
    path.write_text("a\n<!-- generated: python -m tests.benchmarks.counting_league -->\nold\n<!-- end -->\nz\n")
    entry.write(path, "new \\1")
    assert path.read_text().splitlines() == ["a", path.read_text().splitlines()[1], "new \\1", "<!-- end -->", "z"]
    path.write_text("no such part")
    with pytest.raises(UncollapseError, match="one part"):
        entry.write(path, "new")


def test_the_command_runs_in_a_fresh_process(tmp_path: Path):
    command = [sys.executable, "-m", "tests.benchmarks.counting_league", "--quick", "--cache", str(tmp_path)]
    variables = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, "--methods", "ours", "release 0.2"], cwd=REPO, env=variables, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    for heading in ("### Planted shapes", "### Single pieces counted as several", "### Equal modes, 64 dimensions"):
        assert heading in done.stdout
    assert (tmp_path / "quick.csv").exists()

"""Odd and broken input: a clear sentence or a defined result, never a wrong number in silence."""

import subprocess
import sys
import time

import numpy as np
import pytest

from core.common.errors import DataError
from core.diagnostics import count_subclusters, diagnose, retrieval_metrics
from core.diagnostics.checks import check_points


def test_two_items_of_two_classes():
    table = diagnose(np.eye(2), ["a", "b"])
    assert table["verdict"].tolist() == ["too small", "too small"]
    assert table["nearest_class"].tolist() == ["b", "a"]
    assert table["kappa"].isna().all()


def test_one_class_only_has_no_scale():
    table = diagnose(np.random.default_rng(0).normal(size=(40, 5)), np.zeros(40, dtype=int))
    assert table["kappa"].isna().all()
    assert table["nearest_class"].tolist() == [None]
    assert table["verdict"].tolist() == ["unimodal"]


def test_total_collapse_is_no_number():
    table = diagnose(np.ones((60, 4)), np.arange(60) % 2, sublabels=np.arange(60) % 6)
    assert table["kappa"].isna().all()
    assert table["subclusters"].tolist() == [1, 1]
    assert table["verdict"].tolist() == ["destroyed", "destroyed"]


def test_a_class_with_one_item_among_others():
    points = np.random.default_rng(1).normal(size=(61, 5)) + 9 * np.eye(5)[[0] * 30 + [1] * 30 + [2]]
    table = diagnose(points, ["a"] * 30 + ["b"] * 30 + ["c"]).set_index("label")
    assert table.loc["c", "verdict"] == "too small"
    assert np.isnan(table.loc["c", "kappa"])
    assert np.isfinite(table.loc["a", "kappa"])


def test_twenty_thousand_classes_take_seconds():
    rng = np.random.default_rng(2)
    points, labels = rng.normal(size=(20_000, 4)).astype(np.float32), np.arange(20_000)
    started = time.perf_counter()
    table = diagnose(points, labels, sublabels=labels)
    assert len(table) == 20_000
    assert set(table["verdict"]) == {"too small"}
    assert time.perf_counter() - started < 120


@pytest.mark.parametrize("call", [diagnose, retrieval_metrics])
@pytest.mark.parametrize(
    ("rows", "labels", "word"),
    [
        ([[np.inf, 0], [1, 0]], [0, 1], "row 0 contains NaN or infinite"),
        ([[np.nan, 0], [np.nan, 0]], [0, 1], "1 more rows do"),
        ([[1, 0], [0, 1], [0, 0]], [0, 0, 1], "row 2 contains only zeros"),
        ([[1, 0], [0, 1]], [0], "one per row"),
        ([[1, 0], [0, 1]], [0.0, np.nan], "missing at row 1"),
    ],
)
def test_broken_rows_and_labels_are_named(call, rows, labels, word):
    with pytest.raises(DataError, match=word):
        call(np.array(rows, dtype=np.float64), labels)


@pytest.mark.parametrize("points", [np.ones(3), np.ones((0, 3)), np.array([["a"]]), np.ones((2, 2), dtype=complex)])
def test_what_is_no_matrix_of_numbers_is_refused(points):
    with pytest.raises(DataError):
        check_points(points)


def test_counting_names_its_own_points():
    with pytest.raises(DataError, match="points row 1"):
        count_subclusters(np.array([[1.0, 0], [np.nan, 0]]))


def test_lists_and_whole_numbers_are_analysed_too():
    """In a process of its own: here, a type checker would refuse what the signature does not promise."""
    code = "from core.diagnostics import diagnose; print(diagnose([[1, 2], [3, 4]] * 20, [0, 1] * 20)['n'].tolist())"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[20, 20]"


def test_one_column_has_no_directions():
    points = np.random.default_rng(3).normal(size=(40, 1))
    with pytest.raises(DataError, match="normalise=False"):
        diagnose(points, [0, 1] * 20)
    assert diagnose(points, [0, 1] * 20, normalise=False)["n"].tolist() == [20, 20]


def test_labels_of_any_kind():
    points = np.random.default_rng(3).normal(size=(40, 3))
    for labels in (
        [*"ab"] * 20,
        [True, False] * 20,
        np.array([2**40, 2**40 + 1] * 20),
        np.array(["x", 3] * 20, object),
    ):
        assert diagnose(points, labels)["n"].tolist() == [20, 20]

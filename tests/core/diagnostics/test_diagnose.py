"""The whole table on planted classes."""

import numpy as np
import pytest

from core.common.errors import DataError
from core.diagnostics import analyse, count_subclusters, diagnose
from tests.core.diagnostics.planted import modes


def test_counts_planted_modes_and_finds_them_again():
    points, truth = modes(np.random.default_rng(0), 4, 200, separation=20)
    found = count_subclusters(points)
    assert found.count == 4
    assert found.stability > 0.95
    assert found.second_opinion == 4
    assert len(set(zip(found.assignments.tolist(), truth.tolist(), strict=True))) == 4


def test_the_same_seed_gives_the_same_table():
    points, truth = modes(np.random.default_rng(1), 4, 160, separation=8)
    first, second = (diagnose(points, truth % 2, sublabels=truth, seed=3) for _ in range(2))
    assert first.equals(second)


def test_progress_reaches_the_number_of_classes():
    points, truth = modes(np.random.default_rng(2), 4, 120, separation=20)
    seen = []
    analyse(points, truth, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_many_classes_are_counted_alike_without_the_costly_reliability(monkeypatch):
    points, truth = modes(np.random.default_rng(2), 4, 240, separation=20)
    few = diagnose(points, truth % 2)
    monkeypatch.setattr("core.diagnostics.diagnosis.RELIABILITY_UP_TO", 1)
    many = diagnose(points, truth % 2)
    costly = ["subclusters_low", "subclusters_high", "stability", "second_opinion"]
    assert few[costly].notna().all(axis=None)
    assert many[costly].isna().all(axis=None)
    assert few.drop(columns=costly).equals(many.drop(columns=costly))
    assert few["subclusters"].tolist() == [2, 2]


def test_reference_of_another_length_is_refused():
    points, truth = modes(np.random.default_rng(2), 2, 40, separation=20)
    with pytest.raises(DataError, match="reference"):
        diagnose(points, truth, reference=points[:-1])

"""What clustering finds of the modes, at any scale."""

import numpy as np
import pytest

from core.diagnostics.recovery import mode_recovery
from tests.core.diagnostics.planted import modes


def test_full_for_modes_apart_and_nothing_for_none():
    points, truth = modes(np.random.default_rng(0), 4, 200, separation=12)
    assert mode_recovery(points, truth, np.random.default_rng(0)) == pytest.approx(1)
    shuffled = np.random.default_rng(1).permutation(truth)
    assert abs(mode_recovery(points, shuffled, np.random.default_rng(0))) < 0.05


@pytest.mark.parametrize("scale", [1e-6, 1, 1e6])
def test_scale_changes_nothing(scale):
    points, truth = modes(np.random.default_rng(0), 4, 200, separation=5)
    whole = mode_recovery(points.astype(float), truth, np.random.default_rng(0))
    assert 0.2 < whole < 0.98
    assert mode_recovery(scale * points.astype(float), truth, np.random.default_rng(0)) == pytest.approx(whole)


def test_large_classes_are_sampled(monkeypatch):
    points, truth = modes(np.random.default_rng(0), 3, 300, separation=12)
    monkeypatch.setattr("core.diagnostics.recovery.MOST_ROWS", 60)
    assert mode_recovery(points, truth, np.random.default_rng(0)) == pytest.approx(1)


def test_one_mode_and_one_point():
    points = np.ones((20, 3))
    assert np.isnan(mode_recovery(points, np.zeros(20, dtype=int), np.random.default_rng(0)))
    assert mode_recovery(points, np.arange(20) % 2, np.random.default_rng(0)) == 0
    few = np.repeat(np.eye(3), 10, axis=0)
    assert mode_recovery(few, np.arange(30) % 5, np.random.default_rng(0)) <= 1

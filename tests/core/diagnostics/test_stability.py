"""The spread of a count over subsamples."""

import numpy as np

from core.diagnostics.stability import resample
from core.diagnostics.subclusters import Signal, count_signal
from tests.core.diagnostics.planted import modes, one_mode


def spread(points):
    rng = np.random.default_rng(0)
    signal = Signal.of(points, rng)
    return resample(signal, count_signal(signal, rng), np.random.default_rng(1))


def test_clear_modes_are_found_in_every_subsample():
    counts, agreement = spread(modes(np.random.default_rng(2), 3, 120, separation=20, d=200)[0])
    assert set(counts.tolist()) == {3}
    assert agreement == 1


def test_modes_on_the_verge_spread():
    counts, agreement = spread(modes(np.random.default_rng(3), 4, 60, separation=6)[0])
    assert len(set(counts.tolist())) > 1
    assert agreement < 1


def test_copies_add_no_certainty():
    points, _ = modes(np.random.default_rng(3), 4, 60, separation=6)
    np.testing.assert_array_equal(spread(np.repeat(points, 3, axis=0))[0], spread(points[np.lexsort(points.T)])[0])


def test_one_cloud_does_not_spread():
    counts, agreement = spread(one_mode(np.random.default_rng(4), "isotropic", 100))
    assert set(counts.tolist()) == {1}
    assert agreement == 1

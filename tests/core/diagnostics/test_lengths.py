"""Groups in the lengths of vectors."""

import numpy as np
import pytest

from core.diagnostics.lengths import lengths_in_groups


def said(lengths):
    return bool(lengths_in_groups(np.asarray(lengths, dtype=float), [np.arange(len(lengths))])[0])


@pytest.mark.parametrize("noise", [0.0, 0.05])
def test_lengths_in_groups_are_seen(noise):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        assert said(rng.choice([1.0, 2.0, 4.0], 90) * np.exp(noise * rng.normal(size=90)))


@pytest.mark.parametrize("draw", ["gamma", "lognormal", "equal", "rounding"])
def test_one_bunch_of_lengths_is_none(draw):
    found = 0
    for seed in range(50):
        rng = np.random.default_rng(seed)
        lengths = {
            "gamma": rng.gamma(9, size=200),
            "lognormal": np.exp(rng.normal(size=200)),
            "equal": np.ones(200),
            "rounding": 1 + 5e-4 * rng.integers(-1, 2, 200),
        }[draw]
        found += said(lengths)
    assert found <= 1


def test_classes_are_judged_one_by_one_and_small_ones_not_at_all():
    rng = np.random.default_rng(0)
    lengths = np.concatenate([np.repeat([1.0, 3.0], 50), rng.gamma(9, size=100), np.repeat([1.0, 3.0], 5)])
    members = np.split(np.arange(210), [100, 200])
    assert lengths_in_groups(lengths, members).tolist() == [True, False, False]

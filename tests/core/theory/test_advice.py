"""The number of samples per class that is advised: against the energy, against simulated batches, with a memory."""

import subprocess
import sys
from math import log

import numpy as np
import pytest

from core.recipe.data import DataConfig
from core.recipe.train import TrainConfig
from core.theory.advice import assumed_noise, expected_noise, samples_met, samples_per_class_needed
from core.theory.expected_loss import landscape, tendency
from core.theory.slope import Setting, slope

GRID = [(noise, modes) for noise in (0.01, 0.05, 0.1, 0.3) for modes in (2, 3, 5, 10)]


def needed(noise: float, modes: int, **train: int) -> int:
    found = samples_per_class_needed(TrainConfig(**train), noise=noise, modes=modes)
    assert found is not None
    return found


@pytest.mark.parametrize(("noise", "modes"), GRID)
def test_from_that_number_on_the_cheapest_distance_between_modes_is_not_zero(noise: float, modes: int):
    fewest = needed(noise, modes)
    assert tendency(Setting(noise, "nearest", fewest - 1, modes)) == "collapse"
    for samples in (fewest, fewest + 1, 3 * fewest):
        assert landscape(Setting(noise, "nearest", samples, modes)).best > 0


def simulated_slope(noise: float, modes: int, samples: int, *, step: float = 0.1) -> tuple[float, float]:
    """Rise of the loss from modes at one point to modes a step apart, over the step, with the better of two distances
    to the other class, and its standard error; written from the set-up, not from the formulas. The margin is 1."""
    rng = np.random.default_rng(0)
    pool, anchors = 1_000_000, 100_000
    mode = np.where(rng.integers(0, 2, pool) == 0, rng.integers(0, modes, pool), modes)  # the last is the other class
    label = (mode == modes) ^ (rng.random(pool) < noise)
    batch = np.concatenate([rng.choice(mode[label == seen], (anchors, samples)) for seen in (False, True)])
    negative = np.concatenate([rng.choice(mode[label != seen], (anchors, 1)) for seen in (False, True)])
    anchor, others = batch[:, :1], batch[:, 1:]

    def distances(items: np.ndarray, d: float, h: float) -> np.ndarray:
        return np.where(anchor == items, 0.0, np.where((anchor == modes) ^ (items == modes), h, d))

    def loss(d: float, h: float) -> np.ndarray:
        return np.maximum(0, distances(others, d, h).min(axis=1) - distances(negative, d, h)[:, 0] + 1)

    rises = [(loss(step, h) - loss(0.0, 1.0)) / step for h in (1.0, 1.0 + step)]
    best = min(rises, key=np.mean)
    return float(best.mean()), float(best.std() / len(best) ** 0.5)


@pytest.mark.parametrize(("noise", "modes"), [(0.05, 2), (0.1, 5), (0.1, 10), (0.3, 3)])
def test_simulated_batches_have_the_slope_that_decides(noise: float, modes: int):
    fewest = needed(noise, modes)
    for samples in (max(2, fewest // 2), 2 * fewest):
        found, error = simulated_slope(noise, modes, samples)
        assert abs(found - float(slope(noise, samples=samples, modes=modes))) < 4 * error
        assert (found > 0) == (samples < fewest)


@pytest.mark.parametrize("modes", [2, 3, 5, 10])
@pytest.mark.parametrize("noise", [0.01, 0.05, 0.1, 0.2])
def test_the_rule_of_thumb_is_close_for_few_modes_and_cautious_for_many(noise: float, modes: int):
    thumb = 1 + log(1 / noise) / log(modes / (modes - 1 + noise))
    assert needed(noise, modes) <= thumb + 1.2
    assert modes > 3 or needed(noise, modes) >= thumb - 1.2


def test_the_items_of_a_memory_count():
    alone = needed(0.1, 10)
    assert needed(0.1, 10, memory=128, samples_per_class=4) == 2
    assert needed(0.1, 10, memory=9, samples_per_class=4, classes_per_batch=2) == alone - 4
    assert samples_met(TrainConfig(memory=9, samples_per_class=4, classes_per_batch=2)) == 8


@pytest.mark.parametrize("noise", [0.0, 0.5, 0.9])
def test_no_number_is_given_where_none_is_needed_or_enough(noise: float):
    assert samples_per_class_needed(TrainConfig(), noise=noise, modes=2) is None


def test_labels_are_taken_to_be_right_only_where_they_are_made_up():
    assert assumed_noise(DataConfig("digits")) == 0.01
    assert assumed_noise(DataConfig("digits", label_noise=0.2)) == 0.2
    assert assumed_noise(DataConfig("synthetic-vectors")) == 0
    assert assumed_noise(None) == 0.01


@pytest.mark.parametrize(("estimate", "low", "expected"), [(0.2, 0.15, 0.2), (0.12, 0.09, 0.1), (0.02, 0.01, 0.1)])
def test_an_estimate_counts_where_it_is_surely_more(estimate: float, low: float, expected: float):
    assert expected_noise(0.1, estimate=estimate, low=low) == expected


def test_it_needs_no_torch():
    code = "import core.theory.advice, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

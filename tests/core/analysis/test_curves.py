"""When a figure changed, and sub-clusters counted from what is stored in float16."""

import numpy as np
import pytest

from core.analysis.curves import MAX_COUNTED, change, counted_epochs, mean_subclusters


@pytest.mark.parametrize(
    ("values", "half"), [([1, 0.9, 0.4, 0], 3), ([0, 1], 2), ([1, 1, 1], 1), ([1, 2, 0.4, 0], 3), ([0, -1, 1], 3)]
)
def test_half_of_a_change_is_done_where_it_first_is_in_its_direction(values: list[float], half: int) -> None:
    found = change([(epoch, value) for epoch, value in enumerate(values, start=1)])
    assert (found.first, found.last, found.half) == (values[0], values[-1], half)


def test_a_single_epoch_has_no_change() -> None:
    assert change([(1, 0.5)]) is None


def test_long_trainings_are_counted_at_some_epochs() -> None:
    assert counted_epochs([0, 5, 9]) == [0, 1, 2]
    found = counted_epochs(range(500))
    assert (found[0], found[-1], len(found)) == (0, 499, MAX_COUNTED)


def test_modes_are_counted_and_a_collapsed_class_is_one_even_when_rounded() -> None:
    rng = np.random.default_rng(0)
    centres = np.eye(8)[rng.integers(0, 4, 400)]
    apart = centres + rng.normal(0, 0.05, (400, 8))
    point = np.ones(8) + rng.normal(0, 3e-4, (400, 8))  # steps of float16 at 1 are 1e-3
    points = np.concatenate([apart, point]).astype(np.float16)
    labels = np.repeat(["apart", "point"], 400)
    assert mean_subclusters(points[:400], labels[:400]) == 4
    assert mean_subclusters(points[400:], labels[400:]) == 1
    assert mean_subclusters(points, labels) == 2.5

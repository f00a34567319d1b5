"""Counts of planted sub-clusters: a reduced form of tests/benchmarks/subclusters.py, and the odd cases."""

import time

import numpy as np
import pytest

from core.diagnostics.subclusters import count_once
from tests.core.diagnostics.planted import SHAPES, arc_of_modes, four_views, modes, one_mode, sphere


def count(points, seed=0):
    return count_once(points, np.random.default_rng(seed)).reading.count


@pytest.mark.parametrize(("separation", "n", "most"), [(6, 500, 8), (8, 200, 8), (12, 100, 6), (20, 50, 6)])
def test_planted_modes_are_counted(separation, n, most):
    truth = np.repeat(np.arange(2, most + 1), 2)
    rng = np.random.default_rng(n)
    counts = np.array([count(modes(rng, k, n, separation=separation)[0]) for k in truth])
    assert np.mean(counts == truth) >= 0.9
    assert np.all(counts <= truth)


@pytest.mark.parametrize("shape", SHAPES)
def test_one_mode_is_counted_as_one(shape):
    rng = np.random.default_rng(3)
    counts = [count(one_mode(rng, shape, n)) for n in (50, 200) for _ in range(5)]
    assert counts == [1] * 10


@pytest.mark.parametrize("d", [2, 8, 512])
def test_any_dimension(d):
    rng = np.random.default_rng(d)
    centres = sphere(rng.normal(size=(3, d))) if d > 2 else sphere(np.array([[1, 0], [0.5, 0.8], [-0.5, 0.8]]))
    truth = np.arange(180) % 3
    assert count(sphere(centres[truth] + 0.3 / 10 / np.sqrt(d / 8) * rng.normal(size=(180, d)))) == 3
    assert count(sphere(centres[:1] + 0.01 * rng.normal(size=(180, d)))) == 1


@pytest.mark.parametrize("n", [1, 2, 5, 7])
def test_few_points_are_one_group(n):
    assert count(one_mode(np.random.default_rng(n), "isotropic", n)) == 1


@pytest.mark.parametrize("n", [20, 40, 100])
def test_four_views_of_every_item_do_not_multiply_the_count(n):
    rng = np.random.default_rng(5)
    for k in (1, 2):
        items, _ = modes(rng, k, n, separation=20)
        assert count(four_views(rng, items)) == count(items) == k
        assert count(np.repeat(items, 4, axis=0)) == k


@pytest.mark.parametrize("shape", ["uniform ball", "half-normal axes", "spectrum 1/i^2"])
def test_shapes_nothing_was_tuned_on_are_one(shape):
    rng = np.random.default_rng(4)
    assert [count(one_mode(rng, shape, n)) for n in (50, 75, 200)] == [1] * 3


@pytest.mark.parametrize("d", [2, 8, 512])
@pytest.mark.parametrize("n", [5, 100, 10_000])
def test_clear_modes_in_any_number(d, n):
    rng = np.random.default_rng(n)
    assert count(arc_of_modes(rng, 1, n, d=d)[0]) == 1
    assert count(arc_of_modes(rng, 3, n, d=d)[0]) == (3 if n > 5 else 1)


def test_ten_thousand_points_cost_little_more_per_point_than_a_thousand():
    seconds = {}
    for n in (1000, 10_000):
        points, _ = modes(np.random.default_rng(6), 4, n, separation=8)
        started = time.perf_counter()
        assert count(points) == 4
        seconds[n] = time.perf_counter() - started
    assert seconds[10_000] < 30 * seconds[1000]


def test_scale_and_place_do_not_matter_off_the_sphere():
    points, _ = modes(np.random.default_rng(7), 3, 150, separation=20)
    assert count(1000 * points.astype(np.float64) + 5) == 3


def test_half_precision_rounding_is_not_structure():
    points = one_mode(np.random.default_rng(8), "collapsed to 1e-4", 100).astype(np.float16)
    assert count(points) == 1

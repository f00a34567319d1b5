"""Counts of planted sub-clusters: a reduced form of tests/benchmarks/subclusters.py, and the odd cases."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import connected_components

from core.diagnostics.subclusters import (
    _combined_p_values,
    _count_above_top,
    count_once,
    merge_groups,
    tangent_coordinates,
)
from tests.core.diagnostics.planted import SHAPES, arc_of_modes, four_views, modes, one_mode, sphere


def count(points, seed=0):
    return count_once(points, np.random.default_rng(seed)).count


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


def test_flatten_keeps_angles_from_the_mean():
    angle = np.array([-0.3, -0.1, 0.1, 0.3])
    flat = tangent_coordinates(np.stack([np.cos(angle), np.sin(angle)], axis=1))
    np.testing.assert_allclose(np.linalg.norm(flat, axis=1), np.abs(angle), atol=1e-12)


def test_pieces_of_one_cloud_are_joined_again():
    rng = np.random.default_rng(9)
    cloud = rng.normal(size=(300, 2))
    groups, p_value = merge_groups(cloud, np.digitize(cloud[:, 0], [-0.5, 0.5]))
    assert len(np.unique(groups)) == 1
    assert p_value == 1


def test_clouds_apart_stay_apart():
    rng = np.random.default_rng(10)
    truth = np.arange(300) % 3
    clouds = rng.normal(size=(300, 2)) + 12 * np.array([[0, 0], [1, 0], [0, 1]])[truth]
    groups, p_value = merge_groups(clouds, truth)
    assert np.array_equal(groups, truth)
    assert p_value < 0.01


def test_weak_pairs_support_each_other_but_no_lone_one():
    p_values, far = np.full((4, 4), 0.1), np.full((4, 4), 5.0)
    np.testing.assert_allclose(_combined_p_values(p_values, far)[0, 1], 0.1**3)
    np.testing.assert_allclose(_combined_p_values(p_values, np.zeros((4, 4))), 0.1)
    p_values[:, 2:] = p_values[2:, :] = 1e-5
    np.testing.assert_allclose(_combined_p_values(p_values, far)[0, 1], 0.1)


@settings(deadline=None, max_examples=60)
@given(g=st.integers(1, 12), seed=st.integers(0, 2**32 - 1), power=st.integers(1, 6))
def test_support_is_that_of_linked_pairs(g, seed, power):
    """Against scipy's connected components, asked for every pair anew."""
    rng = np.random.default_rng(seed)
    p_values, distances = np.triu(rng.random((g, g)) ** power, 1), np.triu(7 * rng.random((g, g)), 1)
    p_values, distances = p_values + p_values.T, distances + distances.T
    expected = p_values.copy()
    for a, b in np.argwhere((p_values >= 0.001) & (distances >= 3.5)):
        linked = connected_components(p_values >= 0.03 * p_values[a, b], directed=False)[1]
        expected[a, b] **= np.count_nonzero(linked == linked[a]) - 1
    np.testing.assert_allclose(_combined_p_values(p_values, distances), expected)


@settings(deadline=None, max_examples=60)
@given(n=st.integers(2, 60), d=st.integers(1, 40), share=st.sampled_from([0.5, 0.99, 1.01, 2.0]))
def test_a_number_above_all_eigenvalues_is_recognised_without_them(n, d, share):
    matrix = np.random.default_rng(n * 100 + d).normal(size=(n, d)).astype(np.float32)
    top = float(np.linalg.norm(matrix.astype(np.float64), 2)) ** 2
    values = np.array([3 * top, share * top])
    assert _count_above_top(values, matrix, np.random.default_rng(0)) == (2 if share > 1 else 1)

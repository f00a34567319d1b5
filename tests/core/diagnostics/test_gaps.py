"""Joining of the pieces of a class that have no gap between them."""

import diptest
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import connected_components

from core.diagnostics.class_graph import ClassGraph
from core.diagnostics.gaps import Gaps, combined_p_values


def weakest_p_values(points, pieces):
    """The p-value of the weakest separation before each join."""
    gaps, found = Gaps(points, pieces, ClassGraph.of(points, 10), level=0.001), []
    while gaps.groups.any():
        p_value, kept, dropped = gaps.weakest()
        found.append(p_value)
        gaps.join(kept, dropped)
    return found


def test_pieces_of_one_cloud_have_no_gaps():
    cloud = np.random.default_rng(9).normal(size=(300, 2))
    assert min(weakest_p_values(cloud, np.digitize(cloud[:, 0], [-0.5, 0.5]))) > 0.05


def test_clouds_apart_have():
    rng, truth = np.random.default_rng(10), np.arange(300) % 3
    clouds = rng.normal(size=(300, 2)) + 12 * np.array([[0, 0], [1, 0], [0, 1]])[truth]
    assert max(weakest_p_values(clouds, truth)) < 0.001


def test_the_parts_of_a_cloud_are_joined_before_clouds():
    rng, truth = np.random.default_rng(11), np.arange(300) % 2
    clouds = rng.normal(size=(300, 2)) + 12 * np.array([[0, 0], [1, 0]])[truth]
    pieces = 2 * truth + (clouds[:, 1] > 0)
    gaps = Gaps(clouds, pieces, ClassGraph.of(clouds, 10), level=0.001)
    for _ in range(2):
        gaps.join(*gaps.weakest()[1:])
    assert np.array_equal(gaps.groups, truth)


def test_a_bent_curve_has_no_gap_where_a_straight_line_sees_one():
    along_curve, along_line = [], []
    for seed in range(20):
        angle = np.random.default_rng(seed).uniform(0, np.pi, 400)
        arc, halves = np.stack([np.cos(angle), np.sin(angle)], axis=1), (angle > np.pi / 2).astype(np.int64)
        along_curve.append(weakest_p_values(arc, halves)[0])
        along_line.append(diptest.diptest(arc @ (arc[halves == 1].mean(axis=0) - arc[halves == 0].mean(axis=0)))[1])
    assert min(along_curve) > 0.001
    assert np.median(along_line) < 0.001


def test_weak_pairs_support_each_other_but_no_lone_one():
    p_values, far = np.full((4, 4), 0.1), np.full((4, 4), 5.0)
    np.testing.assert_allclose(combined_p_values(p_values, far, level=0.001)[0, 1], 0.1**3)
    np.testing.assert_allclose(combined_p_values(p_values, np.zeros((4, 4)), level=0.001), 0.1)
    p_values[:, 2:] = p_values[2:, :] = 1e-5
    np.testing.assert_allclose(combined_p_values(p_values, far, level=0.001)[0, 1], 0.1)


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
    np.testing.assert_allclose(combined_p_values(p_values, distances, level=0.001), expected)

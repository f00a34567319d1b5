"""Peaks of a density along a graph, against an independent computation and hand-worked cases."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from core.diagnostics.class_graph import ClassGraph
from core.diagnostics.density import Landscape, intrinsic_dimension, landscape
from core.diagnostics.graph_loops import uphill_lists


def chain(heights):
    """A landscape whose rows are joined one to the next."""
    n, order = len(heights), np.argsort(-np.array(heights), kind="stable")
    edges = np.stack([np.arange(n - 1), np.arange(1, n)], axis=1)
    return Landscape(4, n, np.array(heights, dtype=float), 1.0, order, *uphill_lists(edges, order))


def test_three_peaks_in_a_row():
    view = chain([1, 5, 2, 9, 4, 6, 3])
    np.testing.assert_allclose(view.prominences(), [3, 2])  # 5 above the saddle 2; 6 above the saddle 4
    assert view.basins(2.5).tolist() == [1, 1, 3, 3, 3, 3, 3]
    assert view.basins(1.0).tolist() == [1, 1, 3, 3, 3, 5, 5]
    assert len(np.unique(view.basins(np.inf))) == 1


def test_a_slope_has_one_peak():
    assert chain([1, 2, 3, 4]).prominences().size == 0


def test_prominence_of_given_groups():
    view = chain([1, 5, 2, 9, 4, 6, 3])
    np.testing.assert_allclose(view.group_prominences(np.array([0, 0, 0, 1, 1, 2, 2])), [3, 5, 2])
    np.testing.assert_allclose(view.group_prominences(np.array([0, 0, 0, 0, 1, 1, 1])), [5, 2])


def components_above(view, level):
    """Connected components of the rows at or above a level."""
    rows = np.repeat(np.arange(len(view.heights)), np.diff(view.starts))
    kept = (view.heights[rows] >= level) & (view.heights[view.neighbours] >= level)
    edges = coo_array((np.ones(kept.sum()), (rows[kept], view.neighbours[kept])), shape=(len(view.heights),) * 2)
    return connected_components(edges, directed=False)[1]


@settings(deadline=None, max_examples=40)
@given(n=st.integers(30, 120), d=st.integers(1, 4), k=st.integers(4, 8), seed=st.integers(0, 2**32 - 1))
def test_prominences_are_those_of_components_of_superlevel_sets(n, d, k, seed):
    """A peak's saddle is the highest level at which its component holds a higher peak."""
    view = landscape(ClassGraph.of(np.random.default_rng(seed).normal(size=(n, d)), k))
    expected = []
    for peak in range(len(view.heights)):
        neighbours = view.neighbours[view.starts[peak] : view.starts[peak + 1]]
        ranks = np.argsort(np.argsort(-view.heights, kind="stable"))  # of equal rows the first is the higher
        if (ranks[neighbours] < ranks[peak]).any():
            continue
        higher = np.flatnonzero(ranks < ranks[peak])
        levels = np.sort(view.heights[ranks > ranks[peak]])[::-1] if len(higher) else ()
        for level in levels:
            component = components_above(view, level)
            if (component[higher] == component[peak]).any():
                expected.append(view.heights[peak] - level)
                break
    np.testing.assert_allclose(view.prominences(), np.sort(expected)[::-1], atol=1e-9)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), scale=st.floats(1e-3, 1e3))
def test_turning_moving_and_scaling_change_nothing(seed, scale):
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(90, 3))
    turned = scale * points @ np.linalg.qr(rng.normal(size=(3, 3)))[0] + rng.normal(size=3)
    first, second = (landscape(ClassGraph.of(rows, 8)).prominences() for rows in (points, turned))
    np.testing.assert_allclose(first, second, atol=1e-2)


@pytest.mark.parametrize("d", [1, 2, 5])
def test_intrinsic_dimension_of_a_cube_in_many(d):
    rng = np.random.default_rng(d)
    points = rng.uniform(size=(3000, d)) @ np.linalg.qr(rng.normal(size=(20, d)))[0].T
    assert intrinsic_dimension(ClassGraph.of(points, 20).distances) == pytest.approx(d, rel=0.2)


def test_far_groups_are_bridged_and_deep_apart():
    rng, truth = np.random.default_rng(3), np.arange(200) % 2
    points = rng.normal(size=(200, 2)) + 100 * truth[:, None]
    graph = ClassGraph.of(points, 8)
    assert len(graph.bridges) == 1
    view = landscape(graph)
    assert view.prominences()[0] > 20
    basins = view.basins(view.prominences()[0])
    assert len(basins) == 200
    assert len(np.unique(basins[truth == 0])) == len(np.unique(basins[truth == 1])) == 1


def test_the_graph_of_some_points_is_that_of_the_whole_without_the_others():
    rng = np.random.default_rng(4)
    points = rng.normal(size=(150, 3))
    rows = np.sort(rng.choice(150, 120, replace=False))
    some, anew = ClassGraph.of(points, 20).among(rows), ClassGraph.of(points[rows], 20)
    k = some.rows.shape[1]
    assert k >= 8
    np.testing.assert_array_equal(some.rows, anew.rows[:, :k])
    np.testing.assert_allclose(some.distances, anew.distances[:, :k], rtol=1e-5)

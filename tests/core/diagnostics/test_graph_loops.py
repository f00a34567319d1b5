"""The graph's loops against scipy's sparse matrices and brute force."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial.distance import cdist

from core.diagnostics.class_graph import ClassGraph, edges_of
from core.diagnostics.graph_loops import components, joining, nearest_pair, uphill_lists

SEEDS = st.integers(0, 2**32 - 1)


def adjacency(edges, n):
    return coo_array((np.ones(len(edges), dtype=np.int64), (edges[:, 0], edges[:, 1])), shape=(n, n)).tocsr()


@given(st.integers(2, 60), st.integers(1, 3), SEEDS)
def test_components_are_scipys(n, k, seed):
    rows = np.random.default_rng(seed).integers(0, n, (n, k))
    edges = np.stack([np.repeat(np.arange(n), k), rows.ravel()], axis=1)
    assert np.array_equal(components(rows), connected_components(adjacency(edges, n), directed=False)[1])


@given(st.integers(2, 60), st.integers(0, 200), SEEDS)
def test_every_edge_is_listed_once_at_its_later_end(n, m, seed):
    rng = np.random.default_rng(seed)
    edges, order = rng.integers(0, n, (m, 2)), rng.permutation(n)
    starts, columns = uphill_lists(edges, order)
    rows = np.repeat(np.arange(n), np.diff(starts))
    assert (np.argsort(order)[rows] >= np.argsort(order)[columns]).all()
    assert sorted(map(sorted, zip(rows, columns, strict=True))) == sorted(map(sorted, edges))


@given(st.integers(3, 50), st.integers(1, 2), SEEDS)
def test_ways_along_the_graph_are_scipys(n, k, seed):
    graph = ClassGraph.of(np.random.default_rng(seed).normal(size=(n, 3)), k)
    edges = np.concatenate([edges_of(graph.rows), graph.bridges])
    lengths = np.zeros((n, n))
    lengths[edges[:, 0], edges[:, 1]] = np.linalg.norm(graph.points[edges[:, 0]] - graph.points[edges[:, 1]], axis=1)
    sources = np.array([0, n - 1])
    ways = dijkstra(np.maximum(lengths, lengths.T), directed=False, indices=sources)
    assert np.allclose(graph.ways(sources), ways, rtol=1e-5)


@given(st.integers(2, 40), st.integers(1, 40), SEEDS)
def test_joining_links_are_a_spanning_forest(n, m, seed):
    rng = np.random.default_rng(seed)
    component, links = rng.integers(0, n, n), rng.integers(0, n, (m, 2))
    kept = joining(links, component)
    ends = component[links]
    whole, forest = (connected_components(adjacency(some, n), directed=False)[0] for some in (ends, ends[kept]))
    assert whole == forest == n - np.count_nonzero(kept)


@given(st.integers(2, 40), st.integers(1, 4), SEEDS)
def test_the_nearest_pair_is_the_least_of_all_distances(n, s, seed):
    rng = np.random.default_rng(seed)
    points, cut = rng.normal(size=(n, s)), int(rng.integers(1, n))
    order = rng.permutation(n)
    first, second = nearest_pair(points, order[:cut], order[cut:])
    assert first in order[:cut]
    assert second in order[cut:]
    least = cdist(points[order[:cut]], points[order[cut:]]).min()
    assert np.isclose(np.linalg.norm(points[first] - points[second]), least)

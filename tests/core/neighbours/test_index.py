"""Search against a naive float64 search by differences, in the places where float32 products go wrong."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.common.errors import DataError
from core.neighbours.index import Neighbours


def naive(queries, points, k):
    difference = queries[:, None].astype(np.float64) - points[None].astype(np.float64)
    squares = np.square(difference).sum(axis=2)
    rows = np.lexsort((np.broadcast_to(np.arange(len(points)), squares.shape), squares), axis=1)[:, :k]
    return np.sqrt(np.take_along_axis(squares, rows, axis=1)), rows


def sphere(rng, n, d, scale=1.0):
    points = np.eye(d)[0] + scale * rng.normal(size=(n, d))
    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)


@settings(deadline=None, max_examples=40)
@given(n=st.integers(1, 200), d=st.integers(1, 20), k=st.integers(1, 30), scale=st.sampled_from([1.0, 1e-3, 1e-6, 0.0]))
def test_search_equals_naive_search_at_every_scale(n, d, k, scale):
    rng = np.random.default_rng(n * 1000 + d)
    points = sphere(rng, n, d, scale)
    queries = sphere(rng, 7, d, scale)
    distances, ids = Neighbours(points, np.arange(n) * 3 + 5).search(queries, k)
    wanted, rows = naive(queries, points, k)
    assert np.array_equal(ids[:, : rows.shape[1]], rows * 3 + 5)
    np.testing.assert_allclose(distances[:, : rows.shape[1]], wanted, rtol=1e-6, atol=1e-12)
    assert np.all(ids[:, n:] == -1)
    assert np.all(np.isinf(distances[:, n:]))


@settings(deadline=None, max_examples=40)
@given(n=st.integers(1, 200), d=st.integers(1, 20), k=st.integers(1, 30), scale=st.sampled_from([1.0, 1e-3, 1e-6, 0.0]))
def test_search_among_some_equals_naive_search_at_every_scale(n, d, k, scale):
    rng = np.random.default_rng(n * 1000 + d)
    points, query = sphere(rng, n, d, scale), sphere(rng, 1, d, scale)
    passing, penalty = rng.random(n) < 0.7, scale * rng.integers(0, 3, n)
    distances, ids = Neighbours(points, np.arange(n) * 3 + 5).search_among(
        query[0], k, passing=passing, penalty=penalty
    )
    squares = np.square(points - query.astype(np.float64)).sum(axis=1)
    rows = np.flatnonzero(passing)
    rows = rows[np.lexsort((rows, (squares + penalty)[rows]))][:k]
    assert np.array_equal(ids, rows * 3 + 5)
    np.testing.assert_allclose(distances, np.sqrt(squares[rows]), rtol=1e-6, atol=1e-12)


def test_hundreds_of_points_within_float32_noise_are_ranked_exactly():
    rng = np.random.default_rng(0)
    points = (0.25 + 1e-6 * rng.normal(size=(600, 16))).astype(np.float32)
    graph = Neighbours(points, np.arange(600)).graph(10)
    _, rows = naive(points, points, 600)
    others = np.array([row[row != i][:10] for i, row in enumerate(rows)])
    assert np.array_equal(graph.rows, others)


def test_self_is_removed_by_id_also_behind_more_duplicates_than_the_margin():
    points = np.ones((100, 4), dtype=np.float32)
    search = Neighbours(points, np.arange(1000, 1100))
    distances, ids = search.search_ids(np.array([1099, 1000]), 5)
    assert ids.tolist() == [[1000, 1001, 1002, 1003, 1004], [1001, 1002, 1003, 1004, 1005]]
    assert not distances.any()


def test_ids_above_what_float32_holds_stay_exact():
    ids = np.array([2**24, 2**24 + 1, 2**53 + 1])
    _, found = Neighbours(np.eye(3, dtype=np.float32), ids).search_ids(ids, 2)
    assert [set(row) for row in found.tolist()] == [set(ids.tolist()) - {i} for i in ids.tolist()]


def test_graph_pads_where_no_other_item_is_left():
    graph = Neighbours(np.eye(3, dtype=np.float32), np.arange(3)).graph(4)
    assert graph.rows.shape == (3, 4)
    assert np.all(graph.rows[:, 2:] == -1)
    assert np.all(np.isinf(graph.distances[:, 2:]))


@pytest.mark.parametrize(
    ("points", "ids", "word"),
    [
        (np.full((2, 2), np.nan), [0, 1], "NaN"),
        (np.ones((2, 2)), [0, 0], "twice"),
        (np.ones((2, 2)), [0], "one id per row"),
        (np.ones((0, 2)), [], "at least one row"),
    ],
)
def test_broken_input_is_named(points, ids, word):
    with pytest.raises(DataError, match=word):
        Neighbours(points, np.array(ids, dtype=np.int64))


@pytest.mark.parametrize(("d", "scale"), [(4, 1), (128, 1), (128, 1e-4), (2048, 1), (2048, 1e-6)])
def test_approximate_squares_stay_within_the_error_bound(d: int, scale: float):
    rng = np.random.default_rng(d)
    points = np.concatenate([sphere(rng, 500, d, scale), 30 * sphere(rng, 5, d)])
    search = Neighbours(points, np.arange(505))
    for query in (points[3], points[502], sphere(rng, 1, d)[0]):
        squares, error = search._approximate_squares(query)
        exact = np.square(points - query.astype(np.float64)).sum(axis=1)
        assert np.abs(squares - exact).max() <= error
        assert error < 0.01 * exact.max()  # else it would leave nothing out


def test_unknown_id_and_wrong_width_are_named():
    search = Neighbours(np.eye(3, dtype=np.float32), np.arange(3))
    with pytest.raises(DataError, match="item 9"):
        search.vector_of(9)
    with pytest.raises(DataError, match="item 9"):
        search.search_ids(np.array([9]), 1)
    with pytest.raises(DataError, match="3 dimensions"):
        search.search(np.ones((1, 2), dtype=np.float32), 1)


def test_many_queries_and_few_find_the_same(monkeypatch):
    rng = np.random.default_rng(4)
    points = np.concatenate(
        [sphere(rng, 300, 8), sphere(rng, 300, 8, 1e-5), sphere(rng, 20, 8)[rng.integers(0, 20, 90)]]
    )
    search = Neighbours(points, np.arange(690))
    few = search.graph(9)
    monkeypatch.setattr("core.neighbours.index.EXACT_SEARCH_FROM", 1)
    many = search.graph(9)
    np.testing.assert_array_equal(many.distances, few.distances)
    np.testing.assert_array_equal(many.rows, few.rows)


def test_above_the_exact_size_the_search_is_approximate_but_close(monkeypatch):
    monkeypatch.setattr("core.neighbours.index.EXACT_UP_TO", 100)
    points = sphere(np.random.default_rng(2), 2000, 8)
    search = Neighbours(points, np.arange(2000))
    assert not search.exact
    _, rows = naive(points, points, 11)
    assert np.mean([len(set(a) & set(b[1:])) / 10 for a, b in zip(search.graph(10).rows, rows, strict=True)]) > 0.95


def test_the_graph_among_some_items_keeps_their_listed_neighbours_in_order():
    points = np.array([[0.0], [1.0], [3.0], [7.0], [20.0]])
    graph = Neighbours(points, np.arange(5)).graph(3)
    some = graph.among(np.array([0, 2, 3]))
    assert some.rows.tolist() == [[1, 2, -1], [0, 2, -1], [1, 0, -1]]
    assert some.distances.tolist() == [[3, 7, np.inf], [3, 4, np.inf], [4, 7, np.inf]]

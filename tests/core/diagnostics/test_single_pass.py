"""Neighbours and retrieval out of one pass, against naive ones that share no code with it."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import hypergeom

from core.diagnostics import graph_and_retrieval
from core.neighbours.index import Neighbours

KS = (1, 2, 4, 8)


def naive_graph(squares, k):
    squares = squares.copy()
    np.fill_diagonal(squares, np.inf)
    rows = np.argsort(squares, axis=1, kind="stable")[:, :k]
    return rows, np.sqrt(np.take_along_axis(squares, rows, axis=1))


def naive_figures(squares, labels, query):
    """Expectations over all orders of equal distances, from the chances of single ranks and of pairs of ranks."""
    others = np.arange(len(labels)) != query
    order = np.argsort(squares[query, others], kind="stable")
    ranked, match = squares[query, others][order], (labels[others] == labels[query])[order]
    relevant = int(match.sum())
    group = np.unique(ranked, return_inverse=True)[1]
    size, hits = np.bincount(group), np.bincount(group, weights=match)
    single = (hits / size)[group]
    again = (np.maximum(hits - 1, 0) / np.maximum(size - 1, 1))[group]  # a second hit, after a first in the group
    precision = 0.0
    for i in range(relevant):
        before = np.where(group[:i] == group[i], single[i] * again[i], single[i] * single[:i]).sum()
        precision += (single[i] + before) / (i + 1)
    figures = [1 - _no_hit(k, group, size, hits) for k in KS]
    return [*figures, single[:relevant].sum() / relevant, precision / relevant]


def _no_hit(k, group, size, hits):
    cut = group[k - 1]
    if hits[:cut].any():
        return 0.0
    return hypergeom.pmf(0, size[cut], int(hits[cut]), k - int(size[:cut].sum()))


def grid(rng, n):
    return rng.integers(0, 12, (n, 2)).astype(np.float32)


def duplicates(rng, n):
    return rng.normal(size=(n // 8, 5)).astype(np.float32)[rng.integers(0, n // 8, n)]


def tiny(rng, n):
    return (1 + 1e-5 * rng.normal(size=(n, 4))).astype(np.float32)


def one_place_but_few(rng, n):
    return np.where(rng.random((n, 1)) < 0.02, 1e3, 1e-3).astype(np.float32) * rng.normal(size=(n, 3)).astype(
        np.float32
    )


def apart(rng, n):
    return (6 * np.eye(20)[rng.integers(0, 2, n)] + rng.normal(size=(n, 20))).astype(np.float32)


@pytest.mark.parametrize(
    ("shape", "in_float32"),
    [(grid, False)]  # float32 products split ties between items that are not copies
    + [(shape, in_float32) for shape in (duplicates, tiny, one_place_but_few, apart) for in_float32 in (False, True)],
)
def test_equals_the_naive_way(shape, in_float32, monkeypatch):
    if in_float32:
        monkeypatch.setattr("core.neighbours.exact.PRECISE_UP_TO", 10)
    monkeypatch.setattr("core.diagnostics.retrieval.BLOCK", 150)
    monkeypatch.setattr("core.neighbours.exact.ROWS", 20)
    monkeypatch.setattr("core.neighbours.exact.BALL", 16)
    rng = np.random.default_rng(0)
    points = shape(rng, 700)
    labels = (points[:, 0] + rng.normal(size=700) * points[:, 0].std() > np.median(points[:, 0])).astype(int)
    sublabels = rng.integers(0, 20, 700)
    graph, found = graph_and_retrieval(points, labels, ids=np.arange(700), k=12, sublabels=sublabels)
    difference = points[:, None].astype(np.float64) - points
    squares = np.square(difference).sum(axis=2)
    rows, distances = naive_graph(squares, 12)
    np.testing.assert_allclose(graph.distances, distances, rtol=1e-6)
    if shape is not grid:  # of many at one distance, any may be the last
        assert np.array_equal(graph.rows, rows)
    rounded = squares.astype(np.float32)
    figures = pd.DataFrame(
        [naive_figures(rounded, labels, q) + naive_figures(rounded, sublabels, q) for q in range(0, 700, 14)],
        columns=found.columns,
    )
    errors = np.abs(found.iloc[::14].to_numpy() - figures.to_numpy())
    assert errors.max() < (3e-3 if in_float32 else 1e-6)  # float32 may swap two that are hardly apart
    assert errors.mean() < 1e-5


def test_large_and_small_classes_give_the_same_graph_as_a_search_of_its_own():
    rng = np.random.default_rng(1)
    points = rng.normal(size=(1000, 6)).astype(np.float32)
    for classes in (3, 50):
        labels = np.append(rng.integers(0, classes, 999), classes)  # one class of a single item
        graph, found = graph_and_retrieval(points, labels, ids=np.arange(1000) + 7, k=10)
        alone = Neighbours(points, np.arange(1000) + 7).graph(10)
        assert np.array_equal(graph.rows[:, :10], alone.rows)
        assert np.array_equal(graph.distances[:, :10], alone.distances)
        assert found.index.tolist() == [*range(1000)]
        assert found.loc[999].isna().all()


def test_roles_concern_retrieval_only():
    rng = np.random.default_rng(2)
    points, labels, is_query = rng.normal(size=(700, 4)).astype(np.float32), np.arange(700) % 2, np.arange(700) < 50
    graph, found = graph_and_retrieval(points, labels, ids=np.arange(700), k=5, is_query=is_query)
    assert np.array_equal(graph.rows, Neighbours(points, np.arange(700)).graph(5).rows)
    assert found.index.tolist() == [*range(50)]


def test_rows_of_one_picture_are_no_hits_of_each_other():
    rng = np.random.default_rng(0)
    once, labels = rng.normal(size=(60, 8)).astype(np.float32), rng.integers(0, 4, 60)
    _, alone = graph_and_retrieval(once, labels, ids=np.arange(60), k=5)
    twice, both, same = np.repeat(once, 2, axis=0), np.repeat(labels, 2), np.repeat(np.arange(60), 2)
    query = np.arange(120) % 2 == 0
    roles = {"is_query": query, "is_gallery": ~query}
    _, found = graph_and_retrieval(twice, both, ids=np.arange(120), k=5, same=same, **roles)
    np.testing.assert_allclose(found["recall@1"], alone["recall@1"])
    _, found = graph_and_retrieval(twice, both, ids=np.arange(120), k=5, same=same)
    np.testing.assert_allclose(found["recall@1"][::2], alone["recall@1"])

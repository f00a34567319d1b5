"""Classes told by neighbours whose labels are seen, against a naive count of votes."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.diagnostics.out_of_sample import FOLDS, cross_fitted_votes
from core.neighbours.index import KnnGraph, Neighbours


def graph_of(points, k):
    return Neighbours(np.asarray(points, np.float32), np.arange(len(points))).graph(k)


def drawn(seed, n, classes):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 2)), np.concatenate([np.arange(classes), rng.integers(0, classes, n)])[:n]


def shares(votes):
    total = sum(votes.values())
    return {code: Fraction(count, 1) / total for code, count in votes.items()} if total else {}


def naive_votes(graph, codes, fold, row):
    """Two steps: what the item and its neighbours hear from themselves and their neighbours."""

    def around(i):
        return [i, *(int(j) for j in graph.rows[i] if j >= 0)]

    def heard(i):
        votes = {}
        for j in around(i):
            if fold[j] != fold[row]:
                votes[codes[j]] = votes.get(codes[j], 0) + 1
        return shares(votes)

    total = {}
    for i in around(row):
        for code, share in heard(i).items():
            total[code] = total.get(code, 0) + share
    return shares(total)


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 40), k=st.integers(1, 6), classes=st.integers(1, 5))
def test_equals_a_naive_count(seed, n, k, classes):
    points, codes = drawn(seed, n, classes)
    graph = graph_of(points, k)
    votes = cross_fitted_votes(graph, codes, rng=np.random.default_rng(seed))
    for row in range(n):
        wanted = naive_votes(graph, codes, votes.fold, row)
        if not wanted:
            assert (votes.predicted[row], votes.confidence[row]) == (-1, 0)
            continue
        assert votes.confidence[row] == pytest.approx(float(max(wanted.values())))
        assert float(wanted[votes.predicted[row]]) == pytest.approx(float(max(wanted.values())))


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000), n=st.integers(2, 60), k=st.integers(1, 15))
def test_labels_of_a_fold_change_nothing_in_it(seed, n, k):
    points, codes = drawn(seed, n, 3)
    graph, rng = graph_of(points, k), np.random.default_rng(seed)
    before = cross_fitted_votes(graph, codes, rng=np.random.default_rng(seed))
    hidden = before.fold == seed % FOLDS
    changed = np.where(hidden, rng.integers(0, 3, n), codes)
    after = cross_fitted_votes(graph, changed, rng=np.random.default_rng(seed))
    assert np.array_equal(after.predicted[hidden], before.predicted[hidden])
    assert np.allclose(after.confidence[hidden], before.confidence[hidden])


def test_folds_are_of_equal_size():
    votes = cross_fitted_votes(graph_of(np.arange(23)[:, None], 2), np.arange(23) % 2, rng=np.random.default_rng(0))
    assert sorted(np.bincount(votes.fold)) == [4, 4, 5, 5, 5]


def test_an_item_whose_neighbours_are_hidden_too_has_no_prediction():
    alone = KnnGraph(np.full((5, 2), -1, np.int32), np.full((5, 2), np.inf, np.float32))
    votes = cross_fitted_votes(alone, np.arange(5), rng=np.random.default_rng(0))
    assert votes.predicted.tolist() == [-1] * 5
    assert votes.confidence.tolist() == [0] * 5

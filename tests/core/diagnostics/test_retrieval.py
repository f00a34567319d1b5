"""Retrieval figures against pytorch-metric-learning, a naive ranking, and cases worked out by hand."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator

from core.common.errors import DataError
from core.diagnostics import retrieval_metrics, retrieval_per_query


def line(*places):
    return np.array(places, dtype=np.float64)[:, None]


@pytest.mark.parametrize("seed", range(3))
def test_equals_pytorch_metric_learning(seed):
    rng = np.random.default_rng(seed)
    embeddings = rng.normal(size=(400, 8)).astype(np.float32)
    labels = np.concatenate([rng.integers(0, 9, 399), [99]])  # one label with a single item
    names = ("precision_at_1", "r_precision", "mean_average_precision_at_r")
    theirs = AccuracyCalculator(include=names, k="max_bin_count").get_accuracy(embeddings, labels)
    ours = retrieval_metrics(embeddings, labels)
    assert [ours["recall@1"], ours["r_precision"], ours["map@r"]] == pytest.approx([theirs[n] for n in names], abs=1e-6)


def open_metric_learning(hits, k):
    """(cmc@k, precision@k, map@k) of one ranking, as defined in the documentation of open-metric-learning 4.0.

    precision@k divides by min(k, relevant), map@k by the hits among the first k.
    """
    first = hits[:k]
    running = np.cumsum(first)
    average = (running / np.arange(1, k + 1) * first).sum() / max(running[-1], 1)
    return first.any(), running[-1] / min(k, hits.sum()), average


def test_the_definitions_of_open_metric_learning_on_its_own_examples():
    figures = [open_metric_learning(np.array(hits), k) for hits, k in [([1, 0], 1), ([0, 1, 1], 2), ([0, 1], 2)]]
    assert figures == [(1, 1, 1), (1, 0.5, 0.5), (1, 1, 0.5)]


@pytest.mark.parametrize("seed", range(3))
def test_equals_open_metric_learning(seed):
    rng = np.random.default_rng(seed)
    embeddings, labels = rng.normal(size=(300, 6)), rng.integers(0, 8, 300)
    figures = retrieval_per_query(embeddings, labels, ks=(1, 5, 40))
    for query in range(300):
        ranked = np.argsort(np.linalg.norm(embeddings - embeddings[query], axis=1), kind="stable")
        hits = labels[ranked[ranked != query]] == labels[query]
        theirs = {k: open_metric_learning(hits, k) for k in (1, 5, 40, hits.sum())}
        assert [figures.at[query, f"recall@{k}"] for k in (1, 5, 40)] == [theirs[k][0] for k in (1, 5, 40)]
        assert figures.at[query, "r_precision"] == pytest.approx(theirs[hits.sum()][1])
        # Musgrave's MAP@R divides by all R relevant items, theirs by those found: R-precision lies between the two.
        assert figures.at[query, "map@r"] == pytest.approx(theirs[hits.sum()][2] * theirs[hits.sum()][1])


def orders_of_ties(squares, match, relevant, ks):
    """Mean of every figure over all orders that the distances allow."""
    figures = []
    for order in itertools.permutations(range(len(squares))):
        if all(squares[a] <= squares[b] for a, b in itertools.pairwise(order)):
            hits = match[list(order)]
            precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
            figures.append(
                [*(hits[:k].any() for k in ks), hits[:relevant].mean(), (precision * hits)[:relevant].sum() / relevant]
            )
    return np.mean(figures, axis=0)


@settings(deadline=None, max_examples=60)
@given(
    places=st.lists(st.integers(0, 2), min_size=2, max_size=6),
    labels=st.lists(st.integers(0, 1), min_size=6, max_size=6),
)
def test_ties_count_by_their_mean_over_all_orders(places, labels):
    places, labels = np.array(places), np.array(labels[: len(places)])
    ks = (1, 2, 4)
    figures = retrieval_per_query(line(*places), labels, ks=ks).to_numpy()
    for query in range(len(places)):
        others = np.arange(len(places)) != query
        match = (labels == labels[query])[others]
        if match.any():
            wanted = orders_of_ties(np.abs(places - places[query])[others], match, int(match.sum()), ks)
            assert figures[query] == pytest.approx(wanted)
        else:
            assert np.isnan(figures[query]).all()


def test_hand_worked():
    # from 0: [a 1] [b 2] [b 3] [a 4]; a has 2 others. R-precision 1/2, MAP@R (1/1 + 0) / 2
    figures = retrieval_per_query(line(0, 1, 2, 3, 4), ["a", "a", "b", "b", "a"], ks=(1, 2)).loc[0]
    assert figures.tolist() == [1, 1, 0.5, 0.5]


def test_labels_above_what_float32_holds_are_told_apart():
    labels = np.array([2**24, 2**24 + 1, 2**24, 2**24 + 1])
    assert retrieval_metrics(line(0, 1, 10, 11), labels, ks=(1,))["recall@1"] == 0


def test_sublabels_use_the_same_ranking():
    metrics = retrieval_metrics(line(0, 1, 10, 11), [0, 0, 0, 0], sublabels=["x", "x", "y", "z"], ks=(1,))
    assert metrics["recall@1"] == 1
    assert metrics["map@r"] == 1
    assert metrics["sub_recall@1"] == 1
    assert metrics["sub_r_precision"] == 1


def test_no_pair_of_a_label_gives_nan():
    assert np.isnan(list(retrieval_metrics(line(0, 1), ["a", "b"]).values())).all()


def test_duplicates_are_neighbours_of_each_other_unless_they_share_an_id():
    places, labels = line(0, 0, 1, 5, 5, 6), ["a", "a", "b", "c", "c", "b"]
    assert retrieval_metrics(places, labels, ks=(1,))["recall@1"] == pytest.approx(4 / 6)
    alone = retrieval_metrics(places, labels, ks=(1,), ids=np.array([0, 0, 1, 2, 2, 3]))
    assert alone["recall@1"] == 0  # only the two b's are left with something to find


def test_queries_and_gallery_apart():
    is_query = np.array([True, True, False, False])
    figures = retrieval_per_query(
        line(0, 10, 1, 9), ["a", "b", "a", "b"], ks=(1,), is_query=is_query, is_gallery=~is_query
    )
    assert figures.index.tolist() == [0, 1]
    assert (figures["recall@1"] == 1).all()


def test_float32_and_float64_paths_agree(monkeypatch):
    rng = np.random.default_rng(3)
    centres = rng.normal(size=(5, 16))
    labels = rng.integers(0, 5, 500)
    embeddings = (centres[labels] + np.where(labels < 2, 1e-5, 1)[:, None] * rng.normal(size=(500, 16))).astype("f4")
    precise = retrieval_metrics(embeddings, labels, sublabels=rng.integers(0, 20, 500))
    monkeypatch.setattr("core.neighbours.exact.PRECISE_UP_TO", 10)
    monkeypatch.setattr("core.diagnostics.retrieval.BLOCK", 50)
    rng = np.random.default_rng(3)
    again = retrieval_metrics(embeddings, labels, sublabels=np.random.default_rng(9).integers(0, 20, 500))
    assert {k: v for k, v in again.items() if "sub" not in k} == pytest.approx(
        {k: v for k, v in precise.items() if "sub" not in k}, abs=1e-5
    )


@pytest.mark.parametrize(
    ("embeddings", "labels", "word"),
    [
        ([[np.nan], [0.0]], [0, 1], "row 0 contains NaN"),
        ([[1.0, 0], [1.0, 0], [0.0, 0]], [0, 0, 1], "row 2 contains only zeros"),
        ([[1.0], [1.0]], [0, 0, 1], "one per row"),
        ([[1.0], [1.0]], ["a", None], "missing at row 1"),
    ],
)
def test_broken_input_is_named(embeddings, labels, word):
    with pytest.raises(DataError, match=word):
        retrieval_metrics(np.array(embeddings), labels)

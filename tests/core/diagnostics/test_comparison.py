"""Agreement of two embeddings, matching of their sub-clusters, and paired significance."""

import numpy as np
import pandas as pd
import pytest
from scipy.spatial import procrustes as scipy_procrustes
from scipy.stats import binom

from core.common.errors import DataError
from core.diagnostics import agreement, compare_retrieval, match_subclusters, retrieval_per_query
from core.diagnostics.comparison import linear_cka, overlap, procrustes


def rotation(rng, d):
    return np.linalg.qr(rng.normal(size=(d, d)))[0]


def test_a_rotated_and_scaled_copy_agrees_wholly():
    rng = np.random.default_rng(0)
    points, labels = rng.normal(size=(120, 6)), rng.integers(0, 3, 120)
    found = agreement(points, 5 * points @ rotation(rng, 6) + 1, labels)
    assert found.overlap == found.within_overlap == 1
    assert found.cka == pytest.approx(1)
    np.testing.assert_allclose(found.per_class["procrustes"], 0, atol=1e-9)


def test_unrelated_embeddings_agree_as_chance_says():
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 4, 1200)
    centres = 20 * np.eye(4)
    first, second = (np.concatenate([centres[labels], rng.normal(size=(1200, 8))], axis=1) for _ in range(2))
    found = agreement(first, second, labels)
    assert found.within_overlap == pytest.approx(found.within_chance, abs=0.005)
    assert found.overlap > 3 * found.chance  # equal classes alone make neighbours alike
    assert found.cka < 0.05
    assert found.per_class["overlap"].mean() == pytest.approx(found.per_item.mean(), abs=0.01)


def test_overlap_by_hand():
    assert overlap(np.array([[1, 2, 3], [4, 5, -1]]), np.array([[3, 1, 9], [7, 4, -1]])).tolist() == pytest.approx(
        [2 / 3, 1 / 3]
    )


def test_cka_equals_its_definition_by_kernels():
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(50, 4)), rng.normal(size=(50, 7))
    centre = np.eye(50) - 1 / 50
    k, m = centre @ x @ x.T @ centre, centre @ y @ y.T @ centre
    assert linear_cka(x, y) == pytest.approx((k * m).sum() / np.sqrt((k * k).sum() * (m * m).sum()))


def test_procrustes_equals_scipy():
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(30, 5)), rng.normal(size=(30, 5))
    assert procrustes(x, y) == pytest.approx(scipy_procrustes(x, y)[2])


def test_constant_embeddings_have_no_shape_to_compare():
    assert np.isnan(linear_cka(np.ones((5, 2)), np.random.default_rng(0).normal(size=(5, 2))))


def test_merged_and_split_subclusters_are_named():
    first = np.array([0] * 10 + [1] * 10 + [2] * 10 + [-1])
    second = np.array([0] * 20 + [1] * 5 + [2] * 5 + [0])
    found = match_subclusters(first, second)
    assert found.flows.tolist() == [[10, 0, 0], [10, 0, 0], [0, 5, 5]]
    assert found.merged == [(0, 1)]
    assert found.split == [(1, 2)]
    np.testing.assert_allclose(found.survival, [2 / 3, 2 / 3, 2 / 3])


def test_equal_subclusters_neither_merge_nor_split():
    found = match_subclusters(np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0]))
    assert (found.merged, found.split, found.survival.tolist()) == ([], [], [1, 1])


def results(hits):
    return pd.DataFrame({"recall@1": np.array(hits, dtype=float)})


def test_mcnemar_counts_only_the_queries_that_changed():
    first, second = results([1] * 50 + [0] * 9 + [1]), results([1] * 50 + [1] * 9 + [0])
    found = compare_retrieval(first, second).loc["recall@1"]
    assert found["difference"] == pytest.approx(8 / 60)
    assert found["p_value"] == pytest.approx(2 * binom.cdf(1, 10, 0.5))
    assert found["low"] < found["difference"] < found["high"]


def test_bootstrap_keeps_its_error_rate():
    rng = np.random.default_rng(4)
    p_values = [
        compare_retrieval(*(pd.DataFrame({"map@r": rng.uniform(0, 0.9, 150)}) for _ in range(2)), seed=i).p_value.item()
        for i in range(200)
    ]
    assert 0.01 < np.mean(np.array(p_values) < 0.05) < 0.1


def test_an_arm_equals_itself():
    rng = np.random.default_rng(5)
    figures = retrieval_per_query(rng.normal(size=(60, 4)), rng.integers(0, 3, 60))
    found = compare_retrieval(figures, figures)
    assert (found["difference"] == 0).all()
    assert (found["p_value"] == 1).all()


def test_other_queries_are_refused():
    with pytest.raises(DataError, match="different queries: compare results over the same items"):
        compare_retrieval(results([1, 0]), results([1, 0, 1]))
    with pytest.raises(DataError, match="same items"):
        agreement(np.ones((3, 2)), np.ones((4, 2)), [0, 0, 0])

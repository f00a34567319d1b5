"""Classes in pieces and copies, against naive counts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.diagnostics import diagnose
from core.diagnostics.checks import check_groups
from core.diagnostics.fragmentation import fragmentation, near_duplicates
from core.neighbours.index import Neighbours


def on_a_line(*places):
    return np.array(places, dtype=np.float64)[:, None]


def test_hand_worked():
    points = on_a_line(0, 1, 10, 11.5, 12, 20)
    classes, modes = np.array([0, 0, 1, 0, 1, 1]), np.array([0, 0, 0, 1, 0, 1])
    # modes: class 0 at .5 and 11.5, class 1 at 11 and 20: the nearest of each is one of the other class
    assert fragmentation(points, classes, modes).tolist() == [1, 1]
    assert fragmentation(points, np.zeros(6, dtype=int), np.array([0, 0, 1, 1, 1, 2])).tolist() == [0]


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 60))
def test_equals_a_naive_count(seed, n):
    rng = np.random.default_rng(seed)
    points, codes, modes = rng.normal(size=(n, 3)), rng.permutation(np.arange(n) % 3), rng.integers(-1, 3, n)
    found = fragmentation(points, codes, modes)
    pairs = sorted({(c, m) for c, m in zip(codes, modes, strict=True) if m >= 0})
    centroids = {pair: points[(codes == pair[0]) & (modes == pair[1])].mean(axis=0) for pair in pairs}
    for c in range(codes.max() + 1):
        own = [pair for pair in pairs if pair[0] == c]
        nearest = [
            min((p for p in pairs if p != q), key=lambda p: np.linalg.norm(centroids[p] - centroids[q]), default=None)
            for q in own
        ]
        wanted = np.mean([p[0] != c for p in nearest]) if len(own) > 1 else 0
        assert found[c] == pytest.approx(wanted)


def test_copies_within_a_class_are_seen_at_any_length():
    rng = np.random.default_rng(0)
    views = rng.normal(size=(20, 8)).repeat(2, axis=0) + 1e-4 * rng.normal(size=(40, 8))
    lone = rng.normal(size=(20, 8))
    points, labels = np.concatenate([views, lone]), np.repeat(["views", "lone"], [40, 20])
    table = diagnose(points, labels, n_jobs=1).set_index("label")
    assert table["near_duplicates"].to_dict() == {"views": 1.0, "lone": 0.0}


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000))
def test_copies_equal_a_naive_count(seed):
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(12, 4))[rng.integers(0, 12, 30)] + rng.choice([0, 0.02, 0.06], (30, 1)) * rng.normal(
        size=(30, 4)
    )
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    groups = check_groups(rng.integers(0, 3, 30), 30)
    cosine = points @ points.T - 2 * np.eye(30)
    copies = ((cosine >= 0.999) & (groups.codes[:, None] == groups.codes)).any(axis=1)
    wanted = np.bincount(groups.codes, weights=copies) / groups.sizes
    np.testing.assert_allclose(near_duplicates(points, groups, Neighbours(points, np.arange(30)).graph(29)), wanted)

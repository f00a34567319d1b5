"""Votes of neighbours, against exhaustive counts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.diagnostics.modes import Listed, mode_hits, mode_recall, mode_sizes, neighbour_votes
from core.neighbours.index import Neighbours


def on_a_line(*places):
    return np.array(places, dtype=np.float64)[:, None]


def expected_votes(points, modes, k):
    """Every order of tied neighbours is as likely: those at the last distance share what places are left."""
    votes = np.zeros((len(points), modes.max() + 1))
    for i in range(len(points)):
        others = np.delete(np.arange(len(points)), i)
        squares = np.square(points[others] - points[i]).sum(axis=1)
        reach = np.sort(squares)[k - 1]
        nearer, tied = others[squares < reach], others[squares == reach]
        np.add.at(votes[i], modes[nearer], 1)
        np.add.at(votes[i], modes[tied], (k - len(nearer)) / len(tied))
    return votes


def test_hand_worked():
    points, modes = on_a_line(0, 1, 3, 10), np.array([0, 0, 1, 1])
    assert neighbour_votes(points, modes, 1).tolist() == [[1, 0], [1, 0], [1, 0], [0, 1]]
    assert neighbour_votes(points, modes, 2).tolist() == [[1, 1], [1, 1], [2, 0], [1, 1]]
    tied = neighbour_votes(on_a_line(-1, 0, 1), np.array([0, 1, 1]), 1)
    assert tied.tolist() == [[0, 1], [0.5, 0.5], [0, 1]]


def test_few_points_have_few_neighbours():
    assert neighbour_votes(on_a_line(0, 1, 2), np.array([0, 0, 1]), 5).sum(axis=1).tolist() == [2, 2, 2]
    assert neighbour_votes(on_a_line(0), np.array([0]), 5).tolist() == [[0]]
    assert neighbour_votes(np.empty((0, 1)), np.empty(0, dtype=int), 5).shape == (0, 0)


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000), k=st.integers(1, 6), copies=st.booleans())
def test_equals_an_exhaustive_count_with_and_without_a_graph(seed, k, copies):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(k + 1, 40))
    points = rng.normal(size=(n, 2)).astype(np.float32)
    if copies:
        points = points[rng.integers(0, min(5, n), n)]
    modes, label = rng.integers(0, 3, n), rng.integers(0, 2, n)
    wanted = expected_votes(points.astype(np.float64), modes, k)
    np.testing.assert_allclose(neighbour_votes(points, modes, k), wanted)
    rows = np.flatnonzero(label == label[0])
    if len(rows) > k:
        listed = Listed.of(Neighbours(points, np.arange(n)).graph(min(8, n - 1)), rows)
        inside = expected_votes(points[rows].astype(np.float64), modes[rows], k)
        found = neighbour_votes(points[rows], modes[rows], k, listed=listed)
        np.testing.assert_allclose(found, inside[:, : found.shape[1]])


def test_neighbours_listed_are_those_of_the_class_in_order():
    points = on_a_line(0, 1, 2, 3, 4).astype(np.float32)
    graph = Neighbours(points, np.arange(5)).graph(4)
    listed = Listed.of(graph, np.array([0, 2, 4]))
    assert listed.places.tolist() == [[1, 2, -1, -1], [0, 2, -1, -1], [1, 0, -1, -1]]
    assert listed.certain(1).tolist() == [True, False, True]  # the one in the middle has two at the same distance
    assert listed.certain(2).tolist() == [False, False, False]


def test_hits_and_recall_share_ties():
    points = on_a_line(0, 1, 2, 10)
    assert mode_hits(points, np.array([0, 0, 1, 1])).tolist() == [1, 0.5, 0, 1]
    recall, excess, _ = mode_recall(points, np.array([0, 0, 1, 1]))
    assert recall == 0.625
    assert excess == pytest.approx((0.625 - 1 / 3) / (2 / 3))


@pytest.mark.parametrize(
    ("sizes", "counted"),
    [
        ([4, 3], [0]),
        ([200, 5, 4], [0, 1]),  # 4 of 209 are less than 2 %
        ([20] * 60, list(range(60))),  # an even share of sixty is less than 2 %, too
        ([], []),
    ],
)
def test_modes_that_are_large_enough_to_count(sizes, counted):
    modes = np.repeat(np.arange(len(sizes)), np.array(sizes, dtype=int))
    names, found = mode_sizes(modes)
    assert names.tolist() == counted
    assert found.tolist() == [sizes[name] for name in counted]

"""CandidateLists against sorting whole rows of naive distances, where the guessed limit is good, poor, or useless."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.neighbours.exact import CandidateLists, ExactSearch

SHAPES = {
    "spread": lambda rng, n: rng.normal(size=(n, 3)),
    "a grid, full of ties": lambda rng, n: rng.integers(0, 4, (n, 2)),
    "all at one place": lambda rng, n: np.ones((n, 2)),
    "a few far ones": lambda rng, n: np.where(rng.random((n, 1)) < 0.02, 1e3, 1e-3) * rng.normal(size=(n, 3)),
    "near where nobody looks": lambda rng, n: np.where(np.arange(n) % 17 == 0, 10.0, rng.random(n))[:, None],
    "far where nobody looks": lambda rng, n: np.where(np.arange(n) % 17 == 0, 0.0, 1 + rng.random(n))[:, None],
    "in order": lambda rng, n: np.arange(n)[:, None] * np.ones(2),
    "far from the origin, close together": lambda rng, n: 1 + 1e-5 * rng.normal(size=(n, 4)),
}


def naive(queries, points):
    return np.square(queries[:, None].astype(np.float64) - points).sum(axis=2)


@pytest.fixture(scope="module", params=["float64", "float32"], autouse=True)
def products(request):
    """Every test with both kinds of products, over several tiles and blocks of queries."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "float32":
            patch.setattr("core.neighbours.exact.PRECISE_UP_TO", 0)
        patch.setattr("core.neighbours.exact.BALL", 7)
        patch.setattr("core.neighbours.exact.ROWS", 3)
        yield request.param


@pytest.mark.parametrize("shape", SHAPES)
@settings(deadline=None, max_examples=25)
@given(n=st.integers(1, 400), depth=st.integers(1, 400), seed=st.integers(0, 9))
def test_lists_hold_the_nearest_and_whatever_ties_with_them(products, shape, n, depth, seed):
    rng = np.random.default_rng(seed)
    points = np.unique(SHAPES[shape](rng, n).astype(np.float32), axis=0)
    chosen, depth = rng.integers(0, len(points), 4), min(depth, len(points))
    queries = points[chosen]
    squares = naive(queries, points).astype(np.float32)
    scale = 2 * np.square(points - points.mean(axis=0)).sum(axis=1).max()
    seen = []
    groups = rng.integers(0, 4, len(points)) if seed % 2 else np.round(points[:, 0] * 3).astype(int)
    asked = groups[chosen] if seed % 3 else None
    for places, lists in ExactSearch(points, groups=groups).nearest(queries, np.full(4, depth), groups=asked):
        for place, near, rows, size in zip(places, *lists, strict=True):
            seen.append(int(place))
            assert np.isinf(near[size:]).all()
            assert len(np.unique(rows[:size])) == size
            error = 1e-5 * squares[place] + (1e-6 * scale if products == "float32" else 0)
            assert (np.abs(near[:size] - squares[place, rows[:size]]) <= error[rows[:size]]).all()
            needed = np.flatnonzero(squares[place] + 2 * error < np.sort(squares[place])[depth - 1])
            assert np.isin(needed, rows[:size]).all()
            if products == "float64":  # float32 products split ties
                assert np.isin(np.flatnonzero(squares[place] == np.sort(squares[place])[depth - 1]), rows[:size]).all()
            assert size >= depth
    assert sorted(seen) == [0, 1, 2, 3]


@pytest.mark.parametrize("scale", [1.0, 1e-5])
def test_figures_are_right_also_where_rows_nearly_coincide(scale):
    rng = np.random.default_rng(0)
    points = np.concatenate([rng.normal(size=(200, 6)), 1 + scale * rng.normal(size=(200, 6))]).astype(np.float32)
    squares = naive(points[:30], points)
    for places, lists in ExactSearch(points).nearest(points[:30], np.full(30, 40)):
        near, rows = lists.nearest(40)
        expected = np.sort(squares[places], axis=1)[:, :40]
        np.testing.assert_allclose(np.sort(near, axis=1), expected, rtol=1e-3)
        np.testing.assert_allclose(near, np.take_along_axis(squares[places], rows, axis=1), rtol=1e-3)
        assert (near[:, -1] == near.max(axis=1)).all()


def test_a_row_of_the_gallery_is_at_distance_0_from_itself_only():
    points = (1 + 1e-4 * np.random.default_rng(1).normal(size=(300, 20))).astype(np.float32)
    for places, lists in ExactSearch(points).nearest(points, np.ones(300, int)):
        assert (lists.squares.min(axis=1) == 0).all()
        assert ((lists.squares == 0).sum(axis=1) == 1).all()
        assert (lists.rows[lists.squares == 0] == places).all()


@pytest.mark.parametrize("depth", [10, 500, 2000])
def test_lists_are_short_where_rows_are_in_no_order(depth):
    points = np.random.default_rng(0).normal(size=(20_000, 5)).astype(np.float32)
    sizes = np.concatenate([lists.sizes for _, lists in ExactSearch(points).nearest(points[:200], np.full(200, depth))])
    assert sizes.mean() < 1.2 * depth + 3 * np.sqrt(17 * depth) + 100


@settings(deadline=None)
@given(seed=st.integers(0, 99), distinct=st.integers(1, 12))
def test_copies_are_listed_one_by_one(seed, distinct):
    rng = np.random.default_rng(seed)
    squares, copy_of = (
        rng.random((3, distinct)).astype(np.float32),
        np.append(np.arange(distinct), rng.integers(0, distinct, 9)),
    )
    lists = CandidateLists.of(squares, int(rng.integers(1, distinct + 1)))
    for row, (near, rows, size) in enumerate(zip(*lists.with_copies(copy_of), strict=True)):
        wanted = [i for i, place in enumerate(copy_of) if place in lists.rows[row, : lists.sizes[row]]]
        assert sorted(rows[:size]) == wanted
        np.testing.assert_array_equal(near[:size], squares[row, copy_of[rows[:size]]])
        assert np.isinf(near[size:]).all()

"""The shortlist against sorting whole rows, where its guess is good, poor, or useless."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.shortlist import shortlist

SHAPES = {
    "spread": lambda rng, g: rng.normal(size=g),
    "ties": lambda rng, g: rng.integers(0, 5, g),
    "all the same": lambda rng, g: np.ones(g),
    "a few far ones": lambda rng, g: np.where(rng.random(g) < 0.01, 1e6, 1e-6) * rng.random(g),
    "low where nobody looks": lambda rng, g: np.where(np.arange(g) % 17 == 0, 10.0, rng.random(g)),
    "high where nobody looks": lambda rng, g: np.where(np.arange(g) % 17 == 0, 0.0, 1 + rng.random(g)),
    "in order": lambda rng, g: np.arange(g),
}


@settings(deadline=None, max_examples=150)
@given(
    shape=st.sampled_from(sorted(SHAPES)),
    g=st.integers(1, 900),
    depth=st.integers(1, 1000),
    seed=st.integers(0, 9),
    most=st.sampled_from([np.inf, 1.0, 0.0]),
)
def test_holds_the_smallest_and_whatever_ties_with_them(shape, g, depth, seed, most):
    rng = np.random.default_rng(seed)
    values = np.stack([SHAPES[shape](rng, g) for _ in range(4)]).astype(np.float32)
    places, sizes = shortlist(values, depth, most=most)
    assert (np.diff(places) > 0).all()
    for row, listed in zip(values, np.split(places % g, np.cumsum(sizes)[:-1]), strict=True):
        needed = np.flatnonzero((row <= np.sort(row)[min(depth, g) - 1]) & (row <= most))
        assert np.isin(needed, listed).all()
        assert (row[listed] <= most).all()
        others = np.delete(row, listed)
        assert not len(others) or others.max() > most or others.min() > row[listed].max(initial=-np.inf)


@pytest.mark.parametrize("depth", [10, 500, 2000])
def test_is_short_where_values_are_in_no_order(depth):
    values = np.random.default_rng(0).integers(0, 2**32, (20, 20_000), dtype=np.uint32)
    assert shortlist(values, depth)[1].mean() < 1.2 * depth + 3 * np.sqrt(17 * depth) + 100

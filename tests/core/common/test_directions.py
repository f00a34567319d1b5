"""Lengths and directions, for numbers of any size."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.common.directions import directions_of, lengths_of


def test_hand_worked():
    rows = np.array([[3.0, 4.0], [0.0, 0.0], [-2.0, 0.0]])
    assert lengths_of(rows).tolist() == [5, 0, 2]
    assert directions_of(rows).tolist() == [[0.6, 0.8], [0, 0], [-1, 0]]


def test_unit_rows_are_not_changed_and_not_copied():
    rows = np.array([[1.0, 0.0], [0.6, 0.8]], dtype=np.float32)
    assert directions_of(rows) is rows
    mixed = np.array([[1.0, 0.0], [0.6, 0.8], [2.0, 0.0]], dtype=np.float32)
    found = directions_of(mixed)
    np.testing.assert_array_equal(found[:2], rows)
    assert found.dtype == np.float32
    assert mixed[2, 0] == 2


@pytest.mark.parametrize("size", [1e-320, 1e-200, 1e200, 1e308])
def test_neither_overflow_nor_underflow(size):
    rows = np.array([[size, 0.0], [0.0, -size]])
    np.testing.assert_allclose(directions_of(rows), [[1, 0], [0, -1]])
    np.testing.assert_allclose(lengths_of(rows), size, rtol=1e-3)


@given(arrays(np.float64, (5, 3), elements=st.floats(-1e6, 1e6)), st.floats(0.01, 100))
def test_directions_have_length_one_and_forget_the_scale(rows, scale):
    lengths = lengths_of(rows)
    rows[lengths < 1e-3] = [1, 2, 2]
    found = directions_of(rows)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=2e-6)
    np.testing.assert_allclose(directions_of(scale * rows), found, atol=2e-6)


def test_blocks_make_no_difference(monkeypatch):
    rows = np.random.default_rng(0).normal(size=(50, 4))
    whole = directions_of(rows), lengths_of(rows)
    monkeypatch.setattr("core.common.directions.BLOCK_NUMBERS", 12)
    np.testing.assert_array_equal(directions_of(rows), whole[0])
    np.testing.assert_array_equal(lengths_of(rows), whole[1])

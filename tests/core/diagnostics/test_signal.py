"""The coordinates in which groups are looked for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.diagnostics.signal import _count_above_top, signal_scores, tangent_coordinates
from tests.core.diagnostics.planted import modes, one_mode


def test_flatten_keeps_angles_from_the_mean():
    angle = np.array([-0.3, -0.1, 0.1, 0.3])
    flat = tangent_coordinates(np.stack([np.cos(angle), np.sin(angle)], axis=1))
    np.testing.assert_allclose(np.linalg.norm(flat, axis=1), np.abs(angle), atol=1e-12)


@settings(deadline=None, max_examples=60)
@given(n=st.integers(2, 60), d=st.integers(1, 40), share=st.sampled_from([0.5, 0.99, 1.01, 2.0]))
def test_a_number_above_all_eigenvalues_is_recognised_without_them(n, d, share):
    matrix = np.random.default_rng(n * 100 + d).normal(size=(n, d)).astype(np.float32)
    top = float(np.linalg.norm(matrix.astype(np.float64), 2)) ** 2
    values = np.array([3 * top, share * top])
    assert _count_above_top(values, matrix, np.random.default_rng(0)) == (2 if share > 1 else 1)


@pytest.mark.parametrize(("k", "dimensions"), [(2, 1), (5, 4), (30, 29)])
def test_modes_span_one_dimension_less_than_their_number(k, dimensions):
    points, _ = modes(np.random.default_rng(k), k, 50 * k, separation=12)
    assert signal_scores(points, np.random.default_rng(0)).shape == (50 * k, dimensions)


def test_noise_has_no_signal():
    assert signal_scores(one_mode(np.random.default_rng(1), "isotropic", 200), np.random.default_rng(0)).shape[1] == 0

"""The chance of a prominent peak in a class of one group."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.diagnostics.class_graph import ClassGraph
from core.diagnostics.density import landscape
from core.diagnostics.prominence import prominence_p_values


@given(rows=st.floats(10, 1e4), dimension=st.floats(0.8, 30))
def test_falls_with_prominence_and_is_a_probability(rows, dimension):
    p_values = prominence_p_values(np.linspace(0, 40, 50), neighbourhoods=rows, dimension=dimension)
    assert np.all((p_values >= 0) & (p_values <= 1))
    assert np.all(np.diff(p_values) <= 0)


def test_more_room_and_fewer_dimensions_make_prominence_likelier():
    def p(neighbourhoods, dimension):
        return prominence_p_values(np.array([5.0]), neighbourhoods=neighbourhoods, dimension=dimension)[0]

    assert p(10, 3) < p(100, 3) < p(1000, 3)
    assert p(100, 10) < p(100, 3) < p(100, 1)


def test_rate_on_clouds_nothing_was_fitted_to():
    """A uniform triangle: p below .01 in about one of a hundred draws, or fewer."""
    below = 0
    for seed in range(100):
        points = np.random.default_rng(seed).dirichlet([1, 1, 1], 200)[:, :2]
        views = [landscape(ClassGraph.of(points, k)) for k in (8, 16, 32)]
        dimension = min(view.dimension for view in views)
        found = [
            prominence_p_values(view.prominences()[:1], neighbourhoods=view.n / view.k, dimension=dimension)
            for view in views
        ]
        below += np.concatenate(found).min(initial=1) < 0.01
    assert below <= 5

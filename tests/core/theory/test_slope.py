"""The closed form of the slope against the energy it is the slope of, and what follows from it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.theory.expected_loss import landscape, tendency
from core.theory.slope import Setting, critical_noise, phase_diagram, slope

RULES = ["random", "nearest", "hardest"]


class TestSlope:
    @given(p=st.floats(0, 0.5))
    def test_random_positives_collapse_under_any_noise(self, p):
        q = p * (1 - p)
        expected = 0.75 * q if q < 1 / 7 else (1 - 2 * p) ** 2 / 4
        assert float(slope(p, samples=9, positives="random")) == pytest.approx(expected, abs=1e-12)
        assert float(slope(p, samples=9, positives="all")) == float(slope(p, samples=2, positives="nearest"))

    @given(p=st.floats(0, 0.5), samples=st.integers(2, 60), modes=st.integers(2, 20))
    def test_the_pull_is_never_stronger_than_the_noise(self, p, samples, modes):
        assert float(slope(p, samples=samples, modes=modes)) <= p + 1e-12

    @given(p=st.floats(0.01, 0.45), samples=st.integers(2, 30), modes=st.integers(2, 20))
    def test_more_samples_never_bring_collapse_back(self, p, samples, modes):
        if float(slope(p, samples=samples, modes=modes)) < 0:
            assert float(slope(p, samples=samples + 1, modes=modes)) < 0

    def test_clean_labels_pull_nowhere(self):
        for positives in RULES:
            assert float(slope(0.0, samples=8, positives=positives)) == 0
            assert tendency(Setting(0.0, positives, 8)) == "indifferent"

    def test_the_critical_noise_by_samples_per_class(self):
        expected = {3: None, 4: None, 5: 0.1309, 6: 0.0427, 7: 0.0184, 8: 0.00854, 10: 0.00201}
        found = {m: critical_noise(m) for m in expected}
        assert [found[m] for m in (3, 4)] == [None, None]
        for m in (5, 6, 7, 8, 10):
            assert found[m] == pytest.approx(expected[m], rel=0.005)
            assert float(slope(0.99 * found[m], samples=m)) > 0 > float(slope(1.01 * found[m], samples=m))

    def test_the_diagram_has_a_row_for_each_number_of_samples(self):
        noise, samples = np.linspace(0.01, 0.4, 7), np.array([2, 6, 20])
        diagram = phase_diagram(noise, samples)
        assert diagram.shape == (3, 7)
        assert diagram[1, 3] == float(slope(noise[3], samples=6))
        assert (diagram[0] > 0).all()
        assert (diagram[2] < 0).all()

    def test_hardest_positives_end_in_one_point_in_large_batches(self):
        assert tendency(Setting(0.1, "hardest", 32)) == "total collapse"
        assert tendency(Setting(0.1, "hardest", 4)) == "collapse"


@pytest.mark.parametrize("positives", RULES)
@given(noise=st.floats(0.001, 0.49), samples=st.integers(2, 40), modes=st.integers(2, 12))
@settings(max_examples=40)
def test_the_slope_is_that_of_the_energy(positives, noise, samples, modes):
    found = float(slope(noise, samples=samples, modes=modes, positives=positives))
    setting = Setting(noise, positives, samples, modes)
    near = landscape(setting, np.array([0.0, 1e-5]))
    if np.isnan(found):
        assert tendency(setting) == "total collapse"
    elif near.to_other[0] > 0:  # just short of total collapse both are equally good
        assert (near.energy[1] - near.energy[0]) / 1e-5 == pytest.approx(found, abs=1e-7)

"""Formulas of the theory against simulation, against each other, and what free points do under them."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.common.errors import RecipeError
from core.recipe.recipe import samples_against_noise
from core.theory.expected_loss import (
    Setting,
    critical_noise,
    expected_loss,
    free_points,
    landscape,
    phase_diagram,
    samples_needed,
    seen_as,
    slope,
    tendency,
)

RULES = ["random", "nearest", "hardest"]
PLACES = np.array([[0.0, 0.0], [0.3, 0.0], [0.1, 0.5]])
"""Two modes of class A, one of B, no two distances equal."""


def simulate(setting: Setting, beta: float, *, anchors: int, seed: int) -> float:
    """Mean loss over batches whose labels were flipped one by one; written from the set-up, not from the formulas."""
    rng = np.random.default_rng(seed)
    pool = 400_000
    truth = rng.integers(0, 2, pool)
    place = np.where(truth == 0, rng.integers(0, 2, pool), 2)
    label = np.where(rng.random(pool) < setting.noise, 1 - truth, truth)
    of_class = [place[label == 0], place[label == 1]]
    losses = []
    for c in (0, 1):
        batch = rng.choice(of_class[c], (anchors // 2, setting.samples))
        negative = rng.choice(of_class[1 - c], anchors // 2)
        distances = np.linalg.norm(PLACES[batch[:, :1]] - PLACES[batch[:, 1:]], axis=2)
        to_positive = {"random": distances[:, 0], "nearest": distances.min(1), "hardest": distances.max(1)}
        near, far = to_positive[setting.positives], np.linalg.norm(PLACES[batch[:, 0]] - PLACES[negative], axis=1)
        alpha = setting.margin
        if setting.loss == "triplet":
            losses.append(np.maximum(0, near - far + alpha))
        else:
            losses.append(np.maximum(0, near - beta + alpha) + np.maximum(0, beta + alpha - far))
    return float(np.mean(losses))


@pytest.mark.parametrize("positives", RULES)
@pytest.mark.parametrize("loss", ["triplet", "margin"])
@pytest.mark.parametrize(("noise", "samples"), [(0.1, 4), (0.3, 8)])
def test_the_expected_loss_is_what_simulated_batches_have(positives, loss, noise, samples):
    setting = Setting(noise, positives, samples, loss=loss, margin=0.2, beta=0.4)
    distances = torch.cdist(torch.tensor(PLACES), torch.tensor(PLACES))
    exact = expected_loss(distances, seen_as(torch.tensor([0, 0, 1]), noise), setting).item()
    assert simulate(setting, 0.4, anchors=60_000, seed=1) == pytest.approx(exact, rel=0.02)


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


@given(
    noise=st.floats(0.0, 0.49),
    d=st.floats(0, 1.5),
    h=st.floats(0.8, 2),
    beta=st.floats(0, 2),
    positives=st.sampled_from(RULES),
    loss=st.sampled_from(["triplet", "margin"]),
    fixed=st.booleans(),
)
def test_no_other_place_has_less_energy_than_the_landscape(noise, d, h, beta, positives, loss, fixed):
    setting = Setting(noise, positives, 6, loss=loss, beta=beta if fixed else None)
    distances = torch.tensor([[0, d, h], [d, 0, h], [h, h, 0]], dtype=torch.float64)
    there = expected_loss(distances, seen_as(torch.tensor([0, 0, 1]), noise), setting, beta=torch.tensor(beta))
    assert there.item() >= landscape(setting, np.array([d])).energy[0] - 1e-9


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

    @pytest.mark.parametrize("modes", [2, 3, 5, 10])
    @pytest.mark.parametrize("noise", [0.01, 0.05, 0.1, 0.2])
    def test_the_rule_of_thumb_is_close_for_few_modes_and_cautious_for_many(self, noise, modes):
        thumb, needed = samples_against_noise(noise, modes=modes), samples_needed(noise, modes=modes)
        assert needed <= thumb + 1.2
        assert modes > 3 or needed >= thumb - 1.2

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


class TestMargin:
    def test_a_fixed_boundary_keeps_modes_apart_by_what_it_leaves(self):
        for noise in (0.01, 0.1, 0.4):
            found = landscape(Setting(noise, loss="margin", beta=1.2), np.linspace(0, 2, 201))
            assert found.best == pytest.approx(1.0)

    def test_a_learned_boundary_falls_to_the_margin_and_the_class_collapses(self):
        found = landscape(Setting(0.1, loss="margin"))
        assert (found.best, found.beta[0]) == (0, pytest.approx(0.2))
        assert tendency(Setting(0.1, loss="margin")) == "collapse"

    def test_nearest_positives_withstand_even_that(self):
        assert landscape(Setting(0.1, "nearest", 16, loss="margin")).best == pytest.approx(0.4)


class TestFreePoints:
    def spread(self, points: np.ndarray) -> float:
        """Mean distance of the points of a class, over the distance of the class means."""
        first, second = points[:3], points[3:]
        inner = np.mean([np.linalg.norm(c[[0, 1, 2]] - c[[1, 2, 0]], axis=1) for c in (first, second)])
        return inner / np.linalg.norm(first.mean(0) - second.mean(0))

    @pytest.mark.parametrize("batch", [None, 256])
    def test_they_collapse_under_random_and_not_under_nearest_positives(self, batch):
        paths = {rule: free_points(Setting(0.1, rule, 16, 3), batch=batch, steps=200, rate=0.05) for rule in RULES[:2]}
        assert paths["random"].shape == (201, 6, 2)
        assert np.array_equal(paths["random"][0], paths["nearest"][0])
        assert self.spread(paths["random"][-1]) < 0.05
        assert self.spread(paths["nearest"][-1]) > 0.5

    def test_a_learned_boundary_collapses_and_a_fixed_one_does_not(self):
        learned, fixed = (
            free_points(Setting(0.2, modes=3, loss="margin", beta=beta), steps=600, rate=0.05)[-1]
            for beta in (None, 1.2)
        )
        assert self.spread(learned) < 0.1
        assert self.spread(fixed) > 0.3


@pytest.mark.parametrize(("values", "complaint"), [((0.5,), "below 0.5"), ((0.1, "nearest", 1), "at least 2 samples")])
def test_settings_beyond_the_theory_are_refused(values, complaint):
    with pytest.raises(RecipeError, match=complaint):
        Setting(*values)

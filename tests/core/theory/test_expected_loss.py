"""Formulas of the theory against simulation, against each other, and what free points do under them."""

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from core.common.errors import RecipeError
from core.theory.expected_loss import expected_loss, free_points, landscape, seen_as, tendency
from core.theory.slope import Setting

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


@example(noise=0.0, d=1.0, h=1.0, beta=0.4785696772221847, positives="random", loss="margin", fixed=True)
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
    there = expected_loss(distances, seen_as(torch.tensor([0, 0, 1]), noise), setting, beta=beta)
    assert there.item() >= landscape(setting, np.array([d])).energy[0] - 1e-9


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

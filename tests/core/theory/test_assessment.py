"""Where recipes stand in theory, and that what is advised helps."""

import pytest

from core.recipe.recipe import Recipe
from core.theory.assessment import assess


def recipe(*overrides: str) -> Recipe:
    return Recipe.load("synthetic-vectors", overrides)


def test_the_standard_arm_collapses_and_the_nearest_does_not():
    standard, nearest = (assess(recipe(), arm) for arm in ("standard", "nearest"))
    assert (standard.tendency, nearest.tendency) == ("collapse", "spread")
    assert standard.setting.modes == 4
    assert [remedy.changes for remedy in standard.remedies] == [
        {"positives": "nearest"},
        {"train.loss": "margin", "train.learn_beta": "no", "train.beta": 1.2},
        {"data.label_noise": 0.0},
    ]
    assert nearest.remedies == ()


def test_too_few_samples_are_found_and_enough_of_them_advised():
    few = assess(recipe("train.samples_per_class=4"), "nearest")
    assert few.tendency == "collapse"
    assert few.critical_noise is None
    changes = few.remedies[0].changes
    assert changes == {"train.samples_per_class": few.samples_needed}
    assert assess(recipe(f"train.samples_per_class={few.samples_needed}"), "nearest").tendency == "spread"
    assert assess(recipe(f"train.samples_per_class={few.samples_needed - 1}"), "nearest").tendency == "collapse"


def test_a_learned_and_a_fixed_boundary_differ():
    learned, fixed = (
        assess(recipe("train.loss=margin", f"train.learn_beta={kind}"), "standard") for kind in ("one", "no")
    )
    assert (learned.tendency, fixed.tendency) == ("collapse", "spread")
    assert {"data.label_noise": 0.0} in [remedy.changes for remedy in learned.remedies]


def test_hardest_positives_end_in_one_point():
    assert assess(recipe("arms.standard.positives=hardest"), "standard").tendency == "total collapse"


def test_clean_labels_need_no_remedy():
    clean = assess(recipe("data.label_noise=0"), "standard")
    assert (clean.tendency, clean.remedies, clean.samples_needed) == ("indifferent", (), None)


def test_unknown_modes_are_said_to_be_and_can_be_given():
    digits = Recipe.load("digits-parity", ("data.label=digit",))
    assert not assess(digits, "nearest").modes_known
    assert assess(digits, "nearest", modes=7).setting.modes == 7


def test_noise_that_was_found_takes_the_place_of_what_was_put_in():
    clean = recipe("data.label_noise=0")
    assert assess(clean, "standard", noise=0.1) == assess(recipe("data.label_noise=0.1"), "standard")


@pytest.mark.parametrize(
    ("overrides", "reason"),
    [
        (["arms.standard.loss=nt-xent"], "not nt-xent"),
        (["data.label_noise=0.6"], "no classes to speak of"),
        (["arms.standard={checkpoint='there'}"], "not trained here"),
    ],
)
def test_what_the_theory_is_silent_about(overrides: list[str], reason: str):
    found = assess(recipe(*overrides), "standard")
    assert found.setting is None
    assert reason in found.reason

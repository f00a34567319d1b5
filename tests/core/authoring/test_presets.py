"""The presets: valid recipes of the promised size, and what theory says of them; their stories are benchmarked."""

import pytest

from core.authoring.presets import BASE, PRESETS, Preset
from core.authoring.recipe_notices import recipe_notices
from core.recipe.recipe import Recipe
from core.theory.assessment import assess
from tests.benchmarks.lab_presets import STORIES

BY_NAME = {preset.name: preset for preset in PRESETS}


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_a_preset_is_a_recipe_of_two_arms_and_two_thousand_items_at_most(preset: Preset):
    recipe = preset.recipe(seed=7)
    assert recipe == Recipe.from_dict(recipe.to_dict())
    assert (recipe.name, recipe.seed, recipe.data.synthetic.seed) == (f"lab-{preset.name}", 7, 7)
    assert len(recipe.arms) == 2
    assert recipe.data.synthetic.items <= 2000
    assert recipe.data.synthetic.modes == BASE["synthetic"]["modes"]
    assert preset.title
    assert preset.story


def test_every_preset_has_a_measured_story():
    assert STORIES.keys() == BY_NAME.keys()


@pytest.mark.parametrize(
    ("name", "tendencies"),
    [
        ("clean", ["indifferent", "indifferent"]),
        ("noise", ["collapse", "spread"]),
        ("pictures", ["collapse", "spread"]),
        ("two-samples", ["collapse", "collapse"]),
        ("fixed-beta", ["collapse", "spread"]),
        ("hardest", ["total collapse", "spread"]),
    ],
)
def test_theory_foretells_the_story(name: str, tendencies: list[str]):
    recipe = BY_NAME[name].recipe()
    assert [assess(recipe, arm).tendency for arm in recipe.arms] == tendencies


def test_the_preset_of_two_samples_is_warned_of():
    assert recipe_notices(BY_NAME["two-samples"].recipe())[0].code == "single-candidate"

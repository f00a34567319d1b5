"""What is said of a recipe before it runs."""

from typing import Any

import pytest

from core.authoring.recipe_notices import recipe_notices
from core.common.notices import Notice
from core.recipe.reading import recipe_names
from core.recipe.recipe import Recipe
from core.theory.advice import samples_per_class_needed


def notices(*overrides: str) -> dict[str, Notice]:
    """By code, of digits in five modes a class with a label in ten wrong."""
    return {notice.code: notice for notice in recipe_notices(Recipe.load("digits-parity", overrides))}


@pytest.mark.parametrize("name", recipe_names())
def test_shipped_recipes_have_no_warnings(name: str):
    assert {notice.severity for notice in recipe_notices(Recipe.load(name))} <= {"info"}


def test_a_single_candidate_warns_unless_a_memory_brings_more():
    assert notices("train.samples_per_class=2")["single-candidate"].key == "train.samples_per_class"
    assert "single-candidate" not in notices("train.samples_per_class=3")
    assert "single-candidate" not in notices("train.samples_per_class=2", "train.memory=4")
    assert not notices("train.samples_per_class=2", "arms.nearest.positives=random")


def test_samples_are_compared_with_the_number_that_theory_asks_for():
    needed = samples_per_class_needed(Recipe.load("digits-parity").train, noise=0.1, modes=5)
    assert needed is not None
    few, enough = (notices(f"train.samples_per_class={n}") for n in (needed - 1, needed))
    assert (few["samples-too-few"].severity, enough["samples-enough"].severity) == ("warning", "info")
    assert f"at least {needed} samples per class" in few["samples-too-few"].message
    assert f"{needed - 1} is too few" in few["samples-too-few"].message


def test_unknown_modes_get_a_number_each():
    assert "6, 8 or 10 samples per class" in notices("data.label=digit")["samples-by-modes"].message
    assert notices("data.label=digit", "train.samples_per_class=3")["samples-too-few"].severity == "warning"


def test_where_no_label_was_made_wrong_few_samples_are_no_warning():
    assert notices("data.label_noise=0", "train.samples_per_class=4")["samples-too-few"].severity == "info"


@pytest.mark.parametrize("override", ["data.label_noise=0", "data.label_noise=0.6", "data.synthetic.modes=1"])
def test_nothing_is_said_where_theory_asks_for_no_number(override: str):
    assert not recipe_notices(Recipe.load("synthetic-vectors", (override,)))


@pytest.mark.parametrize(
    ("model", "image_size", "code"),
    [
        ({"name": "resnet18"}, 0, "stem-of-larger-pictures"),
        ({"name": "resnet50"}, 32, "stem-of-larger-pictures"),
        ({"name": "resnet18", "weights": "a"}, 0, "weights-of-larger-pictures"),
        ({"name": "huggingface", "weights": "a"}, 28, "weights-of-larger-pictures"),
        ({"name": "resnet18", "stem": "small"}, 32, None),
        ({"name": "resnet18"}, 128, None),
        ({"name": "huggingface", "weights": "a"}, 224, None),
        ({"weights": "a"}, 28, None),
    ],
)
def test_pictures_too_small_for_a_network_warn(model: dict[str, Any], image_size: int, code: str | None):
    data = {"source": "digits", "image_size": image_size}
    recipe = Recipe.from_dict({"name": "a", "data": data, "model": model, "arms": {"a": {"positives": "random"}}})
    assert [notice.code for notice in recipe_notices(recipe)] == ([code] if code else [])

"""What is worth knowing of a recipe before it runs: choices that are allowed but defeat their purpose, and how
train.samples_per_class compares with what nearest positives need."""

from collections.abc import Sequence

from core.common.notices import Notice
from core.recipe.data import SOURCE_SIDE
from core.recipe.recipe import Recipe
from core.theory.advice import assumed_noise, samples_met, samples_per_class_needed

POSSIBLE_MODES = 2, 5, 10
"""Modes of a class for which figures are given where the recipe does not say how many there are."""
SAMPLES = "train.samples_per_class"


def recipe_notices(recipe: Recipe) -> list[Notice]:
    """All of them, warnings first."""
    found = [_single_candidate(recipe), _samples(recipe), _picture_size(recipe)]
    return sorted((notice for notice in found if notice is not None), key=lambda notice: notice.severity == "info")


def _single_candidate(recipe: Recipe) -> Notice | None:
    nearest = _nearest_arms(recipe)
    if not nearest or samples_met(recipe.train) > 2:
        return None
    message = (
        f"arms.{nearest[0]}: with 2 samples per class every anchor has a single candidate, so nearest positives equal "
        "random positives; use more"
    )
    return Notice("single-candidate", "warning", message, SAMPLES)


def _samples(recipe: Recipe) -> Notice | None:
    """Whether anchors have enough to choose their nearest positives from; None where theory asks for no number."""
    data, train = recipe.data, recipe.train
    modes = POSSIBLE_MODES if data.modes is None else (data.modes,)
    if not _nearest_arms(recipe) or modes == (1,):  # which has no modes to lose
        return None
    noise, now = assumed_noise(data), train.samples_per_class
    needed = [fewest for k in modes if (fewest := samples_per_class_needed(train, noise=noise, modes=k)) is not None]
    if len(needed) < len(modes):
        return None
    code, verdict = "samples-by-modes", f"here are {now}"
    if now < min(needed):
        code, verdict = "samples-too-few", f"{now} is too few"
    elif len(needed) == 1:
        code, verdict = "samples-enough", f"{now} is enough"
    samples = f"{_either(needed)} samples per class" + (" beside the memory" if train.memory else "")
    against = f"{100 * noise:g} % wrong labels" + ("" if data.label_noise else " (few data sets have less)")
    return Notice(
        code,
        "warning" if code == "samples-too-few" and data.label_noise else "info",
        f"Theory asks for at least {samples} for nearest positives against {against} with {_either(modes)} modes a "
        f"class; {verdict}.",
        SAMPLES,
    )


def _picture_size(recipe: Recipe) -> Notice | None:
    model, side = recipe.model, recipe.data.image_size or SOURCE_SIDE
    if side > SOURCE_SIDE:
        return None
    if model.weights and model.name != "convnet":
        message = (
            f"model.weights are mostly made for pictures of some 224 pixels, and here they have {side} at most; set "
            "data.image_size"
        )
        return Notice("weights-of-larger-pictures", "warning", message, "data.image_size")
    if model.name.startswith("resnet") and model.stem == "large":
        message = (
            f"a {model.name} with the large stem loses most of a picture of {side} pixels at most; set "
            'model.stem = "small", or a larger data.image_size'
        )
        return Notice("stem-of-larger-pictures", "warning", message, "model.stem")
    return None


def _nearest_arms(recipe: Recipe) -> list[str]:
    return [name for name, arm in recipe.arms.items() if arm.positives == "nearest"]


def _either(numbers: Sequence[int]) -> str:
    """As "2, 5 or 10"."""
    *most, last = map(str, numbers)
    return f"{', '.join(most)} or {last}" if most else last

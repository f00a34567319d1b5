"""What is advised, for classes in every state."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.analysis.recommendations import next_steps, samples_for_every_class
from core.recipe.train import TrainConfig
from core.storage.layout import NoiseEntry
from core.storage.study import Study
from core.theory.advice import samples_per_class_needed


@pytest.fixture
def study(study_folder: Path, tmp_path: Path) -> Study:
    shutil.copytree(study_folder, tmp_path / "tiny")
    study = Study.load(tmp_path / "tiny")
    return with_noise(study, 0.1, 0.08, 0.12)


def with_noise(study: Study, noise: float, low: float, high: float) -> Study:
    """The same, with this share of wrong labels in every class."""
    study.label_noise = NoiseEntry("pixels", "training", noise, low, high)
    study.diagnostics[["label_noise", "label_noise_low", "label_noise_high"]] = noise, low, high
    return study


HEALTHY = {
    "verdict": "preserved",
    "kappa": 1.0,
    "foreign": 0.0,
    "class_overlap": 0.1,
    "overlapping_class": "odd",
    "near_duplicates": 0.0,
    "fragmentation": 0.0,
    "stability": 0.9,
    "subclusters": 5,
    "second_opinion": 5,
}


def titles(study: Study, arm: str, changes: dict[str, object], *, others: str = "blurred") -> list[str]:
    """Titles of the steps for class "even", its row put right but for the changes."""
    table = study.diagnostics
    table.loc[table["arm"] != arm, "verdict"] = others
    for name, value in (HEALTHY | changes).items():
        table.loc[table["arm"] == arm, name] = value
    return [step.title for step in next_steps(study, arm, "even")]


def test_a_healthy_class_is_left_alone(study: Study) -> None:
    assert titles(study, "nearest", {}) == ["Nothing to repair"]


def test_a_collapsed_class_points_to_the_arm_that_kept_it(study: Study) -> None:
    assert titles(study, "standard", {"verdict": "destroyed"}, others="preserved") == ["Use the arm nearest"]


def test_a_collapsed_nearest_arm_needs_more_samples(study: Study) -> None:
    recipe = study.recipe
    assert recipe is not None
    found = titles(study, "nearest", {"verdict": "destroyed"})
    needed = samples_per_class_needed(recipe.train, noise=recipe.data.label_noise, modes=5)
    now = recipe.train.samples_per_class
    enough = now >= needed
    raised = f"Raise train.samples_per_class from {now} to {needed} or more"
    assert found == (["Compare with the reference and with other losses"] if enough else [raised])


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({"verdict": "too small"}, "Hold out at least 20 items of this class"),
        ({"verdict": "compressed", "kappa": 0.05}, "Search inside the class, or train with a lower margin"),
        ({"near_duplicates": 0.5}, "Keep near duplicates out of a batch"),
        ({"fragmentation": 0.5}, "Check whether the class is wanted as one"),
        ({"class_overlap": 0.95}, "Check whether it and odd are two classes"),
        ({"second_opinion": 2}, "Read the count of 5 as a hint"),
        ({"stability": 0.2}, "Read the count of 5 as a hint"),
    ],
)
def test_every_rule_speaks_alone(study: Study, changes: dict[str, object], title: str) -> None:
    assert titles(study, "nearest", changes) == [title]


def test_groups_in_length_alone_are_no_fault_of_the_arm(study: Study) -> None:
    found = titles(study, "nearest", {"length_groups": True, "subclusters": 1, "modes_apart": 1})
    assert found == ["Ask what the length of a vector means"]


def test_an_arm_without_a_scale_is_pointed_to_without_figures(study: Study) -> None:
    table = study.diagnostics
    titles(study, "standard", {"verdict": "partial"}, others="preserved")
    table.loc[table["arm"] == "nearest", "kappa"] = float("nan")
    step = next_steps(study, "standard", "even")[0]
    assert (step.title, step.reason) == ("Use the arm nearest", "There the class is preserved.")


def test_wrong_labels_are_counted(study: Study) -> None:
    n = study.diagnostics.query("arm == 'nearest' and label == 'even'")["n"].iloc[0]
    assert titles(study, "nearest", {"foreign": 0.1}) == [f"Look at {0.1 * n:.0f} items that may carry a wrong label"]


def without_flips(study: Study) -> Study:
    """As if nobody had changed its labels."""
    recipe = study.recipe
    assert recipe is not None
    study.recipe = replace(recipe, data=replace(recipe.data, label_noise=0.0))
    return study


def test_samples_are_those_for_the_noise_that_was_found(study: Study) -> None:
    """A study that nobody spoiled, with 2 samples of a class: what it needs depends on the labels it has."""
    recipe = without_flips(study).recipe
    assert recipe is not None
    study.recipe = replace(recipe, train=replace(recipe.train, samples_per_class=2))
    for noise in (0.05, 0.3):
        with_noise(study, noise, noise - 0.01, noise + 0.01)
        needed = samples_per_class_needed(study.recipe.train, noise=noise, modes=5)
        raised, check = titles(study, "nearest", {"verdict": "destroyed"})
        assert raised == f"Raise train.samples_per_class from 2 to {needed} or more"
        assert check == "Have labels checked"


def test_labels_that_nobody_spoiled_are_to_be_checked(study: Study) -> None:
    assert titles(study, "nearest", {}) == ["Nothing to repair"]  # which were spoiled on purpose
    without_flips(study)
    assert titles(study, "nearest", {}) == ["Have labels checked"]
    assert titles(with_noise(study, 0.02, 0.01, 0.03), "nearest", {}) == ["Nothing to repair"]


def test_embeddings_made_elsewhere_are_told_how_to_train(study: Study) -> None:
    study.recipe = None
    needed = samples_per_class_needed(TrainConfig(), noise=0.1, modes=5)
    assert titles(study, "nearest", {"verdict": "destroyed"}) == [
        f"Train with nearest positives and {needed} or more samples of each class in a batch",
        "Have labels checked",
    ]
    assert titles(study, "nearest", {}) == ["Have labels checked"]


def test_what_all_classes_need_is_what_the_one_with_most_modes_needs(study: Study) -> None:
    study.diagnostics["expected_modes"] = np.where(study.diagnostics["label"] == "even", 5, 3)
    found = samples_for_every_class(study)
    assert found is not None
    assert found.modes == 5
    study.diagnostics["expected_modes"] = 1
    assert samples_for_every_class(study) is None

"""What is advised, for classes in every state."""

import shutil
from pathlib import Path

import pytest

from core.analysis.recommendations import next_steps
from core.storage.study import Study
from core.theory.advice import samples_per_class_needed


@pytest.fixture
def study(study_folder: Path, tmp_path: Path) -> Study:
    shutil.copytree(study_folder, tmp_path / "tiny")
    return Study.load(tmp_path / "tiny")


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

"""What a study says of its labels, in words and as advice."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.analysis.label_noise import noise_in_theory, noise_to_expect, phase_point, samples_needed, wrong_labels
from core.recipe.train import TrainConfig
from core.storage.layout import NoiseEntry
from core.storage.study import Study
from core.theory.advice import UNKNOWN_NOISE, samples_per_class_needed

RELEASE = Path(__file__).parents[1] / "storage" / "release_1"
OVERALL = NoiseEntry("pixels", "training", 0.12, 0.11, 0.13)


@pytest.fixture
def study(study_folder: Path, tmp_path: Path) -> Study:
    """Whose recipe has a tenth of the training labels changed."""
    shutil.copytree(study_folder, tmp_path / "tiny")
    study = Study.load(tmp_path / "tiny")
    study.label_noise = OVERALL
    return of_class(study, 0.2, 0.15, 0.25)


def of_class(study: Study, noise: float, low: float, high: float) -> Study:
    """The same, with this said of every class."""
    study.diagnostics[["label_noise", "label_noise_low", "label_noise_high"]] = noise, low, high
    return study


def imported(study: Study, *, clean: bool = False) -> Study:
    """As if embeddings of its own had been imported."""
    study.recipe = None
    if clean:
        study.label_noise = None
    return study


@pytest.mark.parametrize(
    ("noise", "sentence"),
    [
        ((0.2, 0.15, 0.25), "20 % of this class's training labels are wrong (15 to 25 %), estimated in pixels."),
        ((np.nan, 0, 0.061), "At most 6.1 % of this class's training labels are wrong, estimated in pixels."),
        ((np.nan, 0, 0.6), "How many of this class's training labels are wrong cannot be told in pixels."),
        ((np.nan,) * 3, "12 % of all training labels are wrong (11 to 13 %), estimated in pixels."),
    ],
)
def test_a_class_in_words(study: Study, noise: tuple[float, ...], sentence: str):
    found = wrong_labels(of_class(study, *noise), "even")
    assert found is not None
    assert found.sentence == sentence


def test_an_arm_that_may_have_learned_the_labels_gives_a_lower_bound(study: Study):
    study.label_noise = NoiseEntry("nearest", "all", 0.02, 0.01, 0.03)
    found = wrong_labels(study)
    assert found is not None
    assert found.sentence == (
        "2 % of all labels are wrong (1 to 3 %), estimated in nearest; if that was trained on these labels, there are "
        "more."
    )
    study.label_noise = NoiseEntry("pixels", "all", 0.02, 0.01, 0.03)
    found = wrong_labels(study)
    assert found is not None
    assert not found.hidden


@pytest.mark.parametrize("name", ["tiny", "imported"])
def test_studies_from_before_say_nothing(name: str):
    study = Study.load(RELEASE / name)
    assert study.label_noise is None
    assert wrong_labels(study, study.diagnostics["label"].iloc[0]) is None
    assert (phase_point(study) is None) == (name == "imported")


@pytest.mark.parametrize(
    ("noise", "expected"),
    [
        ((0.2, 0.15, 0.25), 0.2),  # more than was put in
        ((0.11, 0.09, 0.13), 0.1),  # which holds what was put in
        ((0.05, 0.03, 0.07), 0.1),
        ((np.nan, 0, 0.4), 0.12),  # the class is not known, but all are
    ],
)
def test_advice_counts_on_what_is_known_unless_there_is_more(study: Study, noise: tuple[float, ...], expected: float):
    assert noise_to_expect(of_class(study, *noise), "even") == expected


def test_samples_are_those_of_the_theory(study: Study):
    assert study.recipe is not None
    found = samples_needed(study, "even", modes=5)
    assert found is not None
    assert found.needed == samples_per_class_needed(study.recipe.train, noise=0.2, modes=5)
    assert found.now == study.recipe.train.samples_per_class
    assert found.wrong == "20 % wrong labels (estimated)"
    assert found.sentence == (
        f"To keep 5 modes apart, nearest positives need {found.needed} samples of a class in a batch; here are "
        f"{found.now}."
    )


def test_embeddings_made_elsewhere_get_a_number_too(study: Study):
    found = samples_needed(imported(study), "even", modes=5)
    assert found is not None
    assert found.needed == samples_per_class_needed(TrainConfig(), noise=0.2, modes=5)
    assert found.now is None
    assert "here are" not in found.sentence
    unknown = samples_needed(imported(study, clean=True), "even", modes=5)
    assert unknown is not None
    assert unknown.needed == samples_per_class_needed(TrainConfig(), noise=UNKNOWN_NOISE, modes=5)
    assert unknown.wrong == "1 % wrong labels"


def test_theory_takes_what_was_put_in_unless_the_labels_show_more(study: Study):
    assert noise_in_theory(study) == 0.12
    study.label_noise = replace(OVERALL, low=0.09)
    assert noise_in_theory(study) == 0.1
    assert noise_in_theory(imported(study, clean=True)) == 0


def test_where_a_study_stands(study: Study):
    assert study.recipe is not None
    now = study.recipe.train.samples_per_class
    found = phase_point(study)
    assert found is not None
    assert (found.noise, found.low, found.high, found.samples) == (0.12, 0.11, 0.13, now)
    study.label_noise = NoiseEntry("pixels", "training", None, 0, 0.3)
    found = phase_point(study)
    assert found is not None
    assert (found.noise, found.low, found.high) == (0.1, 0.1, 0.1)  # which was put in
    found = phase_point(imported(study))
    assert found is not None
    assert (found.noise, found.high, found.samples) == (None, 0.3, None)
    assert phase_point(imported(study, clean=True)) is None

"""The arms of the prevention study, from training to embeddings, and gone on with after an interruption."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.pipeline import run
from core.recipe.recipe import Recipe
from tests.core.pipeline.test_run import Interruption, embeddings

ARMS = Recipe.load("prevention").to_dict()["arms"]


@pytest.fixture
def recipe(small: Callable[..., Recipe]) -> Recipe:
    return small(arms=ARMS, augment={"crop": 0.5}, train={"epochs": 2, "margin": 0.2})


def test_every_arm_learns_something_of_its_own_and_resumes_to_the_bit(recipe: Recipe, tmp_path: Path):
    whole = run.run(recipe, tmp_path / "whole")
    assert whole.arms == [*ARMS]
    for name in ARMS:
        arm = whole.arm(name)
        assert np.isfinite(arm.embeddings).all()
        assert np.isfinite(arm.history["loss"]).all()
        assert arm.positives == ARMS[name].get("positives")
    spaces = embeddings(tmp_path / "whole")
    assert len(set(spaces.values())) == len(ARMS) + 1  # and the pixels
    with pytest.raises(KeyboardInterrupt):
        run.run(recipe, tmp_path / "other", progress=Interruption(arm="supcon-simclr", epoch=1))
    run.run(recipe, tmp_path / "other", resume=True)
    assert embeddings(tmp_path / "other") == spaces

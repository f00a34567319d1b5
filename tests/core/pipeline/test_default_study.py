"""The study that a new user is shown first, in full: its two arms differ in what the product is about."""

from pathlib import Path

import pytest

from core.pipeline.run import run
from core.recipe.recipe import Recipe


@pytest.mark.timeout(600)
def test_nearest_positives_keep_the_digits_apart_that_random_ones_merge(tmp_path: Path) -> None:
    study = run(Recipe.load("mnist-parity"), tmp_path / "study")
    standard, nearest = (study.arm(arm).metrics["sub_map@r"] for arm in ("standard", "nearest"))
    assert nearest > standard + 0.08

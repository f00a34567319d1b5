"""Made-up data through the whole of a study: trained, drawn, searched like any other."""

from pathlib import Path

import numpy as np
import pytest

from core.pipeline.run import run
from core.recipe.recipe import Recipe

OVERRIDES = ("data.synthetic.items=240", "train.epochs=2", "model.width=4", "model.dim=4")


@pytest.mark.parametrize(("name", "side"), [("synthetic-vectors", 8), ("synthetic-shapes", 32)])
def test_a_shipped_recipe_makes_a_study_that_takes_pictures(name: str, side: int, tmp_path: Path):
    study = run(Recipe.load(name, OVERRIDES), tmp_path / "study")
    assert study.items["sublabel"].nunique() == 8
    assert study.picture(3).size == (side, side)
    rows = np.flatnonzero(study.evaluated)[:2]
    for arm, vectors in study.embed([study.picture(row) for row in rows.tolist()]).items():
        assert np.allclose(vectors, study.arm(arm).embeddings[rows], atol=1e-5)

"""One's own experiment in the lab: a recipe of whatever was chosen, and extremes that are refused or come out sane."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.authoring.presets import PRESETS, arm_names, own_experiment
from core.common.errors import RecipeError
from core.pipeline.run import run
from core.recipe.recipe import Recipe

BY_NAME = {preset.name: preset for preset in PRESETS}
RULES = [("random", {"positives": "random"}), ("nearest", {"positives": "nearest"})]
TINY = {"train.epochs": 1, "train.samples_per_class": 4, "seed": 3}


def own(source: str = "vectors", **values: Any) -> Recipe:
    paths = {key.replace("__", "."): value for key, value in values.items()}
    return own_experiment(BY_NAME["noise"], {"data.source": f"synthetic-{source}", **TINY, **paths}, RULES)


def test_it_is_the_preset_but_for_what_was_chosen():
    recipe = own(data__label_noise=0.3)
    assert (recipe.data.label_noise, recipe.seed, recipe.data.synthetic.seed) == (0.3, 3, 3)
    assert (recipe.train.lr, recipe.train.negatives) == (3e-3, "random")
    assert recipe == Recipe.from_dict(recipe.to_dict())
    assert (
        recipe.title
        == "2,000 vectors, 30 % wrong labels: random positives (triplet) against nearest positives (triplet)"
    )


def test_pictures_get_a_network_for_pictures():
    assert (own("shapes").model.name, own("shapes").data.channels) == ("convnet", 3)
    assert (own().model.name, own().data.channels) == ("mlp", 1)


def test_arms_are_called_by_what_sets_them_apart():
    assert arm_names(["all", "nearest"], ["triplet", "margin"]) == ["all", "nearest"]
    assert arm_names(["random", "random"], ["triplet", "multi-similarity"]) == ["triplet", "multi-similarity"]
    assert arm_names(["random", "random"], ["triplet", "triplet"]) == ["one", "two"]


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"data__synthetic__classes": 1}, "data.synthetic.classes must lie between 2 and 1000: one has no negatives"),
        ({"data__synthetic__items": 15}, "data.synthetic.items must be at least 16: two of every mode"),
        ({"data__synthetic__shared_modes": 4}, "data.synthetic.shared_modes must be below modes"),
        ({"source": "shapes", "data__synthetic__modes": 50}, "make 64 different looks, fewer than the 100"),
        ({"train__negatives": "own"}, "no mining of its own"),
        ({"model__dim": 1}, "model.dim must lie between 2"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(values: dict[str, Any], complaint: str):
    with pytest.raises(RecipeError) as error:
        own(**values)
    assert complaint in str(error.value)
    assert "\n" not in str(error.value)


EXTREMES = {
    "50 modes": {"data__synthetic__modes": 50, "data__synthetic__items": 200},
    "49 % noise in 2-D": {"data__label_noise": 0.49, "model__dim": 2, "data__synthetic__items": 88},
    "3 items a mode": {"data__synthetic__items": 24},
    "one mode": {"data__synthetic__modes": 1, "data__synthetic__items": 88},
}
FIFTY_LOOKS = {"data__synthetic__attributes": ["shape", "colour", "texture"]}


@pytest.mark.parametrize("source", ["vectors", "shapes"])
@pytest.mark.parametrize("extreme", EXTREMES)
def test_extremes_make_a_sane_study(source: str, extreme: str, tmp_path: Path):
    more = FIFTY_LOOKS if (source, extreme) == ("shapes", "50 modes") else {}
    study = run(own(source, **EXTREMES[extreme], **more), tmp_path / "study")
    modes = 2 * EXTREMES[extreme].get("data__synthetic__modes", 4)
    assert study.items["sublabel"].nunique() == modes
    for arm in study.arms:
        points, places = study.arm(arm).embeddings[study.evaluated], study.map(arm)[study.evaluated]
        assert np.isfinite(points).all()
        assert np.isfinite(places).all()
        if "2-D" in extreme:
            assert np.allclose(np.linalg.norm(places, axis=1), np.linalg.norm(points, axis=1), atol=1e-5)
    verdicts = study.diagnostics[study.diagnostics["arm"].isin(study.arms)]["verdict"]
    assert len(verdicts) == 4
    assert (verdicts == "too small").all() == (extreme == "3 items a mode")

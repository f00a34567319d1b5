"""The recipe's keys as a form sees them."""

import pytest

from core.authoring.form_schema import (
    arm_keys,
    assemble,
    losses,
    missing_paths,
    recipe_keys,
    serves,
    usual,
    value_at,
)
from core.common.errors import RecipeError
from core.recipe.reading import recipe_names
from core.recipe.recipe import Recipe
from core.recipe.rules import LossName, NetworkName
from models import registry

ARMS = [("standard", {"positives": "random"}), ("nearest", {"positives": "nearest", "loss": None, "checkpoint": ""})]
KEYS = {key.path: key for key in recipe_keys()}


def values(name: str = "digits-parity", **changes) -> dict:
    """A shipped recipe's values by path, all keys of them."""
    recipe = Recipe.load(name).to_dict()
    given = {path: value_at(recipe, path) for path in KEYS}
    return given | {path.replace("__", "."): value for path, value in changes.items()}


def test_every_key_is_there_with_its_kind_help_and_choices():
    assert set(NetworkName.__args__) == set(registry.names())
    assert (KEYS["train.epochs"].kind, KEYS["train.epochs"].default) == ("integer", 20)
    assert KEYS["train.epochs"].help == "Passes over the training items."
    assert KEYS["train.loss"].choices == LossName.__args__
    assert (KEYS["data.source"].default, KEYS["data.source"].optional) == (None, False)
    assert (KEYS["train.margin"].kind, KEYS["train.margin"].optional) == ("number", True)
    assert (KEYS["train.negatives"].kind, KEYS["train.negatives"].optional) == ("choice", True)
    assert KEYS["augment.flip"].kind == "flag"
    assert str(KEYS["train.epochs"].bounds) == "1 to 10000"
    assert str(KEYS["train.margin"].bounds) == "above 0 and at most 2"
    assert (KEYS["data.channels"].bounds, KEYS["data.path"].bounds) == (None, None)
    assert KEYS["train.epochs"].explanation == "`train.epochs` Passes over the training items. Range: 1 to 10000."
    assert KEYS["augment.flip"].explanation.endswith("left to right.")
    assert {key.path for key in KEYS.values() if key.required} == {"name", "data.source"}
    assert KEYS["data.channels"].choices == (1, 3)
    assert [key.path for key in arm_keys()] == ["positives", "loss", "checkpoint"]
    assert all(key.help for key in [*KEYS.values(), *arm_keys()])


@pytest.mark.parametrize("name", recipe_names())
def test_a_shipped_recipe_comes_back_from_its_values(name):
    arms = [(arm, table) for arm, table in Recipe.load(name).to_dict()["arms"].items()]
    assert assemble(values(name), arms) == Recipe.load(name)


def test_errors_are_one_sentence():
    with pytest.raises(RecipeError, match='two arms are called "a"'):
        assemble(values(), [("a", {"positives": "all"})] * 2)
    with pytest.raises(RecipeError, match=r"train\.epochs must lie between"):
        assemble(values(train__epochs=0), ARMS)
    with pytest.raises(RecipeError, match=r"missing key data\.source"):
        assemble(values(data__source=None), ARMS)


def test_lists_and_tables_come_back_from_their_text():
    chosen = {"a b": ["red star", "blue"], 'c"': ["ring"]}
    changed = Recipe.load("synthetic-shapes").to_dict()
    changed["data"] |= {"noise_between": [["a b", 'c"']], "synthetic": {"chosen": chosen, "attributes": ["shape"]}}
    given = {path: value_at(changed, path) for path in KEYS}
    assert given["data.noise_between"] == '[["a b", "c\\""]]'
    assert assemble(given, ARMS).data == Recipe.from_dict(changed).data
    assert assemble(given | {"data.synthetic.chosen": " "}, ARMS).data.synthetic.chosen is None
    with pytest.raises(RecipeError, match=r"data\.synthetic\.chosen: write it as in TOML, and not '\{a'"):
        assemble(given | {"data.synthetic.chosen": "{a"}, ARMS)


def test_synthetic_options_are_left_out_of_other_sources():
    assert assemble(values("digits-parity", data__synthetic__modes=3), ARMS).data.synthetic is None
    made = assemble(values("synthetic-vectors", data__synthetic__modes=3), ARMS)
    assert made.data.synthetic.modes == 3


def test_options_that_serve_no_arm_are_left_out():
    recipe = assemble(values(train__loss="nt-xent", train__margin=0.4, train__negatives=None), ARMS)
    assert recipe.train.margin is None
    used = losses({"train.loss": "nt-xent"}, [{"loss": "margin"}, {"loss": "arcface", "checkpoint": "there"}])
    assert used == {"margin"}
    assert serves("train.margin", used)
    assert not serves("train.temperature", used)
    assert serves("data.path", {"nt-xent"})


def test_what_silence_means_goes_by_the_loss():
    assert usual("train.temperature", values(train__loss="nt-xent")) == "0.07"
    assert "Default: 0.07 for nt-xent" in KEYS["train.temperature"].help
    assert usual("train.spread", values(train__loss="l-spread")) == "0.5"
    assert usual("train.spread", values()) == usual("train.temperature", values()) == "the loss's own"
    assert usual("train.learn_beta", values()) == "one"
    assert usual("train.margin", values()) == "0.2"
    assert usual("train.margin", values(train__loss="contrastive")) == "1"
    assert usual("train.negatives", values(train__loss="margin")) == "distance-weighted"
    assert all(usual(key.path, values()) != "default" for key in [*KEYS.values(), *arm_keys()] if key.optional)


def test_paths_that_lead_nowhere_are_named(tmp_path):
    here = values(data__source="folder", data__path=str(tmp_path))
    assert missing_paths(assemble(here, ARMS)) == []
    gone = assemble(here | {"data.path": str(tmp_path / "no")}, [*ARMS, ("old", {"checkpoint": "no/such/arm"})])
    assert [(problem.code, problem.key) for problem in missing_paths(gone)] == [
        ("path-missing", "data.path"),
        ("path-missing", "arms.old.checkpoint"),
    ]
    lost = assemble(values(model__name="resnet18", model__weights="no/such.safetensors"), ARMS)
    assert [problem.key for problem in missing_paths(lost)] == ["model.weights"]
    assert missing_paths(assemble(values(model__name="huggingface", model__weights="owner/name"), ARMS)) == []
    assert missing_paths(assemble(here | {"data.path": "x" * 5000}, ARMS))

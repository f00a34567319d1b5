"""Recipes: what is refused and why, overrides, and TOML that reads back to the same."""

import math
import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.common.errors import RecipeError
from core.recipe.arms import ArmConfig
from core.recipe.data import DataConfig
from core.recipe.model import ModelConfig
from core.recipe.reading import checked, recipe_names
from core.recipe.recipe import Recipe
from core.recipe.rules import (
    BATCH_LOSSES,
    DEFAULT_NEGATIVES,
    DEFAULT_SPREADS,
    DEFAULT_TEMPERATURES,
    OPTIONS,
    PROXY_LOSSES,
    RULELESS_LOSSES,
    TWO_VIEW_LOSSES,
    LossName,
)
from core.recipe.train import TrainConfig

VALUES = {"name": "a", "data": {"source": "digits"}, "arms": {"nearest": {"positives": "nearest"}}}


def recipe(**changes) -> Recipe:
    return Recipe.from_dict(VALUES | changes)


@pytest.mark.parametrize("name", recipe_names())
def test_shipped_recipes_load_without_a_warning_and_have_both_arms(name: str):
    shipped = Recipe.load(name)
    assert shipped.name == name
    assert {"standard", "nearest"} <= set(shipped.arms)


@pytest.mark.parametrize(
    ("overrides", "complaint"),
    [
        (["train.epoch=5"], "unknown key train.epoch"),
        (["nonsense=5"], "unknown key nonsense"),
        (["arms.nearest.rule=all"], "unknown key arms.nearest.rule"),
        (["train.epochs=0"], "train.epochs must lie between 1 and 10000"),
        (["train.epochs=many"], "train.epochs: input should be a valid integer"),
        (["train.lr=nan"], "train.lr must be above 0"),
        (["train.lr=-1"], "train.lr must be above 0"),
        (["train.weight_decay=inf"], "train.weight_decay must lie between"),
        (["train.margin=0"], "train.margin must be above 0"),
        (["train.beta=3"], "train.beta must be above 0"),
        (["train.memory=63"], "train.memory must be 0 or hold at least one batch (64 items)"),
        (["train.memory=-1"], "train.memory must be 0 or"),
        (
            ["train.memory=640", "train.memory_warmup=12"],
            "train.memory_warmup must be below train.epochs = 12: else there is no memory",
        ),
        (
            ["train.loss=margin", "train.beta=1.9"],
            "train.beta + train.margin is 2.1, but unit vectors lie at most 2 apart",
        ),
        (
            ["train.negatives=all", "arms.standard.positives=all", "train.samples_per_class=500"],
            "arms.standard: all positives with all negatives make some 250 million comparisons a step",
        ),
        (
            ["train.negatives=all", "arms.standard.positives=all", "train.memory=4096"],
            "more than 50; choose another rule, a smaller batch or less train.memory",
        ),
        (["train.precision=float16"], "train.precision: input should be 'auto'"),
        (["train.compile=maybe"], "train.compile: input should be a valid boolean"),
        (["train.snapshots=-1"], "train.snapshots must be at least 0"),
        (["train.loss=circle"], "train.loss: input should be 'triplet'"),
        (["train.temperature=0"], "train.temperature must lie between"),
        (["train.loss_lr=-1", "train.loss=margin"], "train.loss_lr must be above 0"),
        (["train.learn_beta=all", "train.loss=margin"], "train.learn_beta: input should be 'no'"),
        (["train.learn_beta=one"], "train.learn_beta is an option of margin, and no arm is trained with that"),
        (
            ["train.temperature=0.1"],
            "train.temperature is an option of l-spread or nt-xent or soft-nearest-neighbour or",
        ),
        (["train.spread=0.1"], "train.spread is an option of anti-collapse or anti-collapse-items or l-spread or"),
        (["train.spread=1.1", "train.loss=l-spread"], "train.spread must lie between 0 and 1"),
        (
            ['arms={"a" = {loss = "l-spread"}}'],
            'loss = "l-spread" compares two random views of every picture, and without augmentation they are the same',
        ),
        (
            ["train.loss=nca-triplet", "train.negatives=own", "train.margin=0.1"],
            'loss = "nca-triplet" has no mining of its own',
        ),
        (
            ["train.loss_lr=0.1"],
            "train.loss_lr is an option of anti-collapse or anti-collapse-items or arcface or margin",
        ),
        (["train.loss=nt-xent"], "train.margin is an option of contrastive or margin or triplet"),
        (["train.negatives=own"], 'loss = "triplet" has no mining of its own for train.negatives = "own"'),
        (["train.loss=margin", "train.negatives=own"], "only multi-similarity has; choose semihard"),
        (["train.negatives=easy"], "train.negatives: input should be 'semihard'"),
        (["train.classes_per_batch=1"], "no negatives"),
        (["train.samples_per_class=1"], "no positives"),
        (["train.device=tpu"], "train.device: input should be"),
        (["data.test_fraction=1"], "data.test_fraction must be above 0 and below 1"),
        (["data.label_noise=1"], "data.label_noise must be at least 0 and below 1"),
        (["data.max_items=3"], "data.max_items must be at least 4"),
        (["data.image_size=7"], "data.image_size must be 0 or 8 to 512"),
        (["data.channels=2"], "data.channels: input should be 1 or 3"),
        (["data.source=folder"], 'data.source = "folder" needs data.path'),
        (['data.path="a\\u0000b"'], "data.path must be Unicode text"),
        (["data.path=a\udcff"], "data.path must be Unicode text"),
        (["data.label=a\udcff"], "data.label must be Unicode text"),
        (["title=a\udcff"], "title must be Unicode text"),
        (["model.dim=1"], "model.dim must lie between 2 and 4096"),
        (["model.dim=1000000000"], "model.dim must lie between 2 and 4096"),
        (["model.width=2"], "model.width must lie between 4 and 512"),
        (["model.name=huggingface"], 'model.name = "huggingface" needs model.weights'),
        (["model.freeze=true"], "model.freeze needs model.weights"),
        (["model.freeze_bn=true"], "model.freeze_bn needs model.weights"),
        (["model.backbone_lr=0"], "model.backbone_lr must be above 0"),
        (["model.freeze=true", "model.weights=a", "model.backbone_lr=1e-4"], "contradict each other"),
        (["augment.crop=0"], "augment.crop must lie between 0.01 and 1"),
        (["augment.crop=nan"], "augment.crop must lie between 0.01 and 1"),
        (["augment.flip=7"], "augment.flip: input should be"),
        (["augment.rotate=5"], "unknown key augment.rotate"),
        (["model.stem=medium"], "model.stem: input should be 'large' or 'small'"),
        (["model.weights=a\udcff"], "model.weights must be Unicode text"),
        (["name=../up"], "name must be letters"),
        (["name="], "name must be letters"),
        (["seed=-1"], "seed must lie between"),
        (["arms.nearest.positives=closest"], "arms.nearest.positives: input should be 'all'"),
        (["arms.Upper.positives=all"], 'arm name "Upper" must be'),
        (["arms.pixels.positives=all"], 'cannot be called "pixels"'),
        (["arms={}"], "at least one arm"),
        (["arms=5"], "arms: input should be a valid dictionary"),
        (["data=5"], "data: input should be a dictionary"),
        (["train.epochs.deep=5"], "epochs is not a table"),
        (["train.epochs"], "write it as train.epochs=5"),
        (["=5"], "write it as train.epochs=5"),
        (["train.lr=0", "model.dim=0"], "train.lr must"),
        (["train.lr=0", "model.dim=0"], "model.dim must"),
    ],
)
def test_what_is_wrong_is_named_in_one_sentence(overrides: list[str], complaint: str):
    with pytest.raises(RecipeError) as caught:
        Recipe.load("digits-parity", tuple(overrides))
    message = str(caught.value)
    assert complaint in message
    assert "\n" not in message
    assert "pydantic" not in message


def test_a_missing_part_is_named():
    with pytest.raises(RecipeError, match="missing key name; missing key data"):
        Recipe.from_dict({"arms": VALUES["arms"]})


@pytest.mark.parametrize("loss", sorted(PROXY_LOSSES))
@pytest.mark.parametrize("positives", ["all", "random", "hardest", "nearest"])
def test_a_positive_rule_with_a_proxy_loss_is_refused_with_the_reason(positives: str, loss: str):
    with pytest.raises(RecipeError, match="has no in-batch positive; remove positives"):
        recipe(train={"loss": loss}, arms={"a": {"positives": positives}})
    with pytest.raises(RecipeError, match="has no in-batch positive; remove positives"):
        recipe(arms={"a": {"positives": positives, "loss": loss}})


@pytest.mark.parametrize("loss", sorted(BATCH_LOSSES))
@pytest.mark.parametrize("positives", ["all", "nearest"])
def test_a_positive_rule_with_a_loss_of_all_pairs_is_refused_with_the_reason(positives: str, loss: str):
    arms, augment = {"a": {"positives": positives, "loss": loss}}, {"crop": 0.5}
    with pytest.raises(RecipeError, match="takes all pairs of a batch and has no positive to choose; remove positives"):
        recipe(arms=arms, augment=augment)
    assert recipe(arms={"a": {"loss": loss}}, augment=augment).loss_of("a") == loss


@pytest.mark.parametrize("loss", sorted(TWO_VIEW_LOSSES))
def test_two_views_need_changes_of_either_kind(loss: str):
    arms = {"a": {"loss": loss}}
    for augment in ({"crop": 0.9}, {"flip": True}):
        assert recipe(arms=arms, augment=augment).augment.active
    with pytest.raises(RecipeError) as caught:
        recipe(arms=arms)
    assert [problem.key for problem in caught.value.problems] == ["augment.crop"]


def test_options_with_a_number_for_each_loss_have_one_for_all_of_them():
    assert set(DEFAULT_TEMPERATURES) == OPTIONS["temperature"]
    assert set(DEFAULT_SPREADS) == OPTIONS["spread"]


def test_the_prevention_study_has_every_loss_that_was_made_against_collapse():
    shipped = Recipe.load("prevention")
    trained = {shipped.loss_of(arm) for arm in shipped.trained}
    assert trained >= BATCH_LOSSES | {"supcon", "nca-triplet", "anti-collapse", "anti-collapse-items"}
    for loss in ("triplet", "margin", "multi-similarity"):
        rules = {arm.positives for name, arm in shipped.arms.items() if shipped.loss_of(name) == loss}
        assert "nearest" in rules
        assert len(rules) == 2


def test_an_option_of_one_arm_s_loss_is_enough():
    arms = {"baseline": {"loss": "arcface"}, "nearest": {"positives": "nearest"}}
    assert recipe(train={"loss_lr": 0.1, "margin": 0.3}, arms=arms).train.loss_lr == 0.1


def test_a_memory_without_a_loss_that_compares_items_is_refused():
    with pytest.raises(RecipeError, match=r"train\.memory is an option of contrastive or .*, and no arm is trained"):
        recipe(train={"memory": 640}, arms={"a": {"loss": "arcface"}})


def test_every_loss_that_compares_items_has_usual_negatives_that_it_can_take():
    assert set(DEFAULT_NEGATIVES) == set(get_args(LossName)) - RULELESS_LOSSES
    for loss, negatives in DEFAULT_NEGATIVES.items():
        silent = recipe(train={"loss": loss})
        assert silent.train.negatives is None
        assert recipe(train={"loss": loss, "negatives": negatives}).train.loss == loss


def test_own_mining_goes_with_the_loss_that_has_it_and_beside_proxies():
    arms = {"baseline": {"loss": "arcface"}, "nearest": {"positives": "nearest"}}
    assert recipe(train={"loss": "multi-similarity", "negatives": "own"}, arms=arms).train.negatives == "own"


def test_a_proxy_baseline_beside_a_sampled_arm():
    mixed = recipe(arms={"baseline": {"loss": "proxy-anchor"}, "nearest": {"positives": "nearest"}})
    assert (mixed.loss_of("baseline"), mixed.loss_of("nearest")) == ("proxy-anchor", "triplet")


def test_a_loss_that_compares_items_needs_a_positive_rule():
    with pytest.raises(RecipeError, match='loss = "triplet" needs a positives rule'):
        recipe(arms={"a": {}})


def test_all_with_all_is_no_matter_for_losses_that_go_by_the_matrix_of_distances():
    train = {"negatives": "all", "memory": 4096}
    for loss in ("contrastive", "multi-similarity"):
        assert recipe(train=train | {"loss": loss}, arms={"a": {"positives": "all"}}).train.memory == 4096
    assert recipe(train=train | {"loss": "nt-xent"}, arms={"a": {"positives": "nearest"}}).train.memory == 4096
    with pytest.raises(RecipeError, match=r'million comparisons a step in loss = "nt-xent", more than 200'):
        recipe(train=train | {"loss": "nt-xent"}, arms={"a": {"positives": "all"}})


def test_overrides_read_toml_values_and_bare_words():
    changed = Recipe.load(
        "digits-parity",
        ("train.epochs=7", "train.lr=1e-2", "title=plain words", 'name="b"', "arms.extra.positives=all"),
    )
    assert (changed.train.epochs, changed.train.lr, changed.title, changed.name) == (7, 0.01, "plain words", "b")
    assert list(changed.arms) == ["standard", "nearest", "extra"]


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a = ", b"a = " + b"[" * 5000, b"seed = " + b"9" * 5000, b""])
def test_a_file_that_is_no_recipe(content: bytes, tmp_path: Path):
    (tmp_path / "r.toml").write_bytes(content)
    with pytest.raises(RecipeError, match=r"r\.toml|missing key"):
        Recipe.load(tmp_path / "r.toml")


@pytest.mark.parametrize("source", ["no-such-recipe", "absent.toml", ".", "x" * 5000])
def test_a_recipe_that_is_not_there(source: str):
    with pytest.raises(RecipeError, match=r"cannot read the recipe .* one of: .*mnist-parity"):
        Recipe.load(source)


def test_a_huge_value_does_not_make_a_huge_message():
    with pytest.raises(RecipeError) as caught:
        Recipe.load("digits-parity", ("train.epochs=" + "x" * 100_000,))
    assert len(str(caught.value)) < 500


def test_a_configuration_alone_is_checked_too():
    with pytest.raises(RecipeError, match=r"needs data\.path"):
        checked(DataConfig, {"source": "folder", "path": ""})


text = st.text(max_size=30).filter(lambda s: "\0" not in s)
recipes = st.builds(
    Recipe,
    name=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True),
    title=text,
    seed=st.integers(0, 2**32 - 1),
    data=st.builds(
        DataConfig,
        source=st.sampled_from(["folder", "table", "idx"]),
        path=text.filter(bool),
        test_fraction=st.floats(0.01, 0.99),
        label_noise=st.floats(0, 0.99),
        max_items=st.none() | st.integers(4, 10**9),
    ),
    model=st.builds(ModelConfig, dim=st.integers(2, 4096)),
    train=st.builds(TrainConfig, lr=st.floats(1e-12, 10), margin=st.floats(1e-9, 2)),
    arms=st.dictionaries(
        st.from_regex(r"[a-z0-9][a-z0-9_-]{0,39}", fullmatch=True).filter(lambda s: s != "pixels"),
        st.builds(ArmConfig, positives=st.sampled_from(["all", "random", "hardest", "nearest"])),
        min_size=1,
        max_size=4,
    ),
)


@given(recipes)
def test_toml_reads_back_to_the_same_recipe(made: Recipe):
    again = Recipe.from_dict(tomllib.loads(made.to_toml()))
    assert again == made
    assert list(again.arms) == list(made.arms)
    assert again.to_toml() == made.to_toml()


keys = st.sampled_from(
    [f"{part}.{key}" for part, config in asdict(recipe()).items() if isinstance(config, dict) for key in config]
    + ["name", "seed", "title", "data", "arms", "train", "arms.a.positives", "arms.a.loss", "arms.a", "arms..positives"]
)
values = st.one_of(
    text,
    st.integers().map(str),
    st.floats().map(str),
    st.sampled_from(["true", "[]", "{}", "[[]]", '""', "1979-05-27", "nearest", "proxy-anchor", "{a=1}", "1\nseed=2"]),
)


@given(st.lists(st.tuples(keys | text, values).map("=".join), max_size=4))
def test_any_override_gives_a_valid_recipe_or_a_sentence(overrides: list[str]):
    try:
        made = Recipe.load("digits-parity", tuple(overrides))
    except RecipeError:
        return
    assert math.isfinite(made.train.lr)
    assert Recipe.from_dict(tomllib.loads(made.to_toml())) == made


@pytest.mark.parametrize(
    ("override", "key"),
    [
        ("train.epochs=0", "train.epochs"),
        ("data.label_noise=1.5", "data.label_noise"),
        ("arms.nearest.checkpoint=x", "arms.nearest"),
        ("arms.Up.positives=all", "arms.Up"),
        ("train.temperature=0.1", "train.temperature"),
        ("train.depth=3", "train.depth"),
        ("model.name=vgg", "model.name"),
    ],
)
def test_an_error_names_the_keys_it_is_about_as_facts(override: str, key: str):
    with pytest.raises(RecipeError) as caught:
        Recipe.load("digits-parity", (override,))
    assert key in [problem.key for problem in caught.value.problems]
    assert str(caught.value) == "the recipe is wrong: " + "; ".join(p.message for p in caught.value.problems)

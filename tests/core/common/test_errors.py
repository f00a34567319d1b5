"""Sentences about what is wrong stay short, whatever a user's names are."""

import os
from pathlib import Path

import pytest

from core.common.errors import RecipeError, UncollapseError
from core.common.notices import Notice
from core.data import load
from core.recipe.data import DataConfig
from core.recipe.recipe import Recipe

LONGEST = 300


def of(*messages: str) -> RecipeError:
    return RecipeError.of([Notice("x", "error", message) for message in messages])


def test_a_few_problems_are_all_said():
    assert str(of("a is wrong", "b is wrong")) == "the recipe is wrong: a is wrong; b is wrong"


def test_of_many_problems_the_first_are_said_and_the_others_counted():
    error = of(*(f"train.key{i} must lie between 1 and 100" for i in range(40)))
    assert len(str(error)) <= LONGEST
    assert str(error).startswith("the recipe is wrong: train.key0 must lie between 1 and 100; train.key1 ")
    assert str(error).endswith("; and 34 more")
    assert len(error.problems) == 40


@pytest.mark.parametrize(
    "override",
    ["x" * 3000 + "=1", "a.b." * 400 + "c=1", "x" * 3000, "arms." + "x" * 3000 + "=1"],
    ids=["key", "keys", "no value", "arm"],
)
def test_a_long_override_is_shortened(override: str):
    with pytest.raises(RecipeError) as caught:
        Recipe.load("digits-parity", (override,))
    assert len(str(caught.value)) <= LONGEST


@pytest.mark.parametrize("source", ["folder", "table", "idx", "cub200", "cars196"])
def test_a_long_path_is_shortened(source: str, tmp_path: Path):
    for path in ("x/" * 2500 + "y", str(tmp_path / "/".join(["x" * 200] * 6))):
        with pytest.raises(UncollapseError) as caught:
            load(DataConfig(source=source, path=path), seed=0)
        assert len(str(caught.value)) <= LONGEST


def test_a_folder_too_deep_for_a_path_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path / "data")
    for _ in range(18):
        os.mkdir("d" * 250)
        os.chdir("d" * 250)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UncollapseError) as caught:
        load(DataConfig(source="folder", path="data"), seed=0)
    assert len(str(caught.value)) <= LONGEST

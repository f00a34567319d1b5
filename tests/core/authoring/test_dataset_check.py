"""Pictures before any training: what is there, and a recipe that can be run."""

from pathlib import Path

import pytest

from core.authoring.dataset_check import check_recipe_data, data_config, examine, slug
from core.recipe.recipe import Recipe
from tests.core.conftest import small_recipe, write_pictures


def test_usable_pictures_come_with_a_recipe(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "My Shop!", classes=3, each=10)
    look = examine(str(folder))
    assert look.usable
    found = look.understood
    assert (found.items, len(found.classes), found.modes, len(look.problems)) == (30, 3, None, 0)
    assert [label for label, _ in look.examples] == ["class0", "class1", "class2"]
    recipe = look.recipe
    assert recipe is not None
    assert (recipe.name, recipe.data.source, recipe.data.channels) == ("my-shop", "folder", 3)
    assert recipe.train.classes_per_batch == 3
    assert 2 <= recipe.train.samples_per_class <= 7  # of 10 items, 3 are held out
    assert {arm.positives for arm in recipe.arms.values()} == {"random", "nearest"}
    assert Recipe.from_dict(recipe.to_dict()) == recipe


def test_what_was_understood_is_said(tmp_path: Path) -> None:
    for part in ("Training", "Testing"):
        for label in "ab":
            write_pictures(tmp_path / "set" / part / label, classes=2, each=2)
    said = examine(str(tmp_path / "set")).understood.sentences()
    assert said[0] == "understood as 16 items of 2 classes (a, b), 4 modes; 8 train, 8 test"
    assert said[1] == "  Testing/a/class0/0.png -> class a, mode a/class0, test"
    assert len(said) == 4


def test_classes_that_batches_cannot_take_are_found_for_a_recipe(tmp_path: Path) -> None:
    recipe = small_recipe(write_pictures(tmp_path / "two", classes=2), train={"classes_per_batch": 3})
    assert check_recipe_data(recipe).problems["where"].tolist() == ["train.classes_per_batch"]


def test_grey_pictures_stay_grey(tmp_path: Path) -> None:
    recipe = examine(str(write_pictures(tmp_path / "grey", colour=False))).recipe
    assert recipe is not None
    assert recipe.data.channels == 1


def test_every_fault_is_a_row(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "shop", classes=2, each=5)
    (folder / "class0" / "0.png").write_bytes(b"nothing")
    (folder / "class1" / "3.png").write_bytes(b"nothing")
    look = examine(str(folder))
    assert not look.usable
    assert look.problems["where"].tolist() == ["class0/0.png", "class1/3.png"]
    assert set(look.problems["severity"]) == {"error"}


@pytest.mark.parametrize("path", ["/no/such/folder", "\0", "x" * 5000, "/etc/hostname"])
def test_what_is_no_data_is_one_row(path: str) -> None:
    look = examine(path)
    assert not look.usable
    assert len(look.problems) >= 1


def test_tables_and_folders_are_told_apart() -> None:
    assert data_config("a/items.CSV").source == "table"
    assert data_config("a/items.parquet").source == "table"
    assert data_config("a/shop.zip").source == "folder"


def test_slugs_are_names_of_arms() -> None:
    assert slug("My Model (v2)") == "my-model-v2"
    assert slug("...") == "data"
    assert len(slug("x" * 100)) == 40

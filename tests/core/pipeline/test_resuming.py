"""A run is resumed on the data that it began with, and on no others."""

import os
from pathlib import Path

import pandas as pd
import pytest

from core.common.errors import DataError
from core.data import load
from core.pipeline import run
from core.pipeline.resuming import require_same_items
from core.recipe.recipe import Recipe
from core.storage.layout import ITEMS
from core.storage.workspace import unfinished
from tests.core.conftest import small_recipe, write_pictures


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    return small_recipe(write_pictures(tmp_path / "data", classes=2, each=8))


@pytest.fixture
def folder(recipe: Recipe, tmp_path: Path) -> Path:
    """What a run that has just begun leaves."""
    load(recipe.data, seed=0).items.to_parquet(tmp_path / ITEMS, index=False)
    return tmp_path


def more(data: Path) -> None:
    (data / "class0" / "new.png").write_bytes((data / "class0" / "0.png").read_bytes() + b" ")


def fewer(data: Path) -> None:
    (data / "class1" / "3.png").unlink()


def other_pixels(data: Path) -> None:
    """Of the same length and age."""
    file = data / "class0" / "2.png"
    content, age = file.read_bytes(), file.stat().st_mtime_ns
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    os.utime(file, ns=(age, age))


def another_class(data: Path) -> None:
    (data / "class0" / "4.png").rename(data / "class1" / "40.png")


CHANGES = {
    more: "1 item is new (class0/new.png)",
    fewer: "1 item is gone (class1/3.png)",
    other_pixels: "1 item is with other content (class0/2.png)",
    another_class: "1 item is gone (class0/4.png)",
}


def test_the_same_data_go_on(recipe: Recipe, folder: Path):
    require_same_items(folder, load(recipe.data, seed=0).items)
    require_same_items(folder / "none", load(recipe.data, seed=0).items)


@pytest.mark.parametrize(("change", "said"), CHANGES.items(), ids=[change.__name__ for change in CHANGES])
def test_what_changed_is_said(recipe: Recipe, folder: Path, change, said):
    change(Path(recipe.data.path))
    with pytest.raises(DataError) as refused:
        require_same_items(folder, load(recipe.data, seed=0).items)
    assert said in str(refused.value)
    assert "run without --resume" in str(refused.value)
    assert len(str(refused.value)) < 300


def test_labels_and_sides_of_the_split_count(recipe: Recipe, folder: Path):
    items = load(recipe.data, seed=0).items
    for column, value, said in (("label", "class1", "of another class"), ("split", "test", "on another side")):
        changed = items.copy()
        changed.loc[changed[column] != value, column] = value
        with pytest.raises(DataError, match=said):
            require_same_items(folder, changed)
    with pytest.raises(DataError, match="begun by another version"):
        require_same_items(folder, items.drop(columns="digest"))
    with pytest.raises(DataError, match="their order differs"):
        require_same_items(folder, pd.concat([items[1:], items[:1]], ignore_index=True))


def test_a_refused_run_can_still_go_on_once_the_data_are_put_right(recipe: Recipe, tmp_path: Path):
    def stop(**news: object) -> None:
        if news.get("stage") == "analyse":
            raise KeyboardInterrupt

    out, new = tmp_path / "out", Path(recipe.data.path) / "class0" / "new.png"
    with pytest.raises(KeyboardInterrupt):
        run.run(recipe, out, progress=stop)
    more(Path(recipe.data.path))
    with pytest.raises(DataError, match="not what the interrupted run began with"):
        run.run(recipe, out, resume=True)
    assert unfinished(out).is_dir()
    new.unlink()
    epochs: list[object] = []
    run.run(recipe, out, resume=True, progress=lambda **news: epochs.append(news.get("epoch")))
    assert not any(epochs)

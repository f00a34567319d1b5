"""Leaving out what is broken: only that, listed, and refused where it would leave nothing."""

from pathlib import Path

import pandas as pd
import pytest

from core.authoring.dataset_check import examine, stamp_of
from core.common.errors import DataError, RecipeError
from core.data import load
from core.data.collection import notices_of
from core.pipeline.run import run
from core.recipe.data import DataConfig
from core.recipe.recipe import Recipe
from tests.core.conftest import small_recipe, write_pictures


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two classes of ten, of which one picture is no picture and one ends too early."""
    folder = write_pictures(tmp_path / "set", classes=2, each=10)
    (folder / "class0" / "3.png").write_bytes(b"nothing")
    whole = (folder / "class1" / "4.png").read_bytes()
    (folder / "class1" / "4.png").write_bytes(whole[: len(whole) // 2])
    return folder


BROKEN = ["class0/3.png", "class1/4.png"]


def test_only_what_is_broken_is_left_out(folder: Path) -> None:
    with pytest.raises(DataError):
        load(DataConfig(source="folder", path=str(folder)), seed=0)
    data = load(DataConfig(source="folder", path=str(folder), skip_broken=True), seed=0)
    everything = {path.relative_to(folder).as_posix() for path in folder.rglob("*.png")}
    assert set(data.items["path"]) == everything - set(BROKEN)
    assert data.images.paths == data.items["path"].tolist()
    gone = [problem for problem in data.warnings if problem.severity == "left out"]
    assert [problem.where for problem in gone] == BROKEN
    assert all(notice.message.startswith("left out: ") for notice in notices_of(gone))


def test_rows_of_a_table(folder: Path) -> None:
    paths = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.png"))
    frame = pd.DataFrame({"path": [*paths, "gone.png"], "label": [path[:6] for path in paths] + ["class0"]})
    frame.to_csv(folder / "t.csv", index=False)
    look = examine(str(folder / "t.csv"))
    assert look.skippable
    assert not look.usable
    look = examine(str(folder / "t.csv"), skip_broken=True)
    assert look.usable
    assert (look.problems["severity"] == "left out").sum() == 3
    assert look.understood.items == 18
    assert look.recipe is not None
    assert look.recipe.data.skip_broken


def test_what_is_wrong_with_the_classes_cannot_be_skipped(folder: Path) -> None:
    write_pictures(folder / "class2", classes=1, each=1)
    assert not examine(str(folder)).skippable


def test_nothing_left(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "set", classes=2, each=2)
    for path in folder.rglob("*.png"):
        path.write_bytes(b"nothing")
    look = examine(str(folder), skip_broken=True)
    assert not look.usable
    assert "nothing that can be used is left" in set(look.problems["problem"])


def test_a_study_keeps_the_list(folder: Path, tmp_path: Path) -> None:
    recipe = small_recipe(folder)
    values = recipe.to_dict()
    values["data"]["skip_broken"] = True
    study = run(Recipe.from_dict(values), tmp_path / "study")
    assert study.left_out["where"].tolist() == BROKEN
    assert any(warning.message.startswith("left out: ") for warning in study.warnings)
    assert run(small_recipe(write_pictures(tmp_path / "whole")), tmp_path / "other").left_out.empty


def test_made_up_data_have_nothing_to_skip() -> None:
    with pytest.raises(RecipeError, match="skip_broken is for folders and tables"):
        Recipe.load("digits-parity", ("data.skip_broken=true",))


@pytest.mark.parametrize("as_table", [False, True])
def test_the_stamp_changes_with_any_file(folder: Path, *, as_table: bool) -> None:
    path = str(folder)
    if as_table:
        path = str(folder / "t.csv")
        pd.DataFrame({"path": BROKEN, "label": ["a", "b"]}).to_csv(path, index=False)
    before = stamp_of(path)
    assert before == stamp_of(path)
    with (folder / BROKEN[0]).open("r+b") as file:  # in place: its folder's time stays as it was
        file.write(b"n")
    (folder / BROKEN[0]).touch()
    mended = stamp_of(path)
    assert mended != before
    (folder / BROKEN[1]).unlink()
    assert len({before, mended, stamp_of(path)}) == 3
    assert stamp_of(str(folder / "nowhere")) == ""

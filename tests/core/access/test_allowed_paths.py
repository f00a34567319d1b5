"""Paths from a browser stay below the configured folders, however they are written."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import jobs
from core.access.allowed_paths import check_import_spec, check_path, check_recipe, data_roots
from core.access.uploads import save_upload, upload_folder
from core.authoring.dataset_check import examine
from core.authoring.form_schema import missing_paths
from core.common.errors import DataError
from core.recipe.import_spec import ImportSpec
from core.recipe.recipe import Recipe
from core.storage.catalogue import studies_root


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`data` is allowed; `secret` beside it, and `data-too`, whose name begins alike, are not."""
    for name in ("data/shoes", "secret", "data-too"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "secret" / "key.csv").write_text("label\na\n")
    (tmp_path / "data" / "way-out").symlink_to(tmp_path / "secret")
    (tmp_path / "data" / "table.csv").symlink_to(tmp_path / "secret" / "key.csv")
    (tmp_path / "data" / "ring").symlink_to(tmp_path / "data" / "ring")
    monkeypatch.setenv("UNCOLLAPSE_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


HOSTILE: dict[str, Callable[[Path], str]] = {
    "beside": lambda data: str(data.parent / "secret"),
    "same beginning": lambda data: f"{data}-too",
    "up": lambda data: f"{data}/../secret/key.csv",
    "down and up": lambda data: f"{data}/shoes/../../secret",
    "not there, and up": lambda data: f"{data}/nothing/../../secret",
    "link to a folder": lambda data: f"{data}/way-out/key.csv",
    "link to a file": lambda data: f"{data}/table.csv",
    "up from a link": lambda data: f"{data}/way-out/../data-too",
    "above": lambda data: str(data.parent),
    "root": lambda data: "/",
    "process": lambda data: "/proc/self/root/etc/passwd",
    "relative": lambda data: "../../../../../../etc/passwd",
    "bare": lambda data: "etc",
    "home": lambda data: "~/.ssh/id_rsa",
    "address": lambda data: "file:///etc/passwd",
    "backslashes": lambda data: f"{data}\\..\\secret" if os.sep == "\\" else "..\\secret",
    "zero byte": lambda data: f"{data}/shoes\0",
    "endless": lambda data: "/" + "a" * 5000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_leads_outside_is_refused(data: Path, name: str) -> None:
    path = HOSTILE[name](data)
    with pytest.raises(DataError, match="outside of what this server may read") as caught:
        check_path(path)
    assert "\n" not in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("path", ["", "/shoes", "/shoes/../shoes/./1.png", "/not there yet.zip", "/"])
def test_what_is_inside_is_allowed(data: Path, path: str) -> None:
    check_path(f"{data}{path}")


def test_uploads_are_allowed(data: Path) -> None:
    check_path(str(save_upload(upload_folder(studies_root()), "mine.csv", b"label\na\n")))
    with pytest.raises(DataError):
        check_path(str(studies_root() / "somebody's-study" / "items.parquet"))


def test_several_folders_and_none(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNCOLLAPSE_DATA", os.pathsep.join([str(data), "", str(data.parent / "data-too")]))
    check_path(f"{data}-too/1.png")
    check_path(f"{data}/shoes")
    monkeypatch.setenv("UNCOLLAPSE_DATA", "")
    with pytest.raises(DataError, match="upload the files instead"):
        check_path(f"{data}/shoes")
    monkeypatch.delenv("UNCOLLAPSE_DATA")
    assert data_roots() is None
    check_path("/etc/passwd")


@given(parts=st.lists(st.sampled_from(["..", ".", "shoes", "way-out", "secret", "data", "a"])))
def test_allowed_means_resolved_inside(tmp_path_factory: pytest.TempPathFactory, parts: list[str]) -> None:
    base = tmp_path_factory.getbasetemp() / "roots"
    if not base.exists():
        (base / "data" / "shoes").mkdir(parents=True)
        (base / "secret").mkdir()
        (base / "data" / "way-out").symlink_to(base / "secret")
    path = os.path.join(base / "data", *parts)
    inside = f"{os.path.realpath(path)}/".startswith(f"{os.path.realpath(base / 'data')}/")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNCOLLAPSE_DATA", str(base / "data"))
        if inside:
            check_path(path)
        else:
            with pytest.raises(DataError):
                check_path(path)


def recipe(**changes: str) -> Recipe:
    values = Recipe.load("digits-parity").to_dict()
    for key, value in changes.items():
        table, _, name = key.partition("__")
        values[table] |= {name: value} if table != "arms" else {name: {"checkpoint": value}}
    return Recipe.from_dict(values)


@pytest.mark.parametrize(
    "changes",
    [
        {"data__source": "folder", "data__path": "/etc"},
        {"data__source": "table", "data__path": "../../etc/items.csv"},
        {"arms__other": "/etc/model"},
        {"model__weights": "/etc/weights.safetensors"},
        {"model__name": "huggingface", "model__weights": "/etc/dino"},
        {"model__name": "huggingface", "model__weights": "core/recipe/recipes"},  # a folder there, so no name
    ],
)
def test_a_recipe_reads_nothing_outside(data: Path, tmp_path: Path, changes: dict[str, str]) -> None:
    made = recipe(**changes)
    with pytest.raises(DataError, match="outside of what"):
        check_recipe(made)
    assert "outside of what" in missing_paths(made)[0].message
    with pytest.raises(DataError, match="outside of what"):
        jobs.start(made, root=tmp_path / "studies")
    assert not (tmp_path / "studies").exists()


def test_recipes_without_paths_and_names_of_models_pass(data: Path) -> None:
    check_recipe(recipe())
    check_recipe(recipe(model__name="huggingface", model__weights="facebook/dinov2-small@main"))
    check_recipe(recipe(data__source="folder", data__path=str(data / "shoes")))


@pytest.mark.parametrize("where", ["table", "matrix", "reference", "images"])
def test_an_import_reads_nothing_outside(data: Path, tmp_path: Path, where: str) -> None:
    good, bad = str(data / "a.csv"), str(data.parent / "secret" / "key.csv")
    paths = dict.fromkeys(("table", "matrix", "reference", "images"), good) | {where: bad}
    spec = ImportSpec(paths["table"], {"mine": paths["matrix"]}, {"old": paths["reference"]}, paths["images"])
    with pytest.raises(DataError, match="outside of what"):
        check_import_spec(spec)
    with pytest.raises(DataError, match="outside of what"):
        jobs.start_import(spec, root=tmp_path / "studies", name="mine")


def test_looking_at_pictures_outside_is_a_problem_in_the_list(data: Path) -> None:
    look = examine(str(data.parent / "secret"))
    assert not look.usable
    assert "outside of what" in look.problems["problem"].iloc[0]

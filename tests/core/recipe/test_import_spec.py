"""Imports as files, and as jobs."""

import csv
from pathlib import Path

import numpy as np
import pytest

from core import jobs
from core.common.errors import DataError
from core.pipeline.importing import check_import
from core.recipe.import_spec import ImportSpec
from core.storage.study import Study


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A table of 60 items and a matrix with two clear groups in each class."""
    folder = tmp_path / "files"
    folder.mkdir()
    labels, modes = np.arange(60) % 2, np.arange(60) // 2 % 2
    with (folder / "items.csv").open("w", newline="") as file:
        csv.writer(file).writerows(
            [["label", "sublabel"], *([f"c{a}", f"m{b}"] for a, b in zip(labels, modes, strict=True))]
        )
    noise = 0.05 * np.random.default_rng(0).normal(size=(60, 6))
    np.save(folder / "mine.npy", (3 * np.eye(6)[labels] + np.eye(6)[2 + modes] + noise).astype(np.float32))
    return folder


def spec_for(files: Path, **changes: object) -> ImportSpec:
    values: dict = {"table": str(files / "items.csv"), "embeddings": {"mine": str(files / "mine.npy")}, "reference": {}}
    return ImportSpec(**(values | changes))


def test_a_spec_reads_back(files: Path, tmp_path: Path) -> None:
    spec = spec_for(files, reference={"before": str(files / "mine.npy")}, title='so "called"', seed=3)
    (tmp_path / "import.toml").write_text(spec.to_toml(), encoding="utf-8")
    assert ImportSpec.load(tmp_path / "import.toml") == spec


@pytest.mark.parametrize(
    "text", ["", "not toml = = =", 'table = "a.csv"', "table = 3\nembeddings = {}\nreference = {}", "[" * 5000]
)
def test_what_is_no_spec_is_refused_in_a_sentence(text: str, tmp_path: Path) -> None:
    (tmp_path / "import.toml").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match="does not say what to import") as refused:
        ImportSpec.load(tmp_path / "import.toml")
    assert "\n" not in str(refused.value)


def test_what_is_wrong_with_a_spec_is_named(tmp_path: Path) -> None:
    text = "table = 3\nseed = 4294967296\nembeddings = {}\nreference = {}"
    (tmp_path / "import.toml").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match="table: input should be a valid string, not 3; seed must lie between 0 and"):
        ImportSpec.load(tmp_path / "import.toml")


def test_only_paths_inside_move(files: Path) -> None:
    spec = spec_for(files, images="/elsewhere/pictures")
    moved = spec.moved(files, Path("/new"))
    assert (moved.table, moved.embeddings, moved.images) == (
        "/new/items.csv",
        {"mine": "/new/mine.npy"},
        "/elsewhere/pictures",
    )


def test_a_check_finds_every_broken_file(files: Path) -> None:
    check = check_import(**spec_for(files).sources())
    assert (len(check.items), check.faults, check.warnings) == (60, [], [])
    broken = np.load(files / "mine.npy")
    broken[7] = np.nan
    np.save(files / "broken.npy", broken)
    np.save(files / "short.npy", broken[:10])
    paths = {"a": str(files / "broken.npy"), "b": str(files / "short.npy"), "c": str(files / "mine.npy")}
    check = check_import(**spec_for(files, embeddings=paths).sources())
    assert len(check.items) == 60
    assert ["NaN" in check.faults[0], "10 rows" in check.faults[1], len(check.faults)] == [True, True, 2]
    check = check_import(**spec_for(files, table=str(files / "nothing.csv")).sources())
    assert check.items.empty
    assert len(check.faults) == 1
    check = check_import(**spec_for(files, embeddings={"Not A Name": paths["c"]}).sources())
    assert "Not A Name" in check.faults[0]


@pytest.mark.training
def test_an_import_runs_as_a_job_and_takes_its_files_along(files: Path, tmp_path: Path) -> None:
    root = tmp_path / "studies"
    root.mkdir()
    job = jobs.start_import(spec_for(files, title="My own"), root=root, name="mine", files=files)
    status = job.wait(120)
    assert (status.state, status.error) == ("done", "")
    assert not files.exists()
    study = Study.load(job.study)
    assert (study.name, study.arms, len(study.items)) == ("My own", ["mine"], 60)
    assert jobs.list_imports(root) == [job]
    assert jobs.list_jobs(root) == []
    jobs.delete(job)
    assert jobs.list_imports(root) == []
    assert Study.load(job.study).arms == ["mine"]  # the study holds its own copy


@pytest.mark.training
def test_a_broken_import_fails_with_its_sentence(files: Path, tmp_path: Path) -> None:
    np.save(files / "mine.npy", np.full((60, 6), np.nan, np.float32))
    job = jobs.start_import(spec_for(files), root=tmp_path, name="mine")
    status = job.wait(120)
    assert status.state == "failed"
    assert "NaN" in status.error
    assert not job.study.exists()

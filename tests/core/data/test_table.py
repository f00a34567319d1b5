"""CSV and Parquet tables of images."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.common.errors import DataError
from core.data import check, load, table
from core.recipe.data import DataConfig


@pytest.fixture(autouse=True)
def pictures(tmp_path: Path, noise_png: bytes) -> None:
    (tmp_path / "img").mkdir()
    for i in range(8):
        (tmp_path / f"img/{i}.png").write_bytes(noise_png + bytes([i]))  # no two are the same


@pytest.fixture(params=["csv", "parquet"])
def write(request, tmp_path):
    def save(columns: dict[str, list]) -> DataConfig:
        frame = pd.DataFrame({"path": [f"img/{i}.png" for i in range(8)], **columns})
        path = tmp_path / f"items.{request.param}"
        frame.to_csv(path, index=False) if request.param == "csv" else frame.to_parquet(path)
        return DataConfig(source="table", path=str(path))

    return save


def labels(config: DataConfig) -> list[str]:
    return load(config, seed=0).items["label"].tolist()


def test_labels_and_paths(write):
    dataset = load(write({"label": list("aaaabbbb"), "note": range(8)}), seed=0)
    assert list(dataset.items.columns) == ["id", "path", "label", "split", "meta.note", "digest"]
    assert dataset.items["label"].tolist() == list("aaaabbbb")
    assert dataset.images.pixels(np.arange(8), size=64, channels=1).shape == (8, 1, 64, 64)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([3, 3, 3, 3, 7, 7, 7, 7], "33337777"),
        ([3.0] * 4 + [7.0] * 4, ["3.0"] * 4 + ["7.0"] * 4),
        (["1"] * 2 + ["1.0"] * 2 + ["01"] * 4, ["1"] * 2 + ["1.0"] * 2 + ["01"] * 4),
        (["nan"] * 2 + ["null"] * 2 + ["c"] * 4, ["nan"] * 2 + ["null"] * 2 + ["c"] * 4),
        ([True] * 4 + [False] * 4, ["True"] * 4 + ["False"] * 4),
        (["007"] * 4 + ["07"] * 4, ["007"] * 4 + ["07"] * 4),
        (["1.0"] * 4 + ["1.1"] * 4, ["1.0"] * 4 + ["1.1"] * 4),
        (["NA"] * 4 + ["None"] * 4, ["NA"] * 4 + ["None"] * 4),
        ([" a", "a", "a ", "a", *"bbbb"], "aaaabbbb"),
        (["🦊"] * 4 + ["<img src=x>"] * 4, ["🦊"] * 4 + ["<img src=x>"] * 4),
    ],
)
def test_labels_are_text(write, given, expected):
    assert labels(write({"label": given})) == list(expected)


def test_numbers_with_gaps_do_not_become_decimals(write):
    found = check(write({"label": [3, None, 3, 3, 7, 7, 7, 7]}))
    assert found["where"].tolist() == ["row 2 img/1.png"]
    assert found["problem"].tolist() == ["a label is missing"]


def test_open_metric_learnings_columns(write):
    config = write(
        {
            "label": list("aabbccdd"),
            "split": ["train"] * 4 + ["validation"] * 4,
            "is_query": [None] * 4 + [True, False, True, False],
            "is_gallery": [None] * 4 + [False, True, False, True],
        }
    )
    items = load(config, seed=0).items
    assert items["split"].tolist() == ["train"] * 4 + ["test"] * 4
    assert items["is_query"].tolist() == [False] * 4 + [True, False] * 2
    assert items["is_gallery"].tolist() == [False] * 4 + [False, True] * 2
    assert items["is_query"].dtype == bool


def test_sublabels(write):
    items = load(write({"label": list("aaaabbbb"), "sublabel": list("xxyyxxyy")}), seed=0).items
    assert items["sublabel"].tolist() == ["a/x"] * 2 + ["a/y"] * 2 + ["b/x"] * 2 + ["b/y"] * 2


def test_a_distractor_under_a_given_split_is_a_warning(write):
    config = write({"label": list("aabbaabc"), "split": ["train"] * 4 + ["test"] * 4})
    assert len(load(config, seed=0).items) == 8
    assert check(config)[["where", "severity"]].to_numpy().tolist() == [["c", "warning"]]


TWO = {"label": list("aaaabbbb")}
LAST_SIX = [f"img/{i}.png" for i in range(2, 8)]
BAD = {
    "no label column": ({}, "lacks the column label"),
    "empty labels": ({"label": ["", " ", *"aaabbb"]}, r"a label is missing \(2: row 1 img/0.png, row 2 img/1.png\)"),
    "no numbers": ({"label": ["nan", "NA", *"111222"]}, r"a label says that a number is missing \(2: row 1"),
    "long labels": ({"label": ["x" * 300] * 4 + ["b"] * 4}, r"a label is longer than 200 characters \(4: row 1"),
    "missing files": (
        {**TWO, "path": [f"img/{i}.jpg" for i in range(8)]},
        r"a file is missing \(8: row 1 img/0.jpg, row 2 img/1.jpg, row 3 img/2.jpg, ...\); correct its path",
    ),
    "duplicates": (
        {**TWO, "path": ["img/0.png", "./img//0.png", *LAST_SIX]},
        r"a path is listed twice \(1: row 2 img/0.png\)",
    ),
    "outside": (
        {**TWO, "path": ["../x.png", "/etc/passwd", *LAST_SIX]},
        r"leads outside .*2: row",
    ),
    "missing path": (
        {**TWO, "path": [None, "img/1.png", *LAST_SIX]},
        r"a path is missing \(1: row 1\)",
    ),
    "a folder": ({**TWO, "path": ["img", "img/1.png", *LAST_SIX]}, r"not a file \(1: row 1 img\)"),
    "unknown split": ({**TWO, "split": ["train", "other", *["test"] * 6]}, r"neither train nor test.*row 2"),
    "nothing to test on": ({**TWO, "split": ["train"] * 8}, "there are no test items"),
    "one training class": ({**TWO, "split": ["train"] * 4 + ["test"] * 4}, "fewer than two classes to train on"),
    "half of OML": ({**TWO, "is_query": [True] * 8}, "only one of the columns is_query and is_gallery"),
    "no truth": ({**TWO, "is_query": ["maybe"] * 8, "is_gallery": [True] * 8}, "is_query is neither true nor false"),
    "one image in a class": ({"label": list("aaaabbbc")}, r"a class has a single item \(1: c\)"),
}


@pytest.mark.parametrize(("columns", "message"), BAD.values(), ids=BAD.keys())
def test_what_is_refused(write, columns, message):
    config = write(columns)
    with pytest.raises(DataError, match=message) as refused:
        load(config, seed=0)
    assert "\n" not in str(refused.value)
    assert (check(config)["severity"] == "error").any()


def test_pictures_are_checked(write, tmp_path):
    config = write(TWO)
    (tmp_path / "img/3.png").write_bytes(b"")
    with pytest.raises(DataError, match=r"an image file is empty \(1: img/3.png\)"):
        load(config, seed=0)


def test_a_link_out_of_the_folder(write, tmp_path, noise_png):
    config = write(TWO)
    secret = tmp_path.parent / f"{tmp_path.name}-secret.png"
    secret.write_bytes(noise_png)
    (tmp_path / "img/3.png").unlink()
    (tmp_path / "img/3.png").symlink_to(secret)
    with pytest.raises(DataError, match=r"leads outside the data folder \(1: row 4 img/3.png\)"):
        load(config, seed=0)


@pytest.mark.parametrize("slash", ["\\", "/"])
def test_paths_as_windows_writes_them(write, slash):
    paths = [f"img{slash}{i}.png" for i in range(8)]
    items = load(write({"label": list("aaaabbbb"), "path": paths}), seed=0).items
    assert items["path"].tolist() == [f"img/{i}.png" for i in range(8)]


@pytest.mark.parametrize("listed_by_link", [True, False])
def test_absolute_paths_may_lead_through_a_link(write, tmp_path, listed_by_link):
    real, linked = tmp_path, tmp_path.with_name(f"{tmp_path.name}-linked")
    linked.symlink_to(real)
    folder, opened = (linked, real) if listed_by_link else (real, linked)
    config = write({"label": list("aaaabbbb"), "path": [f"{folder}/img/{i}.png" for i in range(8)]})
    config = replace(config, path=str(opened / Path(config.path).name))
    assert load(config, seed=0).items["path"].tolist() == [f"img/{i}.png" for i in range(8)]


def test_absolute_paths_below_the_table_are_fine(write, tmp_path):
    dataset = load(write({**TWO, "path": [str(tmp_path / f"img/{i}.png") for i in range(8)]}), seed=0)
    assert dataset.items["path"].tolist() == [f"img/{i}.png" for i in range(8)]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.csv", b"", "cannot be read as a table"),
        ("a.csv", b"path,label\n", "has no rows"),
        ("a.csv", b"path;label\nimg/0.png;a\n", "fewer than two classes"),
        ("a.csv", b"\xff\xfe\x00ba", "cannot be read as a table"),
        ("a.csv", b'path,label\n"img/0.png,a\n', "cannot be read as a table"),
        ("a.parquet", b"PAR1 garbage PAR1", "cannot be read as a table"),
        ("a.xlsx", b"", "neither a .csv nor a .parquet"),
    ],
)
def test_files_that_are_no_tables(tmp_path, name, data, message):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError, match=message) as refused:
        load(DataConfig(source="table", path=str(tmp_path / name)), seed=0)
    assert "\n" not in str(refused.value)


def test_a_missing_table(tmp_path):
    with pytest.raises(DataError, match="No such file"):
        load(DataConfig(source="table", path=str(tmp_path / "none.csv")), seed=0)


def test_a_table_from_windows(tmp_path):
    rows = "\r\n".join(f"img/{i}.png, {'ab'[i % 2]}" for i in range(8))
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbfpath, label\r\n" + rows.encode())
    assert labels(DataConfig(source="table", path=str(tmp_path / "a.csv"))) == list("abababab")


def test_nested_cells(tmp_path):
    pd.DataFrame({"path": ["a"], "label": [["x"]]}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(DataError, match='the column "label" holds list'):
        load(DataConfig(source="table", path=str(tmp_path / "a.parquet")), seed=0)


def test_too_many_rows(write, monkeypatch):
    config = write(TWO)
    monkeypatch.setattr(table, "MAX_ROWS", 7)
    with pytest.raises(DataError, match="more than 7 rows"):
        load(config, seed=0)

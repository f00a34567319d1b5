"""Columns without a meaning here stay with the items: which ones, as what, and through every split and subset."""

import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.data import load
from core.data.metadata import kept, metadata, typed
from core.data.table import open_table, read_items
from core.pipeline.importing import import_study
from core.recipe.data import DataConfig


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["1", "-2.5", "", "3e2"], [1, -2.5, np.nan, 300]),
        (["7", "007"], None),
        (["1.", "2"], None),
        (["nan", "1"], None),
        (["1e999", "1"], None),
        (["12345678901234567", "1"], None),
        (["red", "1"], None),
        (["", ""], None),
    ],
)
def test_numbers_are_numbers_and_names_stay_names(cells: list[str], numbers: list[float] | None) -> None:
    found = typed(pd.Series(cells, dtype=object))
    if numbers is None:
        assert found.tolist() == cells
    else:
        np.testing.assert_array_equal(found, numbers)


def test_vectors_repeated_names_and_known_columns_are_not_kept() -> None:
    names = ["label", "title", *(f"e{i}" for i in range(8)), "same", "same", "", "size1", "size2"]
    assert [names[place] for place in kept(names, [0])] == ["title", "size1", "size2"]


def test_they_follow_their_items_through_a_subset_and_a_split(tmp_path: Path, noise_png: bytes) -> None:
    for i in range(20):
        (tmp_path / f"{i}.png").write_bytes(noise_png + bytes([i]))
    frame = pd.DataFrame({"path": [f"{i}.png" for i in range(20)], "label": ["a", "b"] * 10})
    frame["title"] = [f"picture {i}" for i in range(20)]
    frame["price"] = [i / 2 for i in range(20)]
    frame.sample(frac=1, random_state=1).to_csv(tmp_path / "t.csv", index=False)
    data = load(DataConfig(source="table", path=str(tmp_path / "t.csv"), max_items=12), seed=3)
    number = data.items["path"].str.removesuffix(".png").astype(int)
    found = metadata(data.items)
    assert found["title"].tolist() == [f"picture {i}" for i in number]
    assert found["price"].tolist() == [i / 2 for i in number]


def test_an_import_carries_them_into_the_study(tmp_path: Path) -> None:
    n = 24
    columns = {
        "id": [f"i{i}" for i in range(n)],
        "label": ["a", "b"] * (n // 2),
        "text": [f"long {'word ' * 2000}{i}" for i in range(n)],
        "price": [None, *range(1, n)],
        "made": [datetime.date(2020, 1, 1)] * n,
        "list": [[1.0, 2.0]] * n,
    }
    pd.DataFrame(columns).to_parquet(tmp_path / "t.parquet")
    np.save(tmp_path / "a.npy", np.random.default_rng(0).normal(size=(n, 4)).astype(np.float32))
    study = import_study(tmp_path / "t.parquet", {"a": tmp_path / "a.npy"}, tmp_path / "study")
    assert [*study.metadata] == ["text", "price", "made"]
    assert set(study.metadata["text"].str.len()) == {4096}
    assert study.metadata["price"].isna().tolist() == [True] + [False] * (n - 1)
    assert set(study.metadata["made"]) == {"2020-01-01"}


def test_it_is_said_which_are_kept(tmp_path: Path) -> None:
    pd.DataFrame({"label": ["a", "b"], "brand": ["x", "y"], **{f"e{i}": [0, 1] for i in range(9)}}).to_csv(
        tmp_path / "t.csv", index=False
    )
    table = open_table(tmp_path / "t.csv", {}, required=("label",))
    assert "kept for people: brand; not read: e0, e1" in table.said
    assert [*metadata(read_items(table, images=None)[0])] == ["brand"]

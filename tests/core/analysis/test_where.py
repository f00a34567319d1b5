"""Conditions on items: what they select, what they may not do, and what is said of a wrong one."""

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.analysis import where
from core.analysis.where import columns, matching
from core.common.errors import DataError

ITEMS = pd.DataFrame(
    {
        "id": range(6),
        "label": list("aabbcc"),
        "digest": ["x"] * 6,
        "meta.price": [1.0, 2.5, np.nan, 10.0, 20.0, 30.0],
        "meta.brand": ["Acme", "acme", "", "O'Neil", "Ünal", "Acme"],
        "meta.Label": ["no"] * 6,
        "meta.two words": [f"t{i}" for i in range(6)],
    }
)


@pytest.mark.parametrize(
    ("expression", "rows"),
    [
        ("", range(6)),
        ("price < 20", [0, 1, 3]),
        ("price is not null and brand = 'Acme'", [0, 5]),
        ("brand ilike 'ACME'", [0, 1, 5]),
        ("brand = 'O''Neil' or label in ('c')", [3, 4, 5]),
        ("\"two words\" = 't2' -- why", [2]),
        ("id between 1 and 2", [1, 2]),
        ("false", []),
    ],
)
def test_what_is_selected(expression: str, rows: list[int]) -> None:
    assert np.flatnonzero(matching(ITEMS, expression)).tolist() == list(rows)


def test_the_columns_that_may_be_used() -> None:
    assert columns(ITEMS) == ["id", "label", "price", "brand", "two words"]


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("cost < 3", ["cost", "columns: id, label, price"]),
        ("price <", ["syntax"]),
        ("true); drop table items; select (1", ["more than one"]),
        ("price < 'x'", ["convert"]),
        ("x" * 600, ["600 characters"]),
        ("(select count(*) from read_csv('/etc/passwd')) > 0", ["cannot filter"]),
        ("(select count(*) from '/etc/passwd') > 0", ["cannot filter"]),
        ("(select count(*) from read_text('/etc/hostname')) > 0", ["cannot filter"]),
        ("\0", ["cannot filter"]),
        ("\ud800", ["cannot filter"]),
    ],
)
def test_what_is_refused_in_a_sentence(expression: str, words: list[str]) -> None:
    with pytest.raises(DataError) as refused:
        matching(ITEMS, expression)
    assert all(word in str(refused.value) for word in words), refused.value
    assert len(str(refused.value)) <= 300


def test_nothing_can_be_written(tmp_path: Path) -> None:
    place = tmp_path / "x.csv"
    for expression in (f"true); copy items to '{place}'; select (1", f"true); attach '{place}'; select (1"):
        with pytest.raises(DataError):
            matching(ITEMS, expression)
    assert not place.exists()


def test_a_condition_that_would_take_for_ever_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(where, "SECONDS", 0.3)
    started = time.monotonic()
    with pytest.raises(DataError, match=r"takes longer than 0.3 s"):
        matching(ITEMS, "(select count(*) from range(100000000) a, range(100000000) b where a.range <> b.range) > 0")
    assert time.monotonic() - started < 20

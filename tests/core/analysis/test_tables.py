"""Tables to take away: harmless in a spreadsheet, whole in Parquet, and saying what the study says."""

import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analysis.search import Filters
from core.analysis.tables import hits_table, kept_table, selection_table, to_csv, to_parquet
from core.storage.kept import Kept
from core.storage.study import Study

HOSTILE = [
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=1",
    "\r=1",
    "＝1",
    '=HYPERLINK("http://x","y")',
    '<script>alert("x")</script>',
    "שלום עולם",
    '👩🏽‍🚀, "quoted"\nand broken',
    "x" * 300,
]


@pytest.fixture(scope="module")
def study(study_folder: Path) -> Study:
    return Study.load(study_folder)


def cells(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8"), newline="")))


@given(texts=st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(min_size=1))))
def test_no_cell_begins_a_formula_and_nothing_is_lost(texts: list[str]) -> None:
    heading, *rows = cells(to_csv(pd.DataFrame({"=a": pd.Series(texts, dtype=object), "n": -1.5})))
    assert heading == ["'=a", "n"]
    assert len(rows) == len(texts)
    for (text, number), before in zip(rows, texts, strict=True):
        assert text[:1] not in {"=", "+", "-", "@", "\t", "\r", "\n"}
        assert text.removeprefix("'").encode("utf-8", "replace") == before.removeprefix("'").encode("utf-8", "replace")
        assert float(number) == -1.5  # numbers are no formulas


def test_parquet_keeps_every_text(tmp_path: Path) -> None:
    table = pd.DataFrame({"label": HOSTILE, "n": range(len(HOSTILE))})
    pd.testing.assert_frame_equal(pd.read_parquet(io.BytesIO(to_parquet(table))), table)


def test_a_selection_says_what_the_study_says(study: Study) -> None:
    ids = np.flatnonzero(study.evaluated)[[9, 2, 30]]
    table = selection_table(study, ids, ("standard", "nearest"))
    assert table["id"].tolist() == ids.tolist()
    assert table["label"].tolist() == study.items["label"][ids].tolist()
    everything = np.flatnonzero(study.evaluated)
    for arm in ("standard", "nearest"):
        points = study.arm(arm).embeddings.astype(float)
        for row, id in enumerate(ids):
            others = everything[everything != id]
            distances = np.linalg.norm(points[others] - points[id], axis=1)
            assert table[f"nearest ({arm})"][row] == others[distances.argmin()]
            assert table[f"nearest distance ({arm})"][row] == pytest.approx(distances.min(), abs=1e-6)
            assert table[f"nearest class ({arm})"][row] == study.items["label"][others[distances.argmin()]]
            group = study.subclusters(arm)[id]
            shown = table[f"subcluster ({arm})"][row]
            assert pd.isna(shown) if group < 0 else shown == group + 1
            assert (table[f"x ({arm})"][row], table[f"y ({arm})"][row]) == tuple(study.map(arm)[id])
            assert table[f"sub_map@r ({arm})"][row] == pytest.approx(study.queries(arm)["sub_map@r"][id], nan_ok=True)
    np.testing.assert_allclose(table["shared neighbours"], study.overlap("standard", "nearest")[ids])
    assert "shared neighbours" not in selection_table(study, ids, ("nearest", "nearest"))
    for make in (to_csv, to_parquet):
        assert make(table)
    assert len(selection_table(study, ids[:0], ("standard", "nearest"))) == 0


def test_hits_are_listed_arm_by_arm(study: Study) -> None:
    item = int(np.flatnonzero(study.evaluated)[0])
    queries = {"standard": item, "nearest": item}
    table = hits_table(study, queries, 5, filters=Filters(outcome="same"), metric="euclidean")
    assert table["arm"].tolist() == ["standard"] * 5 + ["nearest"] * 5
    assert table["rank"].tolist() == [1, 2, 3, 4, 5] * 2
    assert set(table["label"]) == {study.items["label"][item]}
    for arm, id, other in zip(table["arm"], table["id"], table["other rank"], strict=True):
        there = table.loc[(table["arm"] != arm) & (table["id"] == id), "rank"]
        assert other == there.item() if len(there) else other > 5
    assert (table["other rank"] <= 5).any()


def test_kept_selections_have_a_row_for_each_item(study: Study) -> None:
    kept = [Kept("first", ((2, 4),), "why", "2026"), Kept("second", ((3, 4), (9, 10)), "", "2026")]
    table = kept_table(study, kept)
    assert table["selection"].tolist() == ["first", "first", "second", "second"]
    assert table["id"].tolist() == [2, 3, 3, 9]
    assert table["label"].tolist() == study.items["label"].iloc[[2, 3, 3, 9]].tolist()
    assert kept_table(study, []).empty


def test_hits_name_their_query(study: Study) -> None:
    item = int(np.flatnonzero(study.evaluated)[0])
    table = hits_table(study, {"nearest": item}, 3, filters=Filters(), metric="euclidean", name="Item")
    assert table.columns[:5].tolist() == ["query", "query_name", "query_class", "query_mode", "arm"]
    row = study.items.iloc[item]
    own = [item, row.get("name") or row.get("path") or f"#{item}", row["label"], row["sublabel"]]
    assert table.iloc[:, :4].to_numpy().tolist() == [own] * 3
    vector = study.arm("nearest").embeddings[item]
    new = hits_table(study, {"nearest": vector}, 3, filters=Filters(), metric="euclidean", name="=mine.png")
    assert new["query"].isna().all()
    assert new["query_name"].tolist() == ["=mine.png"] * 3
    assert cells(to_csv(new))[1][:4] == ["", "'=mine.png", "", ""]
    assert to_parquet(new)

"""What the columns of the user's own table hold, worked out by hand, and how the report shows it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.analysis.columns import LONGEST, describe_columns, known_of
from core.analysis.html_report import report
from core.pipeline.importing import import_study
from core.storage.layout import LEFT_OUT
from core.storage.study import Study

N = 40


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = tmp_path_factory.mktemp("table")
    columns = {
        "id": [f"sku-{i}" for i in range(N)],
        "label": ["a", "b"] * (N // 2),
        "title": [f"item <b>{i}</b>" for i in range(N)],
        "price": ["", *map(str, range(1, N))],
        "brand": [*["Acme"] * 20, *["Best"] * 10, *["Cheap"] * 6, "Dear", "Ever", "", ""],
        "blank": [""] * N,
        "long": ["x" * 2 * LONGEST, *["y"] * (N - 1)],
    }
    pd.DataFrame(columns).to_csv(folder / "t.csv", index=False)
    np.save(folder / "m.npy", np.random.default_rng(0).normal(size=(N, 4)).astype(np.float32))
    return import_study(folder / "t.csv", {"mine": folder / "m.npy"}, folder / "study")


def test_each_column_in_a_few_words(study: Study) -> None:
    found = dict(describe_columns(study))
    assert found["title"] == f"{N} values, each different"
    assert found["price"] == "1 to 39, median 20; 1 empty"
    assert found["brand"] == "Acme (20), Best (10), Cheap (6) and 2 others; 2 empty"
    assert found["blank"] == "empty"
    assert found["long"] == f"y ({N - 1}), {'x' * (LONGEST - 1)}… (1)"


def test_one_item_without_its_caption_and_what_is_empty(study: Study) -> None:
    assert study.caption == "title"
    assert known_of(study, np.array([3, 0, N - 1])) == [
        "price 3 · brand Acme · long y",
        f"brand Acme · long {'x' * (LONGEST - 1)}…",
        f"price {N - 1} · long y",
    ]


def test_the_report_names_items_columns_and_what_was_left_out(study: Study, tmp_path: Path) -> None:
    page = report(study)
    assert "item &lt;b&gt;" in page
    assert "<b>" not in page.split("</script>", 1)[1].split("<h2>Recipe")[0].replace("<body>", "")
    assert "Acme (20), Best (10), Cheap (6) and 2 others; 2 empty" in page
    assert "Left out" not in page
    assert "sku-3" in page
    rows = {"where": [f"{i}<i>.png" for i in range(250)], "problem": ["broken"] * 250, "remedy": ["mend it"] * 250}
    pd.DataFrame(rows).to_parquet(study.path / LEFT_OUT)
    try:
        page = report(Study.load(study.path))
    finally:
        (study.path / LEFT_OUT).unlink()
    assert "0&lt;i&gt;.png" in page
    assert "50 more are not listed" in page

"""Which columns of the user's own table maps can be coloured by."""

from pathlib import Path

import numpy as np
import pandas as pd

from app.components.twin_map import MapPoints
from app.state.map_fields import MOST_OWN, map_fields
from core.pipeline.importing import import_study


def test_numbers_and_words_that_recur(tmp_path: Path) -> None:
    n, rng = 60, np.random.default_rng(0)
    columns = {
        "label": ["a", "b"] * (n // 2),
        "price": [None, *range(1, n)],
        "brand": ["x", "y", ""] * (n // 3),
        "title": [f"t{i}" for i in range(n)],
        "same": ["s"] * n,
        **{f"c{word}": rng.choice(["u", "v"], n) for word in "abcdefghijklmnopqrstuvwxyz"},
    }
    pd.DataFrame(columns).to_csv(tmp_path / "t.csv", index=False)
    for name in "ab":
        np.save(tmp_path / f"{name}.npy", rng.normal(size=(n, 4)).astype(np.float32))
    study = import_study(tmp_path / "t.csv", {name: tmp_path / f"{name}.npy" for name in "ab"}, tmp_path / "study")
    rows = np.arange(n)
    fields = map_fields(study, rows, ["a", "b"])
    own = [field.title for field in fields if field.name.startswith("own.")]
    assert own[:2] == ["price", "brand"]
    assert not {"title", "same"} & set(own)
    assert len(own) == MOST_OWN
    points = MapPoints.build(rows, maps=[study.map("a"), study.map("b")], fields=fields)
    kinds = {field["title"]: field["kind"] for field in points.fields}
    assert (kinds["price"], kinds["brand"]) == ("continuous", "categorical")

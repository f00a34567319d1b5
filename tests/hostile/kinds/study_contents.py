"""Finished studies whose files are sound, but hold something else: tables, matrices, pictures, study.json."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from numpy.random import Generator

from tests.hostile.case import Case
from tests.hostile.drawn import PLAIN_VALUES, draw
from tests.hostile.kinds.studies import commands, pick
from tests.hostile.samples import study_copy


def _edit_table(rng: Generator, path: Path) -> None:
    table = pd.read_parquet(path)
    column = str(rng.choice(table.columns))
    row = int(rng.integers(len(table))) if len(table) else 0
    match str(
        rng.choice(
            [
                "drop",
                "nan",
                "none",
                "text",
                "number",
                "one nan",
                "one text",
                "no rows",
                "half",
                "twice",
                "rename",
                "shuffle",
            ]
        )
    ):
        case "drop":
            table = table.drop(columns=column)
        case "nan":
            table[column] = np.nan
        case "none":
            table[column] = None
        case "text":
            table[column] = "x"
        case "number":
            table[column] = float(rng.choice([0, -1, 1e300, 2**40, np.inf]))
        case "one nan":
            table[column] = table[column].astype(object)
            table.at[row, column] = None
        case "one text":
            table[column] = table[column].astype(str)
            table.loc[row, column] = str(rng.choice(["", "nowhere", "x" * 3000, "<script>", "\u202e"]))
        case "no rows":
            table = table.iloc[:0]
        case "half":
            table = table.iloc[: len(table) // 2]
        case "twice":
            table = pd.concat([table, table], ignore_index=True)
        case "rename":
            table = table.rename(columns={column: "other"})
        case "shuffle":
            table = table.sample(frac=1, random_state=int(rng.integers(2**31)))
    table.to_parquet(path, index=False)


def table_contents(rng: Generator, folder: Path) -> Case:
    """Tables whose columns are missing, empty, of another type, or whose rows do not fit."""
    path = pick(rng, study_copy(folder), ".parquet")
    for _ in range(int(rng.integers(1, 3))):
        try:
            _edit_table(rng, path)
        except Exception:  # two changes that cannot be made together: one is enough
            break
    return commands(rng, folder)


def matrix_contents(rng: Generator, folder: Path) -> Case:
    """Matrices of other shapes, types, and values that are no numbers or no rows."""
    path = pick(rng, study_copy(folder), ".npy")
    values = np.load(path)
    row = int(rng.integers(len(values)))
    match str(
        rng.choice(
            ["nan", "inf", "zeros", "rows", "columns", "type", "flat", "one", "large", "object", "negative", "order"]
        )
    ):
        case "nan" if values.dtype.kind == "f":
            values[row] = np.nan
        case "inf" if values.dtype.kind == "f":
            values[:] = np.inf
        case "zeros":
            values[:] = 0
        case "rows":
            values = values[:-1]
        case "columns":
            values = values[..., :-1]
        case "type":
            values = values.astype(rng.choice(["f8", "i8", "u1", "c8", "U3"]))
        case "flat":
            values = values.reshape(-1)
        case "one":
            values = values[:1]
        case "object":
            values = values.astype(object)
        case "negative":
            values = -values if values.dtype.kind != "u" else values
        case "order":
            values = np.asfortranarray(values)
        case _:
            values[:] = np.iinfo(values.dtype).max if values.dtype.kind != "f" else np.finfo(values.dtype).max
    np.save(path, values, allow_pickle=True)
    return commands(rng, folder)


def description(rng: Generator, folder: Path) -> Case:
    """study.json with any value in any place."""
    study = study_copy(folder)
    facts = json.loads((study / "study.json").read_text())
    place: Any = facts
    key = _any_key(rng, place)
    for _ in range(int(rng.integers(4))):
        if isinstance(place[key], dict | list) and place[key] and rng.random() < 0.7:
            place = place[key]
            key = _any_key(rng, place)
    value = draw(rng, PLAIN_VALUES | st.just("\ud800") | st.just(10**400), 1)[0]
    if rng.random() < 0.25:
        del place[key]
    else:
        place[key] = value
    (study / "study.json").write_text(json.dumps(facts))
    return commands(rng, folder)


def _any_key(rng: Generator, place: Any) -> Any:
    keys = list(place) if isinstance(place, dict) else list(range(len(place)))
    return keys[int(rng.integers(len(keys)))]


def schema(rng: Generator, folder: Path) -> Case:
    """A version from the future, from before the first, or none."""
    study = study_copy(folder)
    facts = json.loads((study / "study.json").read_text())
    wanted = [99, 3, 0, -1, None, "2", 2.0, True, 10**30, [], 1]
    facts["schema"] = wanted[int(rng.integers(len(wanted)))]
    if rng.random() < 0.2:
        del facts["schema"]
    (study / "study.json").write_text(json.dumps(facts))
    return commands(rng, folder, must="refuse" if facts.get("schema") in (99, 3, 0, -1, None, 10**30) else "")


def pictures(rng: Generator, folder: Path) -> Case:
    """The stored pictures, of another shape or number, or gone."""
    study = study_copy(folder)
    path = study / "images.npy"
    values = np.load(path)
    shapes = [
        values[:-1],
        values[:, :, 0],
        values[..., None],
        values.astype(float),
        values[:, :1, :1],
        values[:0],
        values[:, :0],
    ]
    kind = int(rng.integers(len(shapes) + 1))
    path.unlink()
    if kind < len(shapes):
        np.save(path, shapes[kind])
    return commands(rng, folder)


MAKERS = (
    table_contents,
    matrix_contents,
    description,
    schema,
    table_contents,
    description,
    pictures,
)

"""Vectors in Parquet: rows in another order, ids that contradict, every kind of list, columns that are no dimension."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.random import Generator

from tests.hostile.case import Case
from tests.hostile.drawn import damaged
from tests.hostile.kinds.matrices import D, N, import_matrix
from tests.hostile.samples import imported, labels, vectors, vectors_are, write_items


def shuffled_parquet(rng: Generator, folder: Path) -> Case:
    """Rows in another order, with the table's ids: they are to be put back in order."""
    values, ids = vectors(rng), [f"item {i}" for i in range(N)]
    write_items(folder, id=ids)
    order = rng.permutation(N)
    frame = pd.DataFrame({"id": np.array(ids)[order]})
    if rng.random() < 0.5:
        frame["v"] = list(values[order])
    else:
        frame[[f"e{i}" for i in range(D)]] = values[order]
    frame.to_parquet(folder / "m.parquet", index=False)
    return Case(imported(matrix="m.parquet"), must="accept", check=vectors_are(values))


def contradicting_keys(rng: Generator, folder: Path) -> Case:
    """Ids that are missing, unknown or repeated on one side."""
    values, ids = vectors(rng), [f"i{i}" for i in range(N)]
    mine, theirs = ids.copy(), ids.copy()
    i, j = rng.choice(N, 2, replace=False)
    match str(rng.choice(["unknown", "twice", "twice in table", "no ids", "empty", "case"])):
        case "unknown":
            theirs[i] = "other"
        case "twice":
            theirs[i] = theirs[j]
        case "twice in table":
            mine[i] = mine[j]
        case "empty":
            theirs[i] = ""
        case "case":
            theirs = [name.upper() for name in theirs]
        case _:
            mine = []
    write_items(folder, **({"id": mine} if mine else {}))
    pd.DataFrame({"id": theirs, "v": list(values)}).to_parquet(folder / "m.parquet", index=False)
    return Case(imported(matrix="m.parquet"), must="refuse")


def rows_in_another_order(rng: Generator, folder: Path) -> Case:
    """The vectors' own path or label contradicts the table's: refused or put in order, never taken as they are."""
    values, paths = vectors(rng), [f"{i}.png" for i in range(N)]
    write_items(folder, path=paths)
    order = rng.permutation(N)
    frame = pd.DataFrame({"v": list(values[order])})
    frame[str(rng.choice(["path", "label", "path"]))] = np.array(paths)[order]
    frame["label"] = np.array(labels())[order]
    frame.to_parquet(folder / "m.parquet", index=False)
    return Case(imported(matrix="m.parquet"), check=vectors_are(values))


def odd_parquet(rng: Generator, folder: Path) -> Case:
    """Lists of different lengths, missing values, nested lists, other types, no numbers at all."""
    values = vectors(rng)
    lists = [row.tolist() for row in values]
    i = int(rng.integers(N))
    columns: dict[str, Callable[[], pa.Array]] = {
        "ragged": lambda: pa.array([row[: -1 if k == i else None] for k, row in enumerate(lists)]),
        "null row": lambda: pa.array([None if k == i else row for k, row in enumerate(lists)]),
        "null value": lambda: pa.array([[None, *row[1:]] if k == i else row for k, row in enumerate(lists)]),
        "nested": lambda: pa.array([[row] for row in lists]),
        "text": lambda: pa.array([list(map(str, row)) for row in lists]),
        "empty": lambda: pa.array([[] for _ in lists], pa.list_(pa.float32())),
        "binary": lambda: pa.array([row.tobytes() for row in values]),
        "struct": lambda: pa.array([{"x": row[0], "y": row[1]} for row in lists]),
        "nulls": lambda: pa.nulls(N),
        "text column": lambda: pa.array(labels()),
        "bool": lambda: pa.array([[value > 0 for value in row] for row in lists]),
        "decimal": lambda: pa.array(np.arange(N)).cast(pa.decimal128(20, 2)),
        "date": lambda: pa.array(np.arange(N, dtype="M8[D]")),
    }
    which = str(rng.choice(list(columns)))
    pq.write_table(pa.table({"v": columns[which]()}), folder / "m.parquet")
    return import_matrix(folder, "m.parquet", must="refuse" if which != "bool" else "")


def readable_parquet(rng: Generator, folder: Path) -> Case:
    """Large and fixed lists, several row groups, an index of pandas: all can be read."""
    values = vectors(rng)
    rows = pa.array([row.tolist() for row in values], pa.list_(pa.float32()))
    kind = str(rng.choice(["fixed", "large", "groups", "index", "chunks"]))
    if kind == "fixed":
        rows = rows.cast(pa.list_(pa.float32(), D))
    elif kind == "large":
        rows = rows.cast(pa.large_list(pa.float64()))
    table = pa.table({"v": rows})
    if kind == "index":
        pd.DataFrame({"v": list(values)}, index=[f"r{i}" for i in range(N)]).to_parquet(folder / "m.parquet")
    else:
        pq.write_table(table, folder / "m.parquet", row_group_size=5 if kind == "groups" else None)
    return import_matrix(folder, "m.parquet", must="accept", check=vectors_are(values))


def extra_column(rng: Generator, folder: Path) -> Case:
    """A column of numbers beside the vectors' own is no dimension of them."""
    values = vectors(rng)
    frame = pd.DataFrame(values, columns=[f"e{i}" for i in range(D)])
    frame.insert(
        int(rng.choice([0, D])), str(rng.choice(["confidence", "epoch", "score", "x"])), rng.random(N).astype("f4")
    )
    frame.to_parquet(folder / "m.parquet", index=False)
    return import_matrix(folder, "m.parquet", check=vectors_are(values))


def damaged_parquet(rng: Generator, folder: Path) -> Case:
    """Bytes changed, cut or inserted."""
    whole = io.BytesIO()
    pd.DataFrame({"v": list(vectors(rng))}).to_parquet(whole, index=False)
    (folder / "m.parquet").write_bytes(damaged(rng, whole.getvalue()))
    return import_matrix(folder, "m.parquet")


MAKERS = (
    shuffled_parquet,
    contradicting_keys,
    rows_in_another_order,
    odd_parquet,
    readable_parquet,
    extra_column,
    damaged_parquet,
)

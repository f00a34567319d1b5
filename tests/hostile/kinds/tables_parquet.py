"""Tables of items in Parquet: every type of Arrow, names that repeat, damaged files."""

import datetime
import decimal
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.random import Generator

from tests.hostile.case import Case
from tests.hostile.drawn import damaged
from tests.hostile.samples import EACH, import_of_table, imported, labels


def parquet_types(rng: Generator, folder: Path) -> Case:
    """Classes stored as any type of Arrow."""
    n, each = 24, EACH
    whole = np.repeat([3, 1, 2], each)
    days = [datetime.date(2024, 1, 1 + int(i)) for i in whole]
    columns = {
        "int8": pa.array(whole, pa.int8()),
        "uint64": pa.array(whole.astype(np.uint64) + np.uint64(2**63), pa.uint64()),
        "float": pa.array(whole + 0.5, pa.float64()),
        "float nan": pa.array([float("nan"), *whole[1:].astype(float)], pa.float64()),
        "half": pa.array(whole.astype(np.float16)),
        "bool": pa.array(whole == 3),
        "large": pa.array(labels(), pa.large_string()),
        "dictionary": pa.array(labels()).dictionary_encode(),
        "dictionary of numbers": pa.array(whole).dictionary_encode(),
        "binary": pa.array([name.encode() for name in labels()]),
        "bad binary": pa.array([b"\xff\xfe" + name.encode() for name in labels()]),
        "list": pa.array([[name] for name in labels()]),
        "struct": pa.array([{"x": name} for name in labels()]),
        "map": pa.array([[(name, 1)] for name in labels()], pa.map_(pa.string(), pa.int8())),
        "null": pa.nulls(n),
        "date": pa.array(days),
        "timestamp": pa.array([datetime.datetime.combine(d, datetime.time()) for d in days]),
        "far timestamp": pa.array(whole.astype(np.int64) * 2**60, pa.timestamp("s")),
        "zone": pa.array(whole.astype(np.int64), pa.timestamp("ns", tz="Nowhere/Atlantis")),
        "duration": pa.array(whole.astype(np.int64) * 2**58, pa.duration("s")),
        "decimal": pa.array([decimal.Decimal(int(i)) / 2 for i in whole]),
        "missing": pa.array([None if i % 5 == 0 else name for i, name in enumerate(labels())]),
    }
    which = str(rng.choice(list(columns)))
    column = str(rng.choice(["label", "label", "sublabel", "id", "split", "path", "is_query"]))
    table = {"label": pa.array(labels()), column: columns[which]}
    if column == "is_query":
        table["is_gallery"] = pa.array([True] * n)
    pq.write_table(pa.table(table), folder / "items.parquet")
    return import_of_table(folder, rng, labels(), argv=imported("items.parquet"), check=lambda outcome: "")


def parquet_names(rng: Generator, folder: Path) -> Case:
    """Columns of the same name, or names in a nested column."""
    names = list(rng.choice(["label", "Label", "id", "path", "x", "label.x", "", "label "], rng.integers(2, 6)))
    arrays = [pa.array([f"{name}-{c}" for name in labels()]) for c in range(len(names))]
    pq.write_table(pa.table([pa.array(labels()), *arrays], names=["label", *names]), folder / "items.parquet")
    repeated = "label" in names
    return import_of_table(folder, rng, labels(), argv=imported("items.parquet"), must="refuse" if repeated else "")


def damaged_parquet(rng: Generator, folder: Path) -> Case:
    """Bytes changed, cut or inserted."""
    whole = io.BytesIO()
    pd.DataFrame({"label": labels(), "id": range(24)}).to_parquet(whole, index=False)
    (folder / "items.parquet").write_bytes(damaged(rng, whole.getvalue()))
    return import_of_table(folder, rng, labels(), argv=imported("items.parquet"), check=lambda outcome: "")


MAKERS = (
    parquet_types,
    parquet_names,
    damaged_parquet,
)

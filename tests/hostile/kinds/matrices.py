"""Vectors: .npy headers that lie, every dtype and order, values that are no numbers, Parquet with and without ids."""

import io
import os
import pickle
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.random import Generator

from tests.hostile.case import Case
from tests.hostile.drawn import damaged
from tests.hostile.samples import imported, labels, vectors, vectors_are, write_items

N, D = 24, 6


def npy(
    header: str | bytes, data: bytes = b"", *, version: tuple[int, int] = (1, 0), length: int | None = None
) -> bytes:
    """A .npy file with this header, true or not; length: what it says of the header's size."""
    text = header.encode("latin-1") if isinstance(header, str) else header
    size = len(text) if length is None else length
    return b"\x93NUMPY" + bytes(version) + struct.pack("<H" if version[0] == 1 else "<I", size) + text + data


def _import(folder: Path, matrix: str = "m.npy", **more: object) -> Case:
    write_items(folder)
    return Case(**{"argv": imported(matrix=matrix), **more})


def lying_header(rng: Generator, folder: Path) -> Case:
    """A header that is no dictionary, or says what the file does not hold."""
    shapes = (
        "(24, -6)",
        "(-24, -6)",
        "(True, 6)",
        "(24, 2**62)",
        "(9223372036854775807, 9)",
        "(24.0, 6)",
        "(24,)",
        "()",
    )
    shapes += ("(0, 6)", "(24, 0)", "24", "[24, 6]", "(24, 6, 1)", "('24', 6)", "(10**9, 6)", "(24, 10**7)", "None")
    types = (
        "<f4",
        "|O",
        "O",
        "V8",
        "<U4",
        "|S4",
        "M8[ns]",
        "<c8",
        "?",
        "f16",
        ">f4",
        "<f3",
        "",
        "f4, i8",
        "abc",
        "|b1",
    )
    kind = rng.choice(["shape", "dtype", "fields", "order", "keys", "deep", "code", "bytes", "empty"])
    order, descr, shape, data = "False", "<f4", "(24, 6)", vectors(rng).tobytes()
    if kind == "shape":
        shape = str(rng.choice(shapes))
    elif kind == "dtype":
        descr = str(rng.choice(types))
    elif kind == "order":
        order = str(rng.choice(["1", "'yes'", "None", "2.0", "[]"]))
    header = f"{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}}}"
    if kind == "fields":
        field = rng.choice(["-1", "[]", "None", "'<f4'"])
        header = f"{{'descr': [('a', '<f4'), ('b', {field})], 'fortran_order': False, 'shape': (24,)}}"
    elif kind == "keys":
        header = str(rng.choice(["{}", "{'descr': '<f4'}", header[:-1] + ", 'x': 1}", "[1]", "5", "''"]))
    elif kind == "deep":
        header = "(" * int(rng.integers(50, 9000))
    elif kind == "code":
        header = "__import__('os').system('touch EXECUTED')"
    elif kind == "bytes":
        header = rng.bytes(60).decode("latin-1")
    elif kind == "empty":
        header, data = "", b""
    (folder / "m.npy").write_bytes(npy(header + "\n", data))
    return _import(folder, must="" if kind in {"dtype", "order", "keys"} else "refuse")


def sizes_in_header(rng: Generator, folder: Path) -> Case:
    """A header of another length than it says, another version, data cut short or too long."""
    header = "{'descr': '<f4', 'fortran_order': False, 'shape': (24, 6)}\n"
    data = vectors(rng).tobytes()
    cut = int(rng.integers(0, len(data)))
    contents = {
        "long": npy(header, data, length=int(rng.integers(len(header) + 1, 65535))),
        "short": npy(header, data, length=int(rng.integers(0, len(header) - 2))),
        "huge": npy(header, data, version=(2, 0), length=2**31),
        "version": npy(header, data, version=(int(rng.integers(4, 255)), int(rng.integers(0, 255)))),
        "cut": npy(header, data[:cut]),
        "magic": b"\x93NUMPZ" + npy(header, data)[6:],
        "only magic": b"\x93NUMPY\x01\x00",
    }
    (folder / "m.npy").write_bytes(contents[str(rng.choice(list(contents)))])
    return _import(folder, must="refuse")


def trailing_bytes(rng: Generator, folder: Path) -> Case:
    """More data than the shape needs: numpy reads such files, and what it reads is right."""
    values = vectors(rng)
    np.save(folder / "m.npy", values)
    with (folder / "m.npy").open("ab") as file:
        file.write(rng.bytes(int(rng.integers(1, 500))))
    return _import(folder, check=vectors_are(values))


def plain_types(rng: Generator, folder: Path) -> Case:
    """Every real dtype, byte order and memory order, which all can be read."""
    dtype = str(rng.choice(["<f2", "<f4", "<f8", ">f2", ">f4", ">f8", "<i2", ">i4", "<i8", "<u4", "|i1", "<u8"]))
    values = (vectors(rng) * 20).round().astype(np.dtype(dtype) if dtype[1] != "u" else float)
    values = np.abs(values).astype(dtype) if dtype[1] == "u" else values
    values = np.asfortranarray(values) if rng.random() < 0.5 else values
    np.save(folder / "m.npy", values)
    return _import(folder, must="accept", check=vectors_are(values.astype(float)))


def odd_types(rng: Generator, folder: Path) -> Case:
    """Complex, text, dates, records, objects, truth values, extended precision."""
    values = vectors(rng)
    odd = [values.astype(complex), values.astype("<U8"), values.astype("<i8").astype("M8[s]"), values > 0]
    odd += [
        values.astype(object),
        values.astype(np.longdouble),
        values.astype("S8"),
        values.view("<f4,<f4,<f4,<f4,<f4,<f4"),
    ]
    np.save(folder / "m.npy", odd[int(rng.integers(len(odd)))], allow_pickle=True)
    return _import(folder, check=vectors_are(values))


def shapes(rng: Generator, folder: Path) -> Case:
    """A matrix of another shape than the table needs."""
    shape = [(24,), (6, 24), (24, 1), (24, 0), (0, 6), (23, 6), (25, 6), (24, 6, 1), (1, 24, 6), (), (24, 2, 3)]
    np.save(folder / "m.npy", rng.normal(size=shape[int(rng.integers(len(shape)))]).astype(np.float32))
    return _import(folder, must="refuse")


def odd_values(rng: Generator, folder: Path) -> Case:
    """NaN, infinity, zeros, the largest and the smallest numbers, all the same."""
    values = vectors(rng).astype(rng.choice(["<f4", "<f8"]))
    rows = rng.choice(N, int(rng.integers(1, N + 1)), replace=False)
    what = str(rng.choice(["nan", "inf", "zero", "large", "small", "constant", "mixed", "negative zero"]))
    info = np.finfo(values.dtype)
    with np.errstate(all="ignore"):
        spoil: dict[str, Callable[[], object]] = {
            "nan": lambda: np.nan,
            "inf": lambda: -np.inf,
            "zero": lambda: 0.0,
            "negative zero": lambda: -0.0,
            "large": lambda: values[rows] * (info.max / 50),
            "small": lambda: values[rows] * info.tiny,
            "mixed": lambda: values[rows] * 10.0 ** rng.uniform(-30, 30, (len(rows), 1)),
            "constant": lambda: values[0],
        }
        values[rows] = spoil[what]()
    np.save(folder / "m.npy", values)
    wrong = what in {"nan", "inf", "zero", "negative zero"}
    return _import(
        folder, must="refuse" if wrong else "", check=lambda outcome: "" if wrong else vectors_are(values)(outcome)
    )


def damaged_npy(rng: Generator, folder: Path) -> Case:
    """Bytes changed, cut or inserted."""
    whole = io.BytesIO()
    np.save(whole, vectors(rng))
    (folder / "m.npy").write_bytes(damaged(rng, whole.getvalue()[:200]) + whole.getvalue()[200:])
    return _import(folder)


def other_formats(rng: Generator, folder: Path) -> Case:
    """What else people keep vectors in."""
    values, suffix = vectors(rng), str(rng.choice([".npz", ".npy", ".pt", ".csv", ".txt", ".json", ".h5", ".pkl", ""]))
    npz, saved = io.BytesIO(), io.BytesIO()
    np.savez(npz, a=values)
    np.savetxt(saved, values)
    contents = [
        npz.getvalue(),
        saved.getvalue(),
        pickle.dumps(values),
        b"\x89HDF\r\n\x1a\n" + bytes(500),
        b"",
        b"[[1, 2]]",
    ]
    (folder / f"m{suffix}").write_bytes(contents[int(rng.integers(len(contents)))])
    return _import(folder, f"m{suffix}", check=vectors_are(values))


class Executed:
    """Runs a command when it is unpickled."""

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, ("touch EXECUTED",)


def pickled(rng: Generator, folder: Path) -> Case:
    """Objects that would run something when read."""
    values = np.array([Executed() for _ in range(N)], dtype=object)
    if rng.random() < 0.5:
        np.save(folder / "m.npy", values, allow_pickle=True)
    else:
        (folder / "m.npy").write_bytes(pickle.dumps(values))
    return _import(folder, must="refuse", check=lambda outcome: "it was run" * (outcome.folder / "EXECUTED").exists())


def special_files(rng: Generator, folder: Path) -> Case:
    """No regular file, or one with a hole of many gigabytes."""
    path = folder / "m.npy"
    match str(rng.choice(["fifo", "folder", "missing", "dangling", "hole"])):
        case "fifo":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "dangling":
            path.symlink_to("nowhere.npy")
        case "hole":
            rows = int(rng.choice([N, 10**8]))
            width = 2**34 // rows
            path.write_bytes(npy(f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {width})}}\n"))
            os.truncate(path, 2**36)
    return _import(folder, must="refuse")


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
    return _import(folder, "m.parquet", must="refuse" if which != "bool" else "")


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
    return _import(folder, "m.parquet", must="accept", check=vectors_are(values))


def extra_column(rng: Generator, folder: Path) -> Case:
    """A column of numbers beside the vectors' own is no dimension of them."""
    values = vectors(rng)
    frame = pd.DataFrame(values, columns=[f"e{i}" for i in range(D)])
    frame.insert(
        int(rng.choice([0, D])), str(rng.choice(["confidence", "epoch", "score", "x"])), rng.random(N).astype("f4")
    )
    frame.to_parquet(folder / "m.parquet", index=False)
    return _import(folder, "m.parquet", check=vectors_are(values))


def damaged_parquet(rng: Generator, folder: Path) -> Case:
    """Bytes changed, cut or inserted."""
    whole = io.BytesIO()
    pd.DataFrame({"v": list(vectors(rng))}).to_parquet(whole, index=False)
    (folder / "m.parquet").write_bytes(damaged(rng, whole.getvalue()))
    return _import(folder, "m.parquet")


MAKERS = (
    lying_header,
    sizes_in_header,
    trailing_bytes,
    plain_types,
    odd_types,
    shapes,
    odd_values,
    damaged_npy,
    other_formats,
    pickled,
    special_files,
    shuffled_parquet,
    contradicting_keys,
    rows_in_another_order,
    odd_parquet,
    readable_parquet,
    extra_column,
    damaged_parquet,
)

"""Vectors: .npy headers that lie, every dtype and order, values that are no numbers, Parquet with and without ids."""

import io
import os
import pickle
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.random import Generator

from tests.hostile.case import Case
from tests.hostile.drawn import damaged
from tests.hostile.samples import imported, vectors, vectors_are, write_items

N, D = 24, 6


def npy(
    header: str | bytes, data: bytes = b"", *, version: tuple[int, int] = (1, 0), length: int | None = None
) -> bytes:
    """A .npy file with this header, true or not; length: what it says of the header's size."""
    text = header.encode("latin-1") if isinstance(header, str) else header
    size = len(text) if length is None else length
    return b"\x93NUMPY" + bytes(version) + struct.pack("<H" if version[0] == 1 else "<I", size) + text + data


def import_matrix(folder: Path, matrix: str = "m.npy", **more: object) -> Case:
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
    return import_matrix(folder, must="" if kind in {"dtype", "order", "keys"} else "refuse")


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
    return import_matrix(folder, must="refuse")


def trailing_bytes(rng: Generator, folder: Path) -> Case:
    """More data than the shape needs: numpy reads such files, and what it reads is right."""
    values = vectors(rng)
    np.save(folder / "m.npy", values)
    with (folder / "m.npy").open("ab") as file:
        file.write(rng.bytes(int(rng.integers(1, 500))))
    return import_matrix(folder, check=vectors_are(values))


def plain_types(rng: Generator, folder: Path) -> Case:
    """Every real dtype, byte order and memory order, which all can be read."""
    dtype = str(rng.choice(["<f2", "<f4", "<f8", ">f2", ">f4", ">f8", "<i2", ">i4", "<i8", "<u4", "|i1", "<u8"]))
    values = (vectors(rng) * 20).round().astype(np.dtype(dtype) if dtype[1] != "u" else float)
    values = np.abs(values).astype(dtype) if dtype[1] == "u" else values
    values = np.asfortranarray(values) if rng.random() < 0.5 else values
    np.save(folder / "m.npy", values)
    return import_matrix(folder, must="accept", check=vectors_are(values.astype(float)))


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
    return import_matrix(folder, check=vectors_are(values))


def shapes(rng: Generator, folder: Path) -> Case:
    """A matrix of another shape than the table needs."""
    shape = [(24,), (6, 24), (24, 1), (24, 0), (0, 6), (23, 6), (25, 6), (24, 6, 1), (1, 24, 6), (), (24, 2, 3)]
    np.save(folder / "m.npy", rng.normal(size=shape[int(rng.integers(len(shape)))]).astype(np.float32))
    return import_matrix(folder, must="refuse")


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
    return import_matrix(
        folder, must="refuse" if wrong else "", check=lambda outcome: "" if wrong else vectors_are(values)(outcome)
    )


def damaged_npy(rng: Generator, folder: Path) -> Case:
    """Bytes changed, cut or inserted."""
    whole = io.BytesIO()
    np.save(whole, vectors(rng))
    (folder / "m.npy").write_bytes(damaged(rng, whole.getvalue()[:200]) + whole.getvalue()[200:])
    return import_matrix(folder)


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
    return import_matrix(folder, f"m{suffix}", check=vectors_are(values))


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
    return import_matrix(
        folder, must="refuse", check=lambda outcome: "it was run" * (outcome.folder / "EXECUTED").exists()
    )


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
    return import_matrix(folder, must="refuse")


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
)

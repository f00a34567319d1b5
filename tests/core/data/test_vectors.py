"""Matrices made elsewhere: matched with the table by what they say of their rows, and believed only once checked."""

import os
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.common.errors import DataError
from core.data.row_keys import Rows
from core.data.vectors import Vectors, open_vectors

N = 12
POINTS = np.random.default_rng(0).normal(size=(N, 4)).astype(np.float32)
ORDER = np.random.default_rng(1).permutation(N)
IDS = [f"item {i}" for i in range(N)]
PATHS = [f"im/{i}.png" for i in range(N)]
LABELS = [f"c{i % 3}" for i in range(N)]
KEYS = {"id": IDS, "path": PATHS, "label": LABELS}


def rows(*keys: str, **others: list[Any]) -> Rows:
    """Of a table with some of the known columns, and with others."""
    known = {key: pd.Series(KEYS[key], dtype=object) for key in keys}
    return Rows(
        Path("items.csv"),
        N,
        known,
        other=lambda name: pd.Series(list(map(str, others[name])), dtype=object) if name in others else None,
    )


def shuffled(values: list[Any]) -> list[Any]:
    return [values[i] for i in ORDER]


def saved(tmp_path: Path, columns: dict[str, Any]) -> Path:
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    return tmp_path / "a.parquet"


def series(points: np.ndarray = POINTS, prefix: str = "e") -> dict[str, Any]:
    return {f"{prefix}{i}": points[:, i] for i in range(points.shape[1])}


def lists(points: np.ndarray = POINTS) -> dict[str, Any]:
    return {"v": points.tolist()}


def refused(path: Path, table: Rows, *words: str) -> None:
    with pytest.raises(DataError) as error:
        open_vectors(path, table)
    message = str(error.value)
    assert "\n" not in message
    assert len(message) <= 300
    for word in words:
        assert word in message, message


class TestKeys:
    @pytest.mark.parametrize("vectors", [series, lists])
    @pytest.mark.parametrize(
        ("column", "values", "keys"),
        [
            ("id", IDS, ["id", "label"]),
            ("path", PATHS, ["path", "label"]),
            ("path", [f".\\im\\{i}.png" for i in range(N)], ["path"]),
            ("ID", IDS, ["id"]),
            ("image_path", PATHS, ["path"]),
            ("filename", IDS, ["id"]),
            ("__index_level_0__", IDS, ["id"]),
        ],
    )
    def test_rows_in_another_order_are_joined(self, tmp_path: Path, vectors, column: str, values, keys: list[str]):
        path = saved(tmp_path, {column: shuffled(values), **vectors(POINTS[ORDER])})
        np.testing.assert_array_equal(open_vectors(path, rows(*keys)).values, POINTS)

    def test_columns_that_only_the_two_files_know(self, tmp_path: Path):
        path = saved(tmp_path, {"sample": shuffled(IDS), "index": ORDER, **lists(POINTS[ORDER])})
        np.testing.assert_array_equal(open_vectors(path, rows("label", sample=IDS)).values, POINTS)
        np.testing.assert_array_equal(open_vectors(path, rows("label", index=list(range(N)))).values, POINTS)

    @pytest.mark.parametrize(
        ("columns", "keys", "words"),
        [
            ({"label": shuffled(LABELS)}, ["label"], ["its label is", "row 0 (counting from 0)", "the table has"]),
            ({"path": shuffled(PATHS)}, ["label"], ["has a column path but items.csv has none"]),
            ({"id": shuffled(IDS)}, ["path"], ["has a column id but items.csv has none"]),
            ({"id": [*IDS[:-1], IDS[0]]}, ["id"], ["id 'item 0' is used twice"]),
            ({"id": [*IDS[:-1], "x"]}, ["id"], ["1 id(s) that are not in items.csv, such as 'x'"]),
            ({"path": [*PATHS[:-1], "x"]}, ["path"], ["its path is 'x' in row 11"]),
            ({"filename": shuffled(IDS)}, ["path"], ["its filename is"]),
            ({"id": shuffled(IDS), "label": LABELS}, ["id", "label"], ["its label is"]),
            ({"index": ORDER}, ["label"], ["its index does not ascend"]),
            ({"__index_level_0__": ORDER}, ["label"], ["__index_level_0__ does not ascend"]),
            ({"Unnamed: 0": ORDER}, ["label"], ["does not ascend"]),
            ({"__index_level_0__": shuffled(IDS)}, ["label"], ["__index_level_0__ does not ascend"]),
            ({"id": pd.date_range("2020", periods=N)}, ["id"], ['the column "id" holds timestamp']),
            ({"id": [{"a": 1}] * N}, ["id"], ['the column "id" holds struct']),
        ],
    )
    def test_contradictions_are_refused(self, tmp_path: Path, columns: dict, keys: list[str], words: list[str]):
        refused(saved(tmp_path, columns | lists()), rows(*keys), "a.parquet", *words)

    @pytest.mark.parametrize(
        "columns",
        [
            {"label": LABELS},
            {"label": [int(label[1:]) for label in LABELS]},
            {"label": pa.array(LABELS).dictionary_encode()},
            {"path": PATHS, "id": IDS},
            {"__index_level_0__": range(5, 5 + N)},
            {"__index_level_0__": [f"shoe {i}" for i in range(N)]},
            {"note": ["text"] * N, "when": pd.date_range("2020", periods=N)},
        ],
    )
    def test_what_agrees_is_taken_in_order(self, tmp_path: Path, columns: dict):
        path = saved(tmp_path, columns | lists())
        np.testing.assert_array_equal(open_vectors(path, rows("id", "path", "label")).values, POINTS)


class TestColumns:
    @pytest.mark.parametrize(
        ("columns", "words"),
        [
            (series() | {"confidence": POINTS[:, 0]}, ["no part of the series e0 to e3: confidence"]),
            (series() | {"score1": POINTS[:, 0]}, ["no part of the series e0 to e3: score1"]),
            (series(prefix="") | {"t": POINTS[:, 0]}, ["no part of the series 0 to 3: t"]),
            (series() | series(POINTS[:, :2], "f"), ["no part of the series e0 to e3: f0, f1"]),
            (series() | {"e4": ["x"] * N}, ["the column e4 holds string"]),
            (series() | {"e4": pa.nulls(N)}, ["the column e4 holds null"]),
            (series() | {"e4": pa.array([1] * N, pa.decimal128(5, 2))}, ["the column e4 holds decimal128"]),
            (series() | {"e4": range(N)}, ["mixes float columns with integer columns (e4)"]),
            ({"v": [{"x": 1.0}] * N}, ["no numeric columns"]),
            ({"v": [[[1.0]]] * N}, ["no numeric columns"]),
        ],
    )
    def test_what_is_no_part_of_the_vectors(self, tmp_path: Path, columns: dict, words: list[str]):
        refused(saved(tmp_path, columns), rows("label"), "a.parquet", *words)

    @pytest.mark.parametrize(
        ("columns", "doubt"),
        [
            (series(), ""),
            (lists() | {"confidence": POINTS[:, 0]}, ""),
            ({"x": POINTS[:, 0], "y": POINTS[:, 1]}, ""),
            ({"width": POINTS[:, 0], "height": POINTS[:, 1]}, "takes the columns width, height for dimensions"),
            ({"e0": POINTS[:, 0], "e1": POINTS[:, 1], "e7": POINTS[:, 2]}, "of which 5 are not there"),
        ],
    )
    def test_doubts(self, tmp_path: Path, columns: dict, doubt: str):
        messages = [notice.message for notice in open_vectors(saved(tmp_path, columns), rows()).notices()]
        assert (doubt in messages[0]) if doubt else not messages

    def test_names_that_are_there_twice(self, tmp_path: Path):
        array = pa.array(POINTS[:, 0])
        pq.write_table(pa.Table.from_arrays([array, array], names=["a", "a"]), tmp_path / "a.parquet")
        refused(tmp_path / "a.parquet", rows(), "several columns called a")

    def test_a_file_that_unpacks_to_far_more(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr("core.data.vector_columns.MAX_UNPACKED", 1 << 20)
        flat = pa.array(np.zeros(N * 50_000, np.float32))
        pq.write_table(pa.table({"v": pa.FixedSizeListArray.from_arrays(flat, 50_000)}), tmp_path / "a.parquet")
        refused(tmp_path / "a.parquet", rows(), "unpacks to")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.eye(N, 4), "only zeros and ones, which look like binary codes"),
        (np.eye(N, 4, dtype=np.uint8), "binary codes"),
        (np.arange(4 * N).reshape(N, 4).astype(np.int8), "int8 numbers, which look like quantised values"),
        (np.arange(4 * N).reshape(N, 4).astype(np.uint8), "bits packed into bytes"),
        (POINTS, None),
        (np.arange(4 * N).reshape(N, 4), None),
    ],
)
def test_codes_are_questioned(values: np.ndarray, words: str | None) -> None:
    messages = [notice.message for notice in Vectors(Path("a.npy"), values).notices()]
    assert len(messages) == (words is not None)
    assert words is None or words in messages[0]


def npy(header: str | bytes, data: bytes = b"", version: int = 1) -> bytes:
    text = header.encode("latin1") if isinstance(header, str) else header
    return b"\x93NUMPY" + bytes([version, 0]) + len(text).to_bytes(2 if version == 1 else 4, "little") + text + data


def plain(shape: object, descr: str = "'<f4'", fortran: object = False) -> str:
    return f"{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}\n"


class TestHeaders:
    @pytest.mark.parametrize(
        "content",
        [
            npy(plain((N, 4)), POINTS.tobytes()[:-4]),
            npy(plain((N, 4)), POINTS.tobytes() + b"more"),
            npy(plain((10**9, 10**9)), POINTS.tobytes()),
            npy(plain((10**30, 4))),
            npy(plain((-N, 4)), POINTS.tobytes()),
            npy(plain((-N, -4)), POINTS.tobytes()),
            npy(plain((N, True)), POINTS.tobytes()),
            npy(plain((N, 4.0)), POINTS.tobytes()),
            npy(plain([N, 4]), POINTS.tobytes()),
            npy(plain("N, 4")),
            npy(plain((N, 4), fortran=1), POINTS.tobytes()),
            npy(plain((N, 4), "'nonsense'")),
            npy(plain((N, 4), "[" * 40 + "]" * 40)),
            npy(plain((N, 4), "'|O'")),
            npy(plain((N, 4), "[('a', '<f4')]")),
            npy(plain((N, 4), "('<f4', (2,))")),
            npy("(" * 9000),
            npy("-" * 9000 + "1"),
            npy("[" * 9000 + "]" * 9000, version=2),
            npy("{" * 60),
            npy("open('x')"),
            npy("{}"),
            npy(b"\xff\xfe", version=3),
            npy("x" * 60_000),
            b"\x93NUMPY\x02\x00\xff\xff\xff\xff",
            b"\x93NUMPY\x09\x00",
            b"\x93NUMPY",
            b"",
        ],
    )
    def test_a_lie_is_refused_at_once(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "a.npy").write_bytes(content)
        start = time.process_time()
        tracemalloc.start()
        refused(tmp_path / "a.npy", rows(), "a.npy")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert time.process_time() - start < 5
        assert peak < 1 << 24

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
    @given(st.binary(max_size=40), st.integers(0, 140))
    def test_any_damage_is_a_sentence(self, tmp_path: Path, noise: bytes, at: int):
        path = tmp_path / "a.npy"
        np.save(path, POINTS)
        whole = path.read_bytes()
        path.write_bytes(whole[:at] + noise + whole[at + len(noise) :])
        try:
            open_vectors(path, rows())
        except DataError as error:
            assert len(str(error)) <= 300  # noqa: PT017

    @pytest.mark.parametrize("suffix", [".npy", ".parquet"])
    def test_what_is_no_file(self, tmp_path: Path, suffix: str):
        path = tmp_path / f"a{suffix}"
        os.mkfifo(path)
        refused(path, rows(), "it is a pipe, not a file")
        (tmp_path / f"b{suffix}").symlink_to("/dev/zero")
        refused(tmp_path / f"b{suffix}", rows(), "it is a device")
        refused(tmp_path / ("x" * 5000 + suffix), rows(), "name too long")

    @pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
    @pytest.mark.parametrize("order", ["C", "F"])
    def test_every_version(self, tmp_path: Path, version: tuple[int, int], order: str):
        with (tmp_path / "a.npy").open("wb") as file:
            np.lib.format.write_array(file, np.asarray(POINTS, order=order), version=version)
        np.testing.assert_array_equal(open_vectors(tmp_path / "a.npy", rows()).values, POINTS)

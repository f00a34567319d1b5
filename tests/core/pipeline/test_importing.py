"""Embeddings made elsewhere: whatever is wrong is one sentence and leaves nothing; what is right gives the figures."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from core.common.errors import DataError, UncollapseError
from core.data.row_keys import Rows
from core.data.vectors import open_vectors
from core.diagnostics import diagnose
from core.pipeline.assembly import Assembly
from core.pipeline.importing import import_study
from core.storage.study import Study
from tests.core.conftest import Outcome

N = 24


def matrix(n: int = N, d: int = 3, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


def units(values: np.ndarray) -> np.ndarray:
    wide = values.astype(np.float64)
    return wide / np.linalg.norm(wide, axis=1, keepdims=True)


class Desk:
    """A folder with a table, a matrix, and the command that imports them."""

    def __init__(self, folder: Path, cli: Callable[..., Outcome]) -> None:
        self.folder, self.cli, self.out = folder, cli, folder / "studies" / "out"
        self.table({"label": [f"c{i % 2}" for i in range(N)]})
        self.save("a", matrix())

    def table(self, columns: dict, name: str = "items.csv") -> Path:
        path, frame = self.folder / name, pd.DataFrame(columns)
        frame.to_parquet(path) if path.suffix == ".parquet" else frame.to_csv(path, index=False)
        return path

    def save(self, name: str, values: np.ndarray) -> Path:
        path = self.folder / f"{name}.npy"
        np.save(path, values, allow_pickle=True)
        return path

    def run(self, *options: object, embeddings: tuple[str, ...] = ("mine=a.npy",)) -> Outcome:
        """Relative paths of matrices are below the folder."""
        given = [part for e in embeddings for part in ("--embeddings", e.replace("=", f"={self.folder}/", 1))]
        return self.cli("import", "--table", self.folder / "items.csv", *given, "--out", self.out, *options)

    def refused(self, outcome: Outcome, *words: str) -> None:
        """Exit code 2, one sentence with all of these words, and nothing on the disk."""
        assert outcome.code == 2
        assert outcome.out == ""
        lines = outcome.err.strip().splitlines()
        assert len(lines) == 1, outcome.err
        assert lines[0].startswith("error: ")
        for word in words:
            assert word in lines[0], (word, lines[0])
        assert not self.out.parent.exists() or not list(self.out.parent.iterdir())


@pytest.fixture
def desk(tmp_path: Path, cli: Callable[..., Outcome]) -> Desk:
    return Desk(tmp_path, cli)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No UMAP: its first import alone takes seconds."""

    def flat(points: dict[str, np.ndarray], graphs: dict, **_: object) -> dict[str, np.ndarray]:
        return {name: np.asarray(values[:, :2], np.float32) for name, values in points.items()}

    monkeypatch.setattr("core.pipeline.assembly.paired_maps", flat)


def with_value(value: float, *rows: int) -> np.ndarray:
    values = matrix()
    values[list(rows), 1] = value
    return values


def zeros(*rows: int) -> np.ndarray:
    values = matrix()
    values[list(rows)] = 0
    return values


class TestWrongMatrix:
    @pytest.mark.parametrize(
        ("values", "words"),
        [
            (matrix(N - 1), ["a.npy has 23 rows", "items.csv has 24"]),
            (matrix(N + 1000), ["a.npy has 1,024 rows", "items.csv has 24"]),
            (np.empty((0, 3), np.float32), ["a.npy has 0 rows"]),
            (with_value(np.nan, 4), ["1 row holds NaN or infinite values", "counting from 0: 4"]),
            (with_value(np.inf, 2, 3, 5, 7, 11), ["5 rows hold NaN or infinite", "counting from 0: 2, 3, 5, ..."]),
            (zeros(0, 23), ["2 rows hold only zeros", "counting from 0: 0, 23"]),
            (matrix()[:, 0], ["has shape (24,)", "one row per item"]),
            (matrix().reshape(N, 3, 1), ["has shape (24, 3, 1)", "one row per item"]),
            (np.float32(3), ["has shape ()"]),
            (matrix()[:, :1], ["has 1 column(s)", "at least 2"]),
            (np.ones((N, 3), np.float32), ["all 24 rows are the same vector"]),
            (np.outer(np.arange(1, N + 1), [1.0, 2, 3]), ["all 24 rows are the same vector"]),  # once normalised
            (np.array([[{}] * 2] * N, object), ["pickled Python objects", "not read for safety"]),
            (matrix() > 0, ["holds bool", "float32"]),
            (matrix() + 1j, ["holds complex64"]),
            (matrix().astype(str), ["not real numbers"]),
        ],
    )
    def test_its_values_or_shape(self, desk: Desk, values: np.ndarray, words: list[str]):
        desk.save("a", values)
        desk.refused(desk.run(), "a.npy", *words)

    @pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"PK\x03\x04 no array", "half", "folder", "absent"])
    @pytest.mark.parametrize("suffix", [".npy", ".parquet"])
    def test_its_file(self, desk: Desk, content: bytes | str, suffix: str):
        path = desk.folder / f"a{suffix}"
        pd.DataFrame(matrix(), columns=list("xyz")).to_parquet(desk.folder / "a.parquet")
        whole = path.read_bytes()
        path.unlink()
        if isinstance(content, bytes) or content == "half":
            path.write_bytes(whole[: len(whole) // 2] if content == "half" else content)
        elif content == "folder":
            path.mkdir()
        desk.refused(desk.run(embeddings=(f"mine=a{suffix}",)), f"a{suffix} cannot be read")

    @pytest.mark.parametrize("name", ["a.pt", "a.csv", "a"])
    def test_its_kind(self, desk: Desk, name: str):
        (desk.folder / name).touch()
        desk.refused(desk.run(embeddings=(f"mine={name}",)), f"{name} is neither .npy nor .parquet")

    @pytest.mark.parametrize(
        ("columns", "words"),
        [
            ({"label": ["a"] * N}, ["no numeric columns"]),
            ({"x": [[1.0, 2.0]] * (N - 1) + [[1.0]]}, ["row 23 (counting from 0) has 1 numbers"]),
            ({"x": [[1.0, 2.0]] * (N - 1) + [None]}, ["row 23 (counting from 0) has no vector"]),
            ({"x": [[1.0, 2.0]] * N, "y": [[1.0]] * N}, ["several columns of lists (x, y)"]),
            ({"x": [1.0] * N, "shelf": range(N)}, ["mixes float columns with integer columns (shelf)"]),
            ({"x": [1.0] * (N - 1) + [None], "y": [2.0] * N}, ["1 row holds NaN"]),
            ({"x": [1.0] * 5, "y": [2.0] * 5}, ["a.parquet has 5 rows"]),
            ({"id": range(N), "x": [1.0] * N, "y": [1.0] * N}, ["has a column id but", "items.csv has none"]),
        ],
    )
    def test_its_columns(self, desk: Desk, columns: dict, words: list[str]):
        desk.table(columns, "a.parquet")
        desk.refused(desk.run(embeddings=("mine=a.parquet",)), "a.parquet", *words)

    @pytest.mark.parametrize(
        ("ids", "words"),
        [
            ([*range(N - 1), 5], ["a.parquet", "'5' is used twice"]),
            ([*range(N - 1), 99], ["1 id(s) that", "such as '99'"]),
        ],
    )
    def test_its_ids(self, desk: Desk, ids: list[int], words: list[str]):
        desk.table({"id": range(N), "label": ["a", "b"] * (N // 2)})
        desk.table({"id": ids, "x": matrix()[:, 0], "y": matrix()[:, 1]}, "a.parquet")
        desk.refused(desk.run(embeddings=("mine=a.parquet",)), *words)

    def test_the_second_one(self, desk: Desk):
        desk.save("b", zeros(7))
        desk.refused(desk.run(embeddings=("mine=a.npy", "other=b.npy")), "b.npy: 1 row holds only zeros")

    def test_a_full_disk(self, desk: Desk, monkeypatch: pytest.MonkeyPatch):
        def full(*_args: object, **_options: object) -> None:
            raise OSError(28, "No space left on device", "/disk/embeddings.npy")

        monkeypatch.setattr("core.pipeline.assembly.save_blocks", full)
        desk.refused(desk.run(), "no space left on the disk while writing /disk/embeddings.npy")


class TestWrongNames:
    @pytest.mark.parametrize(
        ("embeddings", "words"),
        [
            (["a.npy"], ['cannot read --embeddings "a.npy"', "write NAME=FILE"]),
            (["=a.npy"], ["write NAME=FILE"]),
            (["mine="], ["write NAME=FILE"]),
            (["mine=a.npy", "mine=b.npy"], ['the name "mine" is given twice']),
            (["Mine=a.npy"], ['the name "Mine" must be lower-case letters']),
            (["../x=a.npy"], ['the name "../x" must be lower-case letters']),
            (["pixels=a.npy"], ['an arm cannot be called "pixels"']),
        ],
    )
    def test_an_arm(self, desk: Desk, embeddings: list[str], words: list[str]):
        given = [part for e in embeddings for part in ("--embeddings", e)]
        desk.refused(desk.cli("import", "--table", desk.folder / "items.csv", *given, "--out", desk.out), *words)

    @pytest.mark.parametrize(
        ("reference", "words"),
        [
            ("ref.npy", ['cannot read --reference "ref.npy"', "as in --reference"]),
            ("mine=a.npy", ['"mine" is an arm and the reference']),
            ("A=a.npy", ['the name "A" must be lower-case']),
            ("ref=absent.npy", ["absent.npy cannot be read"]),
        ],
    )
    def test_the_reference(self, desk: Desk, reference: str, words: list[str]):
        desk.refused(desk.run("--reference", reference), *words)

    def test_what_exists_is_left_alone(self, desk: Desk):
        desk.out.mkdir(parents=True)
        outcome = desk.run()
        assert outcome.code == 2
        assert "exists already" in outcome.err
        assert not list(desk.out.iterdir())

    @pytest.mark.parametrize("missing", ["--table", "--embeddings", "--out"])
    def test_a_missing_option(self, cli: Callable[..., Outcome], missing: str):
        options = {"--table": "items.csv", "--embeddings": "a=a.npy", "--out": "out"}
        outcome = cli("import", *(part for key, value in options.items() if key != missing for part in (key, value)))
        assert outcome.code == 2
        assert missing in outcome.err


class TestWrongTable:
    @pytest.mark.parametrize(
        ("columns", "words"),
        [
            ({"name": ["a"] * N}, ["lacks the column label"]),
            ({"label": ["a"] * 20 + [None] * 4}, ["a label is missing (4: row 21, row 22, row 23, ...)"]),
            ({"label": ["a"] * N, "sublabel": [""] + ["b"] * (N - 1)}, ["a sublabel is missing (1: row 1)"]),
            ({"label": ["a"] * N, "split": ["later"] * N}, ["neither train nor test"]),
            ({"label": ["a"] * N, "is_query": [1] * N}, ["only one of the columns is_query and is_gallery"]),
            ({"label": ["a"] * N, "is_query": [0] * N, "is_gallery": [1] * N}, ["is_query is false for all"]),
            ({"label": []}, ["no rows"]),
            ({"label": ["a"]}, ["a single item"]),
        ],
    )
    def test_its_columns(self, desk: Desk, columns: dict, words: list[str]):
        desk.table(columns)
        desk.refused(desk.run(), *words)

    def test_its_file(self, desk: Desk):
        (desk.folder / "items.csv").write_bytes(bytes(range(256)))
        desk.refused(desk.run(), "items.csv cannot be read as a table")

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            ("label,note\nc0,a, b\n", ["row 1, on line 2, has 3 fields where the header has 2"]),
            ("Label\nc0\n", ["lacks the column label", "--columns label=Label"]),
            ("id,label\na,x\na,y\n", ["an id is listed twice (1: row 2)"]),
            ("id,label\na,x\n,y\n", ["an id is missing (1: row 2)"]),
        ],
    )
    def test_its_text(self, desk: Desk, content: str, words: list[str]):
        (desk.folder / "items.csv").write_text(content)
        desk.refused(desk.run(), *words)

    @pytest.mark.parametrize("columns", ["label", "=x", "label=", "lable=label"])
    def test_its_mapping(self, desk: Desk, columns: str):
        desk.refused(desk.run("--columns", columns), "column")

    def test_no_path_where_pictures_are_wanted(self, desk: Desk):
        desk.refused(desk.run("--images", desk.folder), "lacks the column path")

    @pytest.mark.parametrize(
        ("path", "words"),
        [
            ("absent.png", "a file is missing"),
            ("../x.png", "leads outside the data folder"),
            ("no.png", "not an image"),
        ],
    )
    def test_a_picture(self, desk: Desk, path: str, words: list[str]):
        Image.new("L", (9, 9)).save(desk.folder / "p.png")
        (desk.folder / "no.png").write_text("no picture")
        desk.table({"label": ["a", "b"] * (N // 2), "path": ["p.png"] * (N - 1) + [path]})
        desk.refused(desk.run("--images", desk.folder), words)

    def test_no_folder_of_pictures(self, desk: Desk):
        desk.table({"label": ["a"] * N, "path": ["p.png"] * N})
        desk.refused(desk.run("--images", desk.folder / "absent"), "absent does not exist")


@pytest.mark.usefixtures("quick")
class TestInterrupted:
    @pytest.mark.parametrize("step", ["add_blocks", "analyse", "draw", "describe"])
    def test_nothing_is_left(self, desk: Desk, step: str, monkeypatch: pytest.MonkeyPatch):
        def interrupt(*_args: object, **_options: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(Assembly, step, interrupt)
        assert desk.run().code == 130
        assert not list(desk.out.parent.iterdir())

    def test_progress_never_goes_back_and_counts_classes(self, desk: Desk):
        desk.table({"label": [f"c{i // 30}" for i in range(90)]})
        news: list[dict] = []
        sources = {name: desk.save(name, matrix(90, seed=i)) for i, name in enumerate(("one", "two"))}
        import_study(desk.folder / "items.csv", sources, desk.out, progress=lambda **n: news.append(n))
        fractions = [n["fraction"] for n in news if "fraction" in n]
        assert fractions == sorted(fractions)
        assert fractions[0] == 0 < fractions[-1] <= 1
        messages = [n["message"] for n in news]
        assert [f"diagnosing {arm}, {i} of 3 classes" in messages for arm in sources for i in (1, 2, 3)] == [True] * 6
        assert [n["stage"] for n in news if "stage" in n] == ["read", "analyse", "maps"]


@pytest.mark.usefixtures("quick")
class TestImported:
    def open(self, desk: Desk, *options: object, **kwargs: tuple[str, ...]) -> Study:
        outcome = desk.run(*options, **kwargs)
        assert outcome.code == 0, outcome.err
        return Study.load(desk.out)

    @pytest.mark.parametrize("dtype", ["<f2", "<f4", ">f4", "<f8", "i1", "u1", "<i8"])
    @pytest.mark.parametrize("order", ["C", "F"])
    def test_any_real_numbers_become_unit_vectors(self, desk: Desk, dtype: str, order: str):
        values = np.asarray((matrix() * 20 + 60), dtype=dtype, order=order)
        desk.save("a", values)
        study = self.open(desk)
        arm = study.arm("mine")
        assert arm.kind == "imported"
        assert not arm.takes_pictures
        np.testing.assert_allclose(arm.embeddings, units(values), atol=1e-7)
        assert study.evaluated.all()
        assert study.recipe is None
        assert study.name == "out"
        assert study.images is None
        assert study.thumbnails(side=8) is None
        assert study.embed([]) == {}
        assert study.references == []

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
    @given(hnp.arrays(np.float64, (4, 3), elements=st.floats(-1e300, 1e300)), st.sampled_from([1, 7, 1 << 22]))
    def test_lengths_of_any_size(self, desk: Desk, values: np.ndarray, block: int):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("core.data.vectors.BLOCK_NUMBERS", block)
            vectors = open_vectors(desk.save("wide", values), Rows(desk.folder / "items.csv", 4))
            if not values.any(axis=1).all():
                with pytest.raises(DataError, match="only zeros"):
                    list(vectors.unit_blocks())
                return
            scaled = values / np.abs(values).max(axis=1, keepdims=True)
            expected = scaled / np.linalg.norm(scaled, axis=1, keepdims=True)
            blocks = []
            try:
                for part in vectors.unit_blocks():
                    blocks.append(part)
            except DataError:
                assert len(np.unique(np.concatenate(blocks), axis=0)) == 1
            np.testing.assert_allclose(np.concatenate(blocks), expected, atol=2e-7)

    def test_unit_vectors_stay_as_they_are(self, desk: Desk):
        values = units(matrix(d=7)).astype(np.float32)
        desk.save("a", values)
        np.testing.assert_array_equal(self.open(desk).arm("mine").embeddings, values)

    @pytest.mark.parametrize("kind", ["numbers", "lists", "fixed", "indexed"])
    def test_parquet(self, desk: Desk, kind: str):
        import pyarrow as pa
        import pyarrow.parquet as pq

        values, path = matrix(), desk.folder / "a.parquet"
        if kind in {"numbers", "indexed"}:
            frame = pd.DataFrame(values).rename(columns=str).assign(label=[f"c{i % 2}" for i in range(N)], note="text")
            (frame.set_index(pd.Index(range(5, 5 + N))) if kind == "indexed" else frame).to_parquet(path)
        else:
            listed = pa.list_(pa.float32(), 3) if kind == "fixed" else pa.large_list(pa.float64())
            pq.write_table(pa.table({"v": pa.array(values.tolist(), listed), "n": list(range(N))}), path)
        study = self.open(desk, embeddings=("mine=a.parquet",))
        np.testing.assert_allclose(study.arm("mine").embeddings, units(values), atol=1e-7)

    @pytest.mark.parametrize("block", [1, 200, 1 << 22])
    def test_parquet_is_joined_by_id(self, desk: Desk, block: int, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr("core.data.vectors.BLOCK_NUMBERS", block)
        ids, order = [f"{i:03}" for i in range(N)], np.random.default_rng(1).permutation(N)
        desk.table({"id": ids, "label": ["a", "b"] * (N // 2)})
        shuffled = {"id": [ids[i] for i in order], "v": matrix()[order].tolist()}
        desk.table(shuffled, "a.parquet")
        study = self.open(desk, embeddings=("mine=a.parquet",))
        np.testing.assert_allclose(study.arm("mine").embeddings, units(matrix()), atol=1e-7)
        assert study.items["name"].tolist() == ids
        assert study.items["id"].tolist() == list(range(N))

    def test_columns_with_other_names_and_what_was_found_out(self, desk: Desk):
        text = "Klasse;Datei;Split\n" + "".join(f"c{i % 2};{i}.png;test\n" for i in range(N))
        (desk.folder / "items.csv").write_bytes(text.encode("utf-16"))
        outcome = desk.run("--columns", "label=Klasse", "--columns", "path=Datei")
        assert outcome.code == 0
        assert (
            "text in UTF-16, separated by semicolons; columns read: path from Datei, label from Klasse" in outcome.out
        )
        assert "warning: column Split: it is not read, and may be meant as split; --columns split=Split" in outcome.err
        assert Study.load(desk.out).items["name"][3] == "3.png"

    def test_codes_are_a_warning(self, desk: Desk):
        codes = np.random.default_rng(0).integers(0, 2, (N, 9)).astype(np.uint8)
        desk.save("a", np.maximum(codes, np.arange(9) == 0))
        assert "only zeros and ones, which look like binary codes" in desk.run().err
        assert "vector-values" in [warning.code for warning in Study.load(desk.out).arm("mine").warnings]

    def test_all_columns_of_the_table(self, desk: Desk):
        desk.table(
            {
                "label": ["a", "b"] * (N // 2),
                "sublabel": ["x", "y", "z"] * (N // 3),
                "split": ["train"] * 8 + ["test"] * 16,
                "is_query": [0] * 8 + [1] * 4 + [0] * 12,
                "is_gallery": [0] * 8 + [0] * 4 + [1] * 12,
                "path": [f"shelf/{i}.jpg" for i in range(N)],
                "colour": ["red"] * N,
            }
        )
        study = self.open(desk)
        assert study.evaluated.tolist() == [False] * 8 + [True] * 16
        assert study.items["name"][3] == "shelf/3.jpg"
        assert "colour" not in study.items
        points, labels = units(matrix()), study.items["label"].to_numpy()
        nearest = 12 + np.linalg.norm(points[8:12, None] - points[12:], axis=2).argmin(axis=1)
        expected = np.mean(labels[nearest] == labels[8:12])
        assert study.arm("mine").metrics["recall@1"] == pytest.approx(expected)
        assert study.queries("mine").index.tolist() == [8, 9, 10, 11]

    def test_a_reference_of_the_user_s_own(self, desk: Desk):
        desk.save("ref", matrix(d=5, seed=3))
        study = self.open(desk, "--reference", f"pixels={desk.folder}/ref.npy")
        assert (study.arms, study.references) == (["mine"], ["pixels"])
        assert not study.arm("pixels").takes_pictures
        table = study.diagnostics.set_index("arm")
        assert table.loc["mine", "reference_subclusters"].notna().all()
        assert table.loc["pixels", "reference_subclusters"].isna().all()

    @pytest.mark.parametrize(("colour", "zipped"), [(True, False), (False, True)])
    def test_pictures(self, desk: Desk, colour: bool, zipped: bool, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr("core.embedding.pixels.BLOCK", 7)
        (desk.folder / "img").mkdir()
        rng = np.random.default_rng(0)
        pictures = rng.integers(0, 255, (N, 12, 12, 3) if colour else (N, 12, 12)).astype(np.uint8)
        for i, picture in enumerate(pictures):
            Image.fromarray(picture).save(desk.folder / "img" / f"{i}.png")
        desk.table({"label": ["a", "b"] * (N // 2), "path": [f"{i}.png" for i in range(N)]})
        images = shutil.make_archive(str(desk.folder / "img"), "zip", desk.folder / "img") if zipped else "img"
        study = self.open(desk, "--images", desk.folder / images)
        assert study.references == ["pixels"]
        flat = pictures.transpose(0, 3, 1, 2) if colour else pictures
        np.testing.assert_allclose(study.arm("pixels").embeddings, units(flat.reshape(N, -1)), atol=1e-6)
        assert study.thumbnails(side=12).shape == ((N, 12, 12, 3) if colour else (N, 12, 12))
        np.testing.assert_array_equal(np.asarray(study.picture(3)), pictures[3])
        vectors = study.embed([study.picture(5)])
        assert list(vectors) == ["pixels"]
        np.testing.assert_allclose(vectors["pixels"][0], study.arm("pixels").embeddings[5], atol=1e-6)

    def test_one_class_two_items(self, desk: Desk):
        desk.table({"label": ["a", "a"]})
        desk.save("a", matrix(2))
        study = self.open(desk)
        assert study.diagnostics["verdict"].tolist() == ["too small"]

    def test_total_collapse_is_a_warning(self, desk: Desk):
        desk.save("a", (np.ones(3) + 1e-5 * matrix()).astype(np.float32))
        study = self.open(desk)
        assert study.arm("mine").warnings[0].message.startswith("total collapse: all items lie at one point,")

    def test_one_item_elsewhere_is_still_a_total_collapse_and_has_no_kappa(self, desk: Desk):
        points = np.tile(matrix(1, 4), (96, 1))
        points[95] = matrix(1, 4, seed=1)
        desk.table({"label": ["a", "b"] * 48})
        desk.save("a", points)
        outcome = desk.run()
        assert "total collapse: 95 of 96 items lie at one point" in outcome.err
        assert Study.load(desk.out).diagnostics["kappa"].isna().all()

    def test_a_class_of_most_items_at_one_point_is_no_total_collapse(self, desk: Desk):
        desk.table({"label": ["a"] * 95 + ["b"] * 5})
        desk.save("a", np.repeat(np.eye(3, dtype=np.float32)[:2] + 0.1, [95, 5], axis=0))
        assert not self.open(desk).arm("mine").warnings

    def test_labels_that_occur_once_leave_nothing_to_find(self, desk: Desk):
        desk.table({"label": [f"c{i}" for i in range(N)]})
        assert f"none of {N} queries counts in the figures" in desk.run().err
        assert Study.load(desk.out).arm("mine").warnings[0].code == "few-queries"

    def test_modes_that_differ_in_length_alone_are_said_to(self, desk: Desk):
        modes, directions = np.arange(120) % 3, matrix(120, 8) + 9 * np.eye(8)[np.repeat([0, 1], 60)]
        desk.table({"label": np.repeat(["a", "b"], 60), "sublabel": modes.astype(str)})
        desk.save("a", (directions * (1 + modes)[:, None]).astype(np.float32))
        warned = "the classes a and b differ in length alone; the analysis uses directions"
        assert warned in desk.run().err
        study = Study.load(desk.out)
        assert study.diagnostics["length_groups"].all()
        table = diagnose(directions * (1 + modes)[:, None], np.repeat(["a", "b"], 60), sublabels=modes)
        assert study.diagnostics["verdict"].tolist() == table["verdict"].tolist() == ["destroyed", "destroyed"]
        assert desk.cli("diagnose", desk.out).out.count("differ in length alone; the analysis uses directions.") == 2

    def test_the_command_speaks_json_and_diagnose_works(self, desk: Desk):
        outcome = desk.run("--json", "--title", "[/] mine")
        values = json.loads(outcome.out)
        assert values["study"] == str(desk.out)
        assert list(values["arms"]) == ["mine"]
        assert Study.load(desk.out).name == "[/] mine"
        verdict = Study.load(desk.out).diagnostics["verdict"][0]
        assert desk.cli("diagnose", desk.out, "--fail-on", "destroyed>9").code == 0
        assert desk.cli("diagnose", desk.out, "--fail-on", f"{verdict}>0").code == 1
        assert "c0" in desk.cli("diagnose", desk.out).out

    def test_searching_by_a_picture_is_refused(self, desk: Desk):
        assert desk.run().code == 0
        Image.new("L", (9, 9)).save(desk.folder / "q.png")
        outcome = desk.cli("search", desk.out, "--image", desk.folder / "q.png")
        assert outcome.code == 2
        assert "has no space that takes pictures" in outcome.err


def test_a_trained_study_brought_back_has_the_same_figures(study_folder: Path, tmp_path: Path):
    trained = Study.load(study_folder)
    trained.items.drop(columns="id").to_parquet(tmp_path / "items.parquet")
    arms = {name: study_folder / "arms" / name / "embeddings.npy" for name in ("standard", "nearest", "pixels")}
    reference = {"pixels": arms.pop("pixels")}
    again = import_study(tmp_path / "items.parquet", arms, tmp_path / "out", reference=reference)
    modes = again.items["sublabel"].str.split("/").str[-1]  # told apart by class where two classes share a mode's name
    assert modes.tolist() == trained.items["sublabel"].tolist()
    ours, theirs = (study.diagnostics for study in (again, trained))
    named = [[[m.split("/")[-1] for m in family] for family in families] for families in ours["merged_modes"]]
    assert named == [[list(family) for family in families] for families in theirs["merged_modes"]]
    pd.testing.assert_frame_equal(ours.drop(columns="merged_modes"), theirs.drop(columns="merged_modes"))
    for name in ("queries", "subclusters", "map"):
        assert (tmp_path / "out" / f"{name}.parquet").read_bytes() == (study_folder / f"{name}.parquet").read_bytes()
    for name in [*trained.arms, *trained.references]:
        assert again.arm(name).metrics == trained.arm(name).metrics
    with pytest.raises(UncollapseError, match="no pictures"):
        again.picture(0)

"""Studies on disk: what is read, what is refused, and that one bad study spoils no list."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from core.common.errors import StudyError, UncollapseError
from core.storage.catalogue import delete_study, fingerprint, list_studies, open_study
from core.storage.study import Study

TABLES = ["items.parquet", "map.parquet", "subclusters.parquet", "diagnostics.parquet", "queries.parquet"]
EMBEDDINGS = "arms/nearest/embeddings.npy"


@pytest.fixture
def study(study_folder: Path) -> Study:
    return Study.load(study_folder)


@pytest.fixture
def copy(study_folder: Path, tmp_path: Path) -> Path:
    """A copy that may be damaged, beside one that is whole."""
    shutil.copytree(study_folder, tmp_path / "root" / "whole")
    return Path(shutil.copytree(study_folder, tmp_path / "root" / "damaged"))


def use(study: Study) -> None:
    """Read everything there is."""
    for name in [*study.arms, *study.references]:
        study.map(name), study.subclusters(name), study.neighbours(name), study.arm(name).history
    study.diagnostics, study.queries("nearest"), study.picture(0), study.overlap(*study.arms)


def describe(folder: Path, edit: Callable[[dict], object]) -> None:
    path = folder / "study.json"
    description = json.loads(path.read_text())
    edit(description)
    path.write_text(json.dumps(description))


def refused(folder: Path) -> str:
    with pytest.raises(StudyError) as caught:
        Study.load(folder)
    assert "\n" not in str(caught.value)
    by_id = {summary.id: summary for summary in list_studies(folder.parent)}
    assert by_id["damaged"].error == str(caught.value)
    assert by_id["whole"].error is None
    assert list(by_id) == ["whole", "damaged"]
    return str(caught.value)


class TestWhole:
    def test_arms_come_in_the_recipes_order_and_the_reference_apart(self, study: Study):
        assert study.arms == ["standard", "nearest"]
        assert study.references == ["pixels"]
        assert [study.arm(name).positives for name in ("standard", "nearest", "pixels")] == ["random", "nearest", None]

    def test_rows_are_items_in_id_order(self, study: Study):
        n = len(study.items)
        assert study.items["id"].tolist() == list(range(n))
        for name in [*study.arms, *study.references]:
            embeddings = study.arm(name).embeddings
            assert embeddings.shape[0] == n
            assert np.allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-5)
            assert (np.isnan(study.map(name)).any(axis=1) == ~study.evaluated).all()
            assert (study.subclusters(name)[~study.evaluated] == -1).all()
        assert (study.evaluated == (study.items["split"] == "test")).all()

    def test_nothing_can_be_written_through_it(self, study: Study):
        with pytest.raises(ValueError, match="read-only"):
            study.arm("nearest").embeddings[0, 0] = 1

    def test_overlap_is_the_share_of_common_neighbours(self, study: Study):
        rows = np.flatnonzero(study.evaluated)
        a, b = (study.arm(name).embeddings[rows].astype(float) for name in study.arms)
        near = [np.argsort(np.linalg.norm(e - e[0], axis=1))[1:11] for e in (a, b)]
        assert study.overlap(*study.arms)[rows[0]] == pytest.approx(len(np.intersect1d(*near)) / 10)
        assert np.nanmin(study.overlap("nearest", "nearest")) == 1
        assert np.isnan(study.overlap(*study.arms)[~study.evaluated]).all()

    @pytest.mark.parametrize("damage", [None, b"", b"no matrix", "rows beyond the end", "too few"])
    def test_kept_neighbours_are_those_a_search_finds_and_damaged_ones_are_not_trusted(
        self, study_folder: Path, tmp_path: Path, damage, monkeypatch
    ):
        copied = Path(shutil.copytree(study_folder, tmp_path / "study"))
        kept = copied / "arms" / "nearest" / "neighbours.npy"
        if isinstance(damage, bytes):
            kept.write_bytes(damage)
        elif damage is not None:
            rows = np.load(kept)
            np.save(kept, rows[:5] if damage == "too few" else np.full_like(rows, 10**6))
        study = Study.load(copied)
        found = study.neighbours("nearest").graph(10)
        if damage is None:  # and the search is not made again
            monkeypatch.setattr(Study, "neighbours", lambda self, name: 1 / 0)
        np.testing.assert_array_equal(study.graph("nearest").rows, found.rows)
        np.testing.assert_array_equal(study.graph("nearest").distances, found.distances)

    def test_embedding_an_items_own_picture_gives_its_row(self, study: Study):
        ids = np.flatnonzero(study.evaluated)[:3].tolist()
        spaces = study.embed([study.picture(i) for i in ids])
        assert list(spaces) == ["standard", "nearest", "pixels"]
        for name, vectors in spaces.items():
            np.testing.assert_allclose(vectors, study.arm(name).embeddings[ids], atol=1e-5)

    def test_pictures_of_any_size_and_colour_can_be_embedded(self, study: Study):
        pictures = [Image.new("RGB", (31, 7), "red"), Image.new("L", (1, 1)), Image.new("RGB", (900, 900))]
        for name, vectors in study.embed(pictures).items():
            assert vectors.shape == (3, study.arm(name).embeddings.shape[1])
            assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)

    def test_an_item_is_placed_where_it_is(self, study: Study):
        rows = np.flatnonzero(study.evaluated)
        for name in [*study.arms, *study.references]:
            placed = study.place(name, study.arm(name).embeddings[rows])
            assert np.median(np.linalg.norm(placed - study.map(name)[rows], axis=1)) < 1e-3

    def test_history_has_a_row_per_epoch(self, study: Study):
        history = study.arm("nearest").history
        assert history["epoch"].tolist() == [1, 2]
        assert {"loss", "tuples", "active", "spread", "kappa", "recall@1", "sub_map@r"} <= set(history)
        assert study.arm("pixels").history.empty

    def test_thumbnails_are_those_of_the_evaluated_items(self, study: Study):
        thumbnails = study.thumbnails(side=8)
        assert thumbnails.shape == (study.evaluated.sum(), 8, 8)
        first = int(np.flatnonzero(study.evaluated)[0])
        np.testing.assert_array_equal(thumbnails[0], np.asarray(study.picture(first)))

    @pytest.mark.parametrize("id", [-1, 300, 10**12])
    def test_an_item_that_is_not_there(self, study: Study, id: int):
        with pytest.raises(StudyError, match=f"has no item {id}"):
            study.picture(id)

    def test_an_arm_that_is_not_there(self, study: Study):
        with pytest.raises(StudyError, match='no arm "x"; it has standard, nearest, pixels'):
            study.map("x")

    def test_the_description_is_json_that_others_can_read(self, study_folder: Path):
        def refuse(word: str) -> None:
            raise AssertionError(word)

        json.loads((study_folder / "study.json").read_text(), parse_constant=refuse)

    def test_no_training_state_is_left(self, study_folder: Path):
        assert not [p for p in study_folder.rglob("*") if p.suffix in {".pt", ".fresh", ".pkl"}]


class TestDamaged:
    def test_a_cut_file_is_named(self, copy: Path):
        history = copy / "arms" / "nearest" / "history.parquet"
        os.truncate(history, 50)
        with pytest.raises(StudyError, match=r"history\.parquet of the arm nearest cannot be read"):
            _ = Study.load(copy).arm("nearest").history
        os.truncate(copy / "arms" / "nearest" / "embeddings.npy", 300)
        with pytest.raises(StudyError, match=r"nearest/embeddings\.npy is not a valid \.npy file"):
            Study.load(copy)
        os.truncate(copy / "study.json", 50)
        with pytest.raises(StudyError, match=r"study\.json is cut short or garbled"):
            Study.load(copy)

    def test_a_wrong_entry_is_named_in_plain_words(self, copy: Path):
        facts = json.loads((copy / "study.json").read_text())
        (copy / "study.json").write_text(json.dumps(facts | {"recipe": None}))
        with pytest.raises(StudyError, match=r"recipe: Input should be a valid dictionary\); make it again"):
            Study.load(copy)

    @pytest.mark.parametrize("name", ["study.json", EMBEDDINGS, "arms/pixels/embeddings.npy", *TABLES])
    @pytest.mark.parametrize("damage", ["remove", "empty", "truncate", "garbage", "folder"])
    def test_each_file(self, copy: Path, name: str, damage: str):
        path = copy / name
        data = path.read_bytes()
        path.unlink()
        match damage:
            case "empty":
                path.touch()
            case "truncate":
                path.write_bytes(data[: len(data) // 2])
            case "garbage":
                path.write_bytes(b"PK\x03\x04" + os.urandom(300))
            case "folder":
                path.mkdir()
        with pytest.raises(StudyError) as caught:
            use(Study.load(copy))  # derived tables are only read when they are shown
        assert "damaged" in str(caught.value)
        assert "whole" in [s.id for s in list_studies(copy.parent) if s.error is None]
        if name not in TABLES[1:] or damage in {"remove", "folder"}:
            refused(copy)

    @pytest.mark.parametrize(
        ("edit", "complaint"),
        [
            (lambda d: d.update(schema=99), "has schema 99, and this version reads those up to 2: update Uncollapse"),
            (lambda d: d.pop("schema"), "schema' is missing"),
            (lambda d: d.update(schema="two"), "schema is 'two'"),
            (lambda d: d["arms"][0].pop("has_network"), "has_network"),
            (lambda d: d.pop("arms"), "arms"),
            (lambda d: d.update(arms={}), "arms"),
            (lambda d: d.update(arms=[5]), "arms"),
            (lambda d: d.update(arms=[]), "there is no arm"),
            (lambda d: d.update(arms=d["arms"][2:]), "there is no arm"),
            (lambda d: d.update(arms=[*d["arms"], d["arms"][0]]), "two arms have the same name"),
            (lambda d: d["arms"][0].pop("kind"), "kind"),
            (lambda d: d["arms"][0].update(kind="magic"), "kind"),
            (lambda d: d["arms"][0].update(metrics=[1]), "metrics"),
            (lambda d: d["arms"][0].update(metrics={"recall@1": "high"}), "metrics"),
            (lambda d: d["arms"][0].update(warnings="total"), "warnings"),
            (lambda d: d["arms"][0].update(name="gone"), "embeddings.npy: No such file"),
            (lambda d: d.update(created=7), "created"),
            (lambda d: d.update(timings=[]), "timings"),
            (lambda d: d.update(recipe={}), "missing key name"),
            (lambda d: d["recipe"].update(surprise=1), "unknown key surprise"),
        ],
    )
    def test_a_description_with_a_wrong_part(self, copy: Path, edit, complaint: str):
        describe(copy, edit)
        assert complaint in refused(copy)

    @pytest.mark.parametrize("content", ["[]", "5", "null", '"schema"', "[" * 100_000, "{}"])
    def test_a_description_that_is_none(self, copy: Path, content: str):
        (copy / "study.json").write_text(content)
        refused(copy)

    @pytest.mark.parametrize("name", ["../../whole/arms/nearest", "..", ".", "", "/etc", "a/b", "nearest\n", "Nearest"])
    def test_an_arm_cannot_name_another_folder(self, copy: Path, name: str):
        describe(copy, lambda d: d["arms"][0].update(name=name))
        assert "name" in refused(copy)

    @pytest.mark.parametrize(
        "array",
        [
            np.zeros((3, 8), np.float32),
            np.zeros((301, 8), np.float32),
            np.zeros((300, 8), np.float64),
            np.zeros(300, np.float32),
            np.zeros((300, 8), np.int32),
            np.array([{"a": 1}] * 300, dtype=object),
        ],
    )
    def test_embeddings_of_another_shape_or_type(self, copy: Path, array: np.ndarray):
        np.save(copy / EMBEDDINGS, array, allow_pickle=True)
        refused(copy)

    def test_items_whose_ids_are_no_row_numbers(self, copy: Path):
        items = pd.read_parquet(copy / "items.parquet")
        items.assign(id=items["id"][::-1].to_numpy()).to_parquet(copy / "items.parquet")
        assert "ids are not 0 to n - 1" in refused(copy)

    def test_no_items(self, copy: Path):
        pd.read_parquet(copy / "items.parquet").iloc[:0].to_parquet(copy / "items.parquet")
        assert "empty" in refused(copy)

    @pytest.mark.parametrize("name", TABLES)
    def test_a_table_without_a_column(self, copy: Path, name: str):
        table = pd.read_parquet(copy / name)
        table.drop(columns="label" if "label" in table else "id").to_parquet(copy / name)
        with pytest.raises(StudyError, match="lacks the column"):
            use(Study.load(copy))

    def test_two_places_for_one_item(self, copy: Path):
        places = pd.read_parquet(copy / "map.parquet")
        pd.concat([places, places]).to_parquet(copy / "map.parquet")
        with pytest.raises(StudyError, match="two rows for one item"):
            Study.load(copy).map("nearest")

    @pytest.mark.parametrize("name", ["items.parquet", EMBEDDINGS, "images.npy", "arms/nearest/neighbours.npy"])
    @pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("nowhere")])
    def test_a_part_that_is_no_file_is_not_opened(self, copy: Path, name: str, make: Callable[[Path], None]):
        (copy / name).unlink()
        make(copy / name)
        assert "is not a file" in refused(copy)

    def test_a_part_may_lie_elsewhere(self, copy: Path, tmp_path: Path):
        shutil.move(copy / EMBEDDINGS, tmp_path / "elsewhere.npy")
        (copy / EMBEDDINGS).symlink_to(tmp_path / "elsewhere.npy")
        use(Study.load(copy))

    @pytest.mark.parametrize("array", [np.zeros((2, 8, 8), np.uint8), np.zeros((300, 8, 8), np.float32)])
    def test_pictures_of_other_items(self, copy: Path, array: np.ndarray):
        np.save(copy / "images.npy", array)
        with pytest.raises(StudyError, match=r"images\.npy"):
            Study.load(copy).picture(0)

    def test_pictures_that_are_garbage(self, copy: Path):
        (copy / "images.npy").write_bytes(b"PK\x03\x04 no array")
        with pytest.raises(StudyError, match=r"images\.npy"):
            Study.load(copy).picture(0)

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
    @given(st.data())
    def test_any_damage_is_a_sentence_or_harmless(self, copy: Path, data: st.DataObject):
        path = copy / data.draw(st.sampled_from(["study.json", EMBEDDINGS, "items.parquet", "map.parquet"]))
        original = path.read_bytes()
        at = data.draw(st.integers(0, len(original) - 1))
        try:
            path.write_bytes(original[:at] + data.draw(st.binary(max_size=4)) + original[at + 1 :])
            opened = Study.load(copy)
            opened.map("nearest")
        except UncollapseError:
            pass
        finally:
            path.write_bytes(original)

    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_numbers_that_are_none_are_found(self, copy: Path, value: float):
        vectors = np.load(copy / EMBEDDINGS)
        vectors[3, 1] = value
        np.save(copy / EMBEDDINGS, vectors)
        with pytest.raises(StudyError, match="vectors of nearest are NaN or infinite in 1 rows, the first is row 3"):
            Study.load(copy).require_finite()

    @pytest.mark.parametrize(("column", "value"), [("n", None), ("subclusters", None), ("kappa", np.inf)])
    def test_figures_that_cannot_be(self, copy: Path, column: str, value: float | None):
        table = pd.read_parquet(copy / "diagnostics.parquet")
        table[column] = table[column].astype(float)
        table.loc[0, column] = value
        table.to_parquet(copy / "diagnostics.parquet", index=False)
        with pytest.raises(StudyError, match=f"number.* in the column {column}"):
            use(Study.load(copy))


class TestList:
    def test_no_root_no_studies(self, tmp_path: Path):
        assert list_studies(tmp_path / "absent") == []

    def test_newest_first_and_damaged_last(self, copy: Path):
        describe(copy, lambda d: d.update(created="2999-01-01T00:00:00+00:00"))
        assert [s.id for s in list_studies(copy.parent)] == ["damaged", "whole"]
        (copy / "study.json").unlink()
        assert [s.id for s in list_studies(copy.parent)] == ["whole", "damaged"]

    def test_hidden_folders_files_and_links_are_no_studies(self, copy: Path, tmp_path: Path):
        root = copy.parent
        shutil.move(copy, tmp_path / "outside")
        (root / "link").symlink_to(tmp_path / "outside")
        (root / ".whole.unfinished").mkdir()
        (root / "file").touch()
        (root / "loop").symlink_to("loop")
        assert [s.id for s in list_studies(root)] == ["whole"]
        for id in ("link", ".whole.unfinished", "file", "loop"):
            with pytest.raises(StudyError, match="no study called"):
                open_study(root, id)

    def test_a_summary_says_what_is_in_it(self, copy: Path):
        summary = next(s for s in list_studies(copy.parent) if s.id == "whole")
        assert (summary.n_items, summary.arms) == (300, ("standard", "nearest"))

    @pytest.mark.parametrize(
        "id",
        [
            "",
            ".",
            "..",
            "../root/whole",
            "whole/",
            "./whole",
            "/etc",
            "whole\0",
            "x" * 5000,
            "\udcff",
            "whole/arms",
            "~",
        ],
    )
    def test_an_id_cannot_leave_the_root(self, copy: Path, id: str):
        with pytest.raises(StudyError, match="no study called"):
            open_study(copy.parent, id)

    def test_an_absolute_path_is_no_id(self, copy: Path):
        with pytest.raises(StudyError, match="no study called"):
            open_study(copy.parent, str(copy))

    def test_an_id_opens_its_study(self, copy: Path):
        assert open_study(copy.parent, "whole").path == copy.parent / "whole"


def test_a_fingerprint_changes_with_any_file_that_is_changed_cut_or_gone(copy: Path):
    whole = fingerprint(copy)
    assert fingerprint(copy) == whole
    matrix, table = copy / "arms" / "nearest" / "embeddings.npy", copy / "map.parquet"
    seen = {whole}
    for change in (
        lambda: os.truncate(matrix, 100),
        lambda: os.utime(table),
        table.unlink,
        lambda: shutil.rmtree(copy),
    ):
        change()
        seen.add(fingerprint(copy))
    assert len(seen) == 5


def test_a_deleted_study_is_gone_and_nothing_else(copy: Path):
    (copy / "study.json").write_text("{")  # a damaged one must go too
    for id in ("..", ".", "", "nothing", "../root/whole", ".jobs"):
        with pytest.raises(StudyError, match="there is no study called"):
            delete_study(copy.parent, id)
    delete_study(copy.parent, "damaged")
    assert [path.name for path in copy.parent.iterdir()] == ["whole"]

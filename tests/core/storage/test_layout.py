"""Studies of the last release, kept under release_1 as it wrote them, open and answer as they did."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from core.__main__ import app
from core.common.errors import StudyError
from core.common.notices import Notice
from core.common.strict_json import to_json
from core.storage.layout import SCHEMA, NoiseEntry, snapshot_epoch, snapshot_name
from core.storage.study import Study

RELEASE = Path(__file__).parent / "release_1"
NAMES = ["tiny", "imported"]


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return Path(shutil.copytree(RELEASE / "tiny", tmp_path / "tiny"))


def edit(folder: Path, change) -> Study:
    path = folder / "study.json"
    facts = json.loads(path.read_text())
    change(facts)
    path.write_text(json.dumps(facts))
    return Study.load(folder)


@pytest.mark.parametrize("name", NAMES)
class TestOfTheLastRelease:
    def test_it_is_of_schema_1_and_reading_leaves_it_so(self, name: str):
        before = (RELEASE / name / "study.json").read_bytes()
        Study.load(RELEASE / name)
        assert (RELEASE / name / "study.json").read_bytes() == before
        assert json.loads(before)["schema"] == 1 < SCHEMA

    def test_every_part_answers(self, name: str):
        study = Study.load(RELEASE / name)
        kept = json.loads((RELEASE / name / "study.json").read_text())["arms"]
        assert [*study.arms, *study.references] == [entry["name"] for entry in kept]
        for entry in kept:
            arm, rows = study.arm(entry["name"]), np.flatnonzero(study.evaluated)
            assert arm.metrics == entry["metrics"]
            assert np.isfinite(study.map(arm.name)[rows]).all()
            assert set(study.subclusters(arm.name)[rows]) != {-1}
            assert len(study.queries(arm.name)) == len(rows)
            found = study.neighbours(arm.name).graph(10)
            np.testing.assert_array_equal(study.graph(arm.name).rows, found.rows)
            np.testing.assert_array_equal(study.graph(arm.name).rows, np.load(arm.folder / "neighbours.npy")[:, :10])
        overlap = study.overlap(*study.arms)[study.evaluated]
        assert 0 < overlap.mean() < 1

    def test_it_says_nothing_of_wrong_labels(self, name: str):
        study = Study.load(RELEASE / name)
        assert study.label_noise is None
        assert "label_noise" not in study.diagnostics

    def test_diagnose_prints_what_it_printed(self, name: str):
        outcome = CliRunner().invoke(app, ["diagnose", str(RELEASE / name), "--json"])
        printed = json.loads((RELEASE / f"{name}.json").read_text())
        now = json.loads(outcome.stdout)
        assert [{key: row[key] for key in before} for row, before in zip(now, printed, strict=True)] == printed
        table = Study.load(RELEASE / name).diagnostics.to_dict("records")
        assert json.loads(to_json(table)) == json.loads((RELEASE / f"{name}.json").read_text())


def test_its_arms_say_how_they_came_and_which_have_a_network():
    tiny, imported = (Study.load(RELEASE / name) for name in NAMES)
    facts = [(a.kind, a.has_network, a.takes_pictures) for a in map(tiny.arm, ["standard", "nearest", "pixels"])]
    assert facts == [("trained", True, True), ("trained", True, True), ("reference", False, True)]
    arms = [imported.arm(name) for name in imported.arms]
    assert {(a.kind, a.has_network, a.takes_pictures) for a in arms} == {("imported", False, False)}


def test_its_networks_and_snapshots_are_read():
    study = Study.load(RELEASE / "tiny")
    ids = np.flatnonzero(study.evaluated)[:3].tolist()
    for name, vectors in study.embed([study.picture(id) for id in ids]).items():
        np.testing.assert_allclose(vectors, study.arm(name).embeddings[ids], atol=1e-5)
    for arm in map(study.arm, study.arms):
        assert arm.snapshots.epochs == arm.history["epoch"].tolist() or arm.snapshots.epochs == [0, 1, 2]
        last = arm.embeddings[study.evaluated].astype(np.float16)
        np.testing.assert_allclose(arm.snapshots[-1].astype(float), last.astype(float), atol=2e-3)


def test_warnings_that_were_sentences_become_notices(tiny: Path):
    texts = ["total collapse: all items lie at one point", "no tuples: nothing to compare", "odd: something else"]
    study = edit(tiny, lambda facts: facts["arms"][0].update(warnings=texts))
    codes = ["total-collapse", "no-tuples", "note"]
    expected = tuple(Notice(code, "warning", text) for code, text in zip(codes, texts, strict=True))
    assert study.arm("standard").warnings == expected
    assert study.arm("nearest").warnings == ()


def test_an_arm_that_was_loaded_is_not_called_trained(tiny: Path):
    study = edit(tiny, lambda f: f["recipe"]["arms"]["nearest"].update(checkpoint="elsewhere", positives=None))
    assert study.arm("nearest").kind == "loaded"
    assert study.arm("nearest").has_network


def test_pixels_from_before_they_were_described(tiny: Path):
    study = edit(tiny, lambda facts: facts["arms"][2].pop("pixels"))
    assert (study.arm("pixels").pixels.side, study.arm("pixels").pixels.channels) == (8, 1)


def test_names_of_snapshots():
    assert snapshot_epoch(snapshot_name(12)) == 12
    assert snapshot_epoch(".00012.npy.fresh") is None


NOISE = {"space": "pixels", "items": "training", "noise": None, "low": 0.0, "high": 0.3}


def test_wrong_labels_are_read_where_they_are_kept(tiny: Path):
    assert edit(tiny, lambda facts: facts.update(label_noise=NOISE)).label_noise == NoiseEntry(**NOISE)


@pytest.mark.parametrize("change", [{"items": "some"}, {"high": "much"}, {"space": None}])
def test_damaged_facts_of_wrong_labels_are_a_damaged_study(tiny: Path, change: dict):
    with pytest.raises(StudyError, match="damaged"):
        edit(tiny, lambda facts: facts.update(label_noise=NOISE | change))

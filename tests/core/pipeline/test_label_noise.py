"""Which embedding of a study is asked for wrong labels, and what the study keeps of the answer."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.neighbours.index import Neighbours
from core.pipeline import label_noise
from core.pipeline.label_noise import study_label_noise
from core.storage.layout import ArmEntry
from core.storage.study import Study, evaluated

NOISE = 0.1


class Made:
    """Two classes far apart, a tenth of their labels wrong, and spaces that show them more or less honestly."""

    def __init__(self, n: int = 1200, *, held_out: float = 0.0) -> None:
        rng = np.random.default_rng(0)
        truth, wrong = np.arange(n) % 2, rng.random(n) < NOISE
        labels = np.where(wrong, 1 - truth, truth)
        self.items = pd.DataFrame({"id": np.arange(n), "label": np.array(["a", "b"])[labels]})
        if held_out:
            self.items["split"] = np.where(rng.random(n) < held_out, "test", "train")
        self.wrong = wrong
        self.spaces = {
            "honest": self._around(truth, rng),
            "taught": self._around(labels, rng),  # lies by the labels that it is asked for
            "blind": rng.normal(size=(n, 4)).astype(np.float32),
        }

    def _around(self, places: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return (8.0 * np.eye(4)[places] + rng.normal(size=(len(places), 4))).astype(np.float32)

    def ask(self, **kinds: str):
        rows = np.flatnonzero(evaluated(self.items))
        entries = {name: ArmEntry(name, kind, has_network=False) for name, kind in kinds.items()}
        spaces = {name: self.spaces[name] for name in kinds}
        graphs = {name: Neighbours(points[rows], rows).graph(15) for name, points in spaces.items()}
        return study_label_noise(self.items, entries, spaces, graphs, seed=0)

    def truth(self, split: str | None = None) -> float:
        return float(self.wrong[slice(None) if split is None else self.items["split"] == split].mean())


def test_a_reference_is_asked_for_the_labels_that_arms_are_trained_on():
    made = Made(held_out=0.3)
    made.items["clean_label"] = made.items["label"]  # labels changed on purpose, so held-out ones are right
    found, classes = made.ask(honest="reference", taught="trained")
    assert (found.space, found.items) == ("honest", "training")
    assert found.noise == pytest.approx(made.truth("train"), abs=0.03)
    assert classes["n"].sum() == (made.items["split"] == "train").sum()


def test_without_a_reference_arms_are_asked_for_held_out_items():
    made = Made(held_out=0.4)
    found, _ = made.ask(honest="imported")
    assert (found.space, found.items) == ("honest", "held-out")
    assert found.noise == pytest.approx(made.truth("test"), abs=0.04)


def test_an_arm_stands_in_for_a_reference_that_shows_no_classes():
    found, _ = Made(held_out=0.4).ask(blind="reference", honest="trained")
    assert (found.space, found.items) == ("honest", "held-out")


def test_what_was_taught_the_labels_does_not_outdo_what_was_not():
    found, _ = Made(held_out=0.4).ask(taught="imported", honest="imported")
    assert found.space == "honest"


@pytest.mark.parametrize("kinds", [{"honest": "reference", "taught": "imported"}, {"honest": "imported"}])
def test_where_nothing_is_held_out_all_items_are_asked_of_the_reference_if_there_is_one(kinds):
    made = Made()
    found, _ = made.ask(**kinds)
    assert (found.space, found.items) == ("honest", "all")
    assert found.noise == pytest.approx(made.truth(), abs=0.03)


def test_where_no_space_shows_the_classes_only_a_limit_is_kept():
    found, classes = Made().ask(blind="reference")
    assert found.noise is None
    assert found.low == 0 < found.high
    assert classes["noise"].isna().all()


def test_of_many_training_items_a_sample_is_asked(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(label_noise, "MAX_ITEMS", 400)
    made = Made(held_out=0.3)
    found, classes = made.ask(honest="reference")
    assert classes["n"].sum() == 400
    assert found.noise == pytest.approx(made.truth("train"), abs=0.05)


def test_a_study_keeps_it(study_folder: Path):
    study = Study.load(study_folder)
    entry = study.label_noise
    assert entry is not None
    assert (entry.space, entry.items) == ("pixels", "training")
    assert 0 <= entry.low <= entry.high <= 1
    assert set(asdict(entry)) == {"space", "items", "noise", "low", "high"}
    for _, rows in study.diagnostics.groupby("label"):
        columns = rows[["label_noise", "label_noise_low", "label_noise_high"]]
        assert len(columns.drop_duplicates()) == 1  # alike for all arms
        assert columns["label_noise_low"].between(0, columns["label_noise_high"]).all()

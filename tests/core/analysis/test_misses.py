"""One cause for every miss, and what is promised for mending it is what comes out where the data are mended."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.analysis import mending
from core.analysis.mending import AS_IT_IS, FIGURES, arm_table, if_mended, misses_table
from core.analysis.misses import CAUSES, Misses, dropped_twins, explain_misses, suspects
from core.diagnostics import retrieval_metrics
from core.pipeline import assembly
from core.pipeline.assembly import Assembly, Stages
from core.storage.layout import ArmEntry
from core.storage.study import Study
from tests.core.diagnostics.planted import NOISE, classes_of_modes, sphere

RELEASE = Path(__file__).parents[1] / "storage" / "release_1"
SEEDS = range(3)
Make = Callable[..., Study]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """A study of an arm `a`, and of a reference where one is given; its map is not drawn. columns: of its items."""
    monkeypatch.setattr(
        assembly,
        "paired_maps",
        lambda points, *_, **__: {name: np.zeros((len(p), 2), np.float32) for name, p in points.items()},
    )

    def made(
        points: np.ndarray, labels: np.ndarray, *, reference: np.ndarray | None = None, **columns: object
    ) -> Study:
        table = pd.DataFrame({"id": np.arange(len(points)), "label": np.asarray(labels).astype(str), **columns})
        parts = Assembly(tmp_path, table, seed=0, stages=Stages({"all": 0.0}, None))
        parts.add(ArmEntry("a", "imported", has_network=False), points)
        if reference is not None:
            parts.add(ArmEntry("before", "reference", has_network=False), reference)
        parts.analyse()
        parts.draw()
        parts.describe(title="planted", image_root=None, device="cpu")
        return Study.load(tmp_path)

    return made


def apart(seed: int, **options: object) -> tuple[np.ndarray, np.ndarray]:
    """Four classes that no query confuses."""
    points, labels, _ = classes_of_modes(np.random.default_rng(seed), (0,), classes=4, per_class=60, **options)
    return points, labels


def touching(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Four classes in a row of which neighbours are confused now and then."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(4), 60)
    offsets = NOISE * rng.normal(size=(240, 3))
    offsets[:, 0] += 3.5 * NOISE * labels
    return sphere(np.concatenate([np.ones((240, 1)), offsets], axis=1)), labels


def misses_of(study: Study) -> Misses:
    return explain_misses(study, "a", suspects(study))


def explained(study: Study) -> pd.DataFrame:
    return misses_of(study).table


def mended(study: Study, cause: str) -> pd.Series:
    return if_mended(study, misses_of(study), cause)


def figures(points: np.ndarray, labels: np.ndarray, **roles: np.ndarray) -> pd.Series:
    return pd.Series(retrieval_metrics(points, labels, ks=(1,), **roles))[FIGURES]


def close(promised: pd.Series, actual: pd.Series) -> bool:
    return bool(np.allclose(promised.to_numpy(float), actual.to_numpy(float), atol=0.01))


def counts(study: Study) -> dict[str, int]:
    return explained(study)["cause"].value_counts().to_dict()


def with_twins(points: np.ndarray, labels: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A near-duplicate of every twentieth item at the end, labelled as the next class."""
    rng = np.random.default_rng(seed)
    twins = points[::20] + (1e-4 * rng.normal(size=points[::20].shape)).astype(np.float32)
    return np.concatenate([points, sphere(twins)]), np.concatenate([labels, (labels[::20] + 1) % 4])


def around_a_hub(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Four classes about one direction, which the last item has: it is nearer to all others than they to each other."""
    rng = np.random.default_rng(seed)
    labels = np.append(np.repeat(np.arange(4), 60), 0)
    points = 1.5 * rng.normal(size=(241, 256)) / 16
    points[np.arange(241), 1 + labels] += 0.8
    points[-1] = 0
    points[:, 0] += 4
    return sphere(points), labels


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("base", [apart, touching])
def test_twins_are_left_out(make: Make, base: Callable[[int], tuple[np.ndarray, np.ndarray]], seed: int):
    points, labels = base(seed)
    study = make(*with_twins(points, labels, seed))
    found = explained(study)
    twins = found[found["cause"] == "twin"]
    assert set(range(240, 252)) <= set(twins.index), "each twin misses, and its original is why"
    assert np.flatnonzero(dropped_twins(study, misses_of(study))).tolist() == list(range(240, 252))
    assert close(mended(study, "twin"), figures(points, labels))


@pytest.mark.parametrize("seed", SEEDS)
def test_swapped_labels_are_put_right(make: Make, seed: int):
    points, labels = apart(seed)
    wrong = np.random.default_rng(seed).random(240) < 0.1
    study = make(points, np.where(wrong, (labels + 2) % 4, labels))
    assert set(counts(study)) == {"label"}
    assert np.flatnonzero(suspects(study).proposed >= 0).tolist() == np.flatnonzero(wrong).tolist()
    assert close(mended(study, "label"), figures(points, labels))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_hub_is_no_longer_searched(make: Make, seed: int):
    points, labels = around_a_hub(seed)
    study = make(points, labels)
    found = explained(study)
    assert found.loc[found["cause"] == "hub", "hit"].unique().tolist() == [240]
    assert (found["cause"] == "hub").sum() > 100
    assert close(mended(study, "hub"), figures(points[:-1], labels[:-1]))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_class_upon_another(make: Make, seed: int):
    study = make(*apart(seed, homes=(0, 0, 2, 3)))
    assert set(counts(study)) == {"overlap"}
    assert set(study.items["label"].iloc[explained(study).index]) == {"0", "1"}
    assert mended(study, "overlap")["recall@1"] == pytest.approx(figures(*apart(seed))["recall@1"], abs=0.01)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("cause", ["merged", "far", "near"])
def test_other_queries_are_left_out(make: Make, seed: int, cause: str):
    points, labels = touching(seed)
    study = make(points, labels)
    if cause == "merged":
        study.diagnostics["verdict"] = "destroyed"
    found = explained(study)
    asked = np.ones(240, dtype=bool)
    asked[found.index[found["cause"] == cause]] = False
    assert cause == "far" or not asked.all()
    promised, actual = mended(study, cause), figures(points, labels, is_query=asked)
    assert promised.to_numpy() == pytest.approx(actual.to_numpy(), abs=1e-12)


class TestRules:
    def test_a_twin_comes_before_the_suspect_label_that_it_has_too(self, make: Make):
        study = make(*with_twins(*apart(0), 0))
        assert (suspects(study).proposed[240:] >= 0).all()
        assert (explained(study).loc[240:, "cause"] == "twin").all()

    def test_twins_must_be_twins_in_the_reference(self, make: Make):
        points, labels = with_twins(*apart(0), 0)
        others = sphere(points + 3 * NOISE * np.random.default_rng(1).normal(size=points.shape))
        assert "twin" not in counts(make(points, labels, reference=others))

    def test_a_label_is_suspect_only_if_the_reference_says_so_too(self, make: Make):
        points, labels = apart(0)
        elsewhere = np.where(np.arange(240) % 20 == 0, (labels + 1) % 4, labels)
        arm = points.copy()
        arm[::20] = points[(np.flatnonzero(elsewhere != labels) + 65) % 240]  # these lie in the next class
        assert "label" not in counts(make(arm, labels, reference=points))
        blind = sphere(np.random.default_rng(0).normal(size=points.shape))
        assert "label" in counts(make(arm, labels, reference=blind)), "a reference that knows no classes is not asked"

    def test_overlap_comes_before_merged_modes_and_these_before_the_rest(self, make: Make):
        study = make(*apart(0, homes=(0, 0, 2, 3)))
        study.diagnostics["verdict"] = "destroyed"
        assert set(counts(study)) == {"overlap"}
        study.diagnostics["class_overlap"] = 0.5
        assert set(counts(study)) == {"merged"}
        study.diagnostics["verdict"] = "unimodal"
        assert set(counts(study)) <= {"far", "near"}

    def test_of_a_partial_class_only_the_modes_that_merged(self, make: Make):
        points, labels = touching(1)
        modes = labels * 2 + np.arange(240) % 2
        study = make(points, labels, sublabel=modes.astype(str))
        table = study.diagnostics
        table["verdict"] = "partial"
        table["merged_modes"] = pd.Series([(("0", "2"),), (), (), ()], index=table.index)
        doubt = suspects(study)
        found = explain_misses(study, "a", replace(doubt, proposed=np.full_like(doubt.proposed, -1))).table
        merged = found["cause"] == "merged"
        assert merged.any()
        assert (modes[found.index[merged]] == 0).all()

    def test_far_from_everything(self, make: Make):
        points, labels = apart(0)
        lost = sphere(-points.mean(axis=0, keepdims=True))  # as far from all classes
        label = (labels[np.linalg.norm(points - lost, axis=1).argmin()] + 1) % 4
        study = make(np.concatenate([points, lost]), np.append(labels, label))
        assert explained(study)["cause"].to_dict() == {240: "far"}

    def test_everything_at_one_point_has_an_answer(self, make: Make):
        study = make(sphere(np.ones((80, 4))), np.arange(80) % 2)
        found = explained(study)
        assert len(found) == 80
        assert set(found["cause"]) == {"overlap"}
        assert mended(study, "overlap").isna().all(), "no query is left"

    def test_where_nothing_can_be_found_nothing_is_missed(self, make: Make):
        study = make(sphere(np.random.default_rng(0).normal(size=(8, 4))), np.arange(8))
        assert explained(study).empty
        table = misses_table(study, ["a"])
        assert (table["misses"] == 0).all()
        assert table[FIGURES].isna().all(axis=None)


class TestEveryMiss:
    def check(self, study: Study, arm: str) -> None:
        misses = explain_misses(study, arm, suspects(study))
        found = misses.table
        asked = study.queries(arm)["recall@1"]
        assert sorted(found.index) == sorted(asked.index[asked < 1])
        assert found.index.is_unique
        assert set(found["cause"]) <= set(CAUSES)
        labels = study.items["label"]
        known = found["hit"].notna()
        assert (labels[found.index[known]].to_numpy() != labels[found["hit"][known]].to_numpy()).all()
        table = arm_table(study, misses).set_index("cause")
        assert list(table.index) == [AS_IT_IS, *CAUSES]
        assert table["misses"].drop(AS_IT_IS).sum() == table.at[AS_IT_IS, "misses"]
        assert table.at[AS_IT_IS, "recall@1"] == pytest.approx(study.arm(arm).metrics["recall@1"])
        assert table[FIGURES].isna().all(axis=1)[table["misses"] == 0].drop(AS_IT_IS, errors="ignore").all()
        left_out = table.loc[["overlap", "merged", "far", "near"], "recall@1"].dropna()
        assert (left_out > table.at[AS_IT_IS, "recall@1"]).all()

    def test_of_a_trained_study(self, study_folder: Path):
        study = Study.load(study_folder)
        for arm in ("standard", "nearest", "pixels"):
            self.check(study, arm)

    @pytest.mark.parametrize("name", ["tiny", "imported"])
    def test_of_studies_from_before(self, name: str):
        study = Study.load(RELEASE / name)
        for arm in study.arms:
            self.check(study, arm)

    @pytest.mark.parametrize("seed", SEEDS)
    def test_with_queries_gallery_and_copies(self, make: Make, seed: int):
        rng = np.random.default_rng(seed)
        points, labels = with_twins(*touching(seed), seed)
        roles = {"is_query": rng.random(252) < 0.5, "is_gallery": rng.random(252) < 0.6}
        names = np.append(
            np.arange(240), np.arange(0, 240, 20)
        )  # the twins bear their originals' names, so they are no hits of theirs
        study = make(points, labels, name=names.astype(str), **roles)
        self.check(study, "a")
        found = explained(study)
        assert "twin" not in set(found["cause"])
        assert roles["is_query"][found.index].all()
        assert roles["is_gallery"][found["hit"].dropna().to_numpy(int)].all()

    def test_a_table_of_several_arms(self, study_folder: Path):
        table = misses_table(Study.load(study_folder), ["nearest", "pixels"])
        assert table["arm"].unique().tolist() == ["nearest", "pixels"]
        assert len(table) == 2 * (1 + len(CAUSES))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("cause", ["twin", "label", "hub"])
def test_of_many_queries_a_sample_tells_the_same(make: Make, monkeypatch: pytest.MonkeyPatch, cause: str, seed: int):
    monkeypatch.setattr(mending, "MOST_RANKED", 200)
    points, labels = around_a_hub(seed) if cause == "hub" else with_twins(*apart(seed), seed)
    study = make(points, labels)
    sampled = mended(study, cause)
    monkeypatch.setattr(mending, "MOST_RANKED", 1000)
    assert sampled.to_numpy() == pytest.approx(mended(study, cause).to_numpy(), abs=0.01)

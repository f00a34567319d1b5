"""One class taken apart, on a planted study whose answers are known."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.analysis import class_report
from core.common.errors import StudyError
from core.diagnostics.modes import mode_hits
from core.storage.study import Study


@pytest.fixture
def study(study_folder: Path, tmp_path: Path) -> Study:
    """The tiny study, its classes put where the tests want them: the first arm holds modes apart, the second not."""
    shutil.copytree(study_folder, tmp_path / "tiny")
    study = Study.load(tmp_path / "tiny")
    rows = np.flatnonzero(study.evaluated)
    modes = study.items["sublabel"].to_numpy()[rows]
    codes = np.unique(modes, return_inverse=True)[1]
    rng = np.random.default_rng(0)
    centres = {"standard": 10 * np.eye(8)[codes % 8], "nearest": 10 * np.eye(8)[codes // 2 % 8]}
    tables = []
    for arm, places in centres.items():
        points = np.zeros((len(study.items), 8), np.float32)
        points[rows] = places + 0.1 * rng.normal(size=(len(rows), 8))
        np.save(study.path / "arms" / arm / "embeddings.npy", points)
    for arm, groups in {"standard": codes // 2, "nearest": np.zeros_like(codes), "pixels": codes // 4}.items():
        tables.append(pd.DataFrame({"arm": arm, "id": rows, "subcluster": groups}))
    pd.concat(tables).to_parquet(study.path / "subclusters.parquet", index=False)
    return Study.load(study.path)


def test_groups_list_their_modes_and_begin_at_the_medoid(study: Study) -> None:
    rows = class_report.class_rows(study, "even")
    assigned, points = study.subclusters("standard")[rows], study.arm("standard").embeddings[rows]
    found = class_report.groups(study, "standard", "even")
    assert [group.size for group in found] == np.bincount(assigned).tolist()
    for group in found:
        own = points[assigned == group.number].astype(float)
        distances = np.linalg.norm(own[:, None] - own[None], axis=2)
        medoid = np.square(distances).sum(axis=1).argmin()
        ids = study.items["id"].to_numpy()[rows[assigned == group.number]]
        assert group.exemplars[0] == ids[medoid]
        assert group.exemplars[-1] == ids[distances[medoid].argmax()]
        assert len(set(group.exemplars)) == min(class_report.EXEMPLARS, group.size)
        assert sum(share for _, share in group.modes) == pytest.approx(1)
        shares = pd.Series(study.items["sublabel"].to_numpy()[ids]).value_counts(normalize=True)
        assert dict(group.modes) == pytest.approx(shares.to_dict())


def test_readings_ascend_and_the_count_is_one_of_them(study_folder: Path) -> None:
    study = Study.load(study_folder)
    for arm in study.arms:
        found = class_report.readings(study, arm, "even")
        counts = [reading.count for reading in found]
        assert counts[0] == 1
        assert counts == sorted(set(counts))
        default = next(r for r in found if r.count == class_report.class_figures(study, arm, "even")["subclusters"])
        rows = class_report.class_rows(study, "even")
        np.testing.assert_array_equal(default.assignments, study.subclusters(arm)[rows])


def test_a_study_without_readings_has_its_count(study: Study) -> None:
    rows = class_report.class_rows(study, "even")
    del study.diagnostics["reading_groups"]
    found = class_report.readings(study, "standard", "even")
    assert len(found) == 1
    np.testing.assert_array_equal(found[0].assignments, study.subclusters("standard")[rows])


def test_the_count_is_a_range_where_subsamples_do_not_agree() -> None:
    assert (
        class_report.count_range(pd.Series({"subclusters": 4, "subclusters_low": 3, "subclusters_high": 5})) == "3 to 5"
    )
    assert class_report.count_range(pd.Series({"subclusters": 4, "subclusters_low": 4, "subclusters_high": 4})) == "4"
    assert class_report.count_range(pd.Series({"subclusters": 4, "subclusters_low": pd.NA})) == "4"


def test_a_group_among_the_items_of_another_class_is_said_to_be(study: Study) -> None:
    points, rows = study.arm("standard").embeddings.copy(), np.flatnonzero(study.evaluated)
    labels = study.items["label"].to_numpy()[rows]
    strays = rows[np.flatnonzero(labels == "even")[:15]]
    points[rows] = np.eye(8)[np.where(labels == "odd", 0, 1)] + 0.01 * np.random.default_rng(0).normal(
        size=(len(rows), 8)
    )
    points[strays] = points[rows[labels == "odd"][:15]] + 1e-3
    np.save(study.path / "arms" / "standard" / "embeddings.npy", points.astype(np.float32))
    for name in ("neighbours", "distances"):
        (study.path / "arms" / "standard" / f"{name}.npy").unlink()
    table = pd.read_parquet(study.path / "subclusters.parquet")
    table.loc[table["arm"] == "standard", "subcluster"] = 0
    table.loc[(table["arm"] == "standard") & table["id"].isin(strays), "subcluster"] = 1
    table.to_parquet(study.path / "subclusters.parquet", index=False)
    items = study.items.drop(columns="sublabel")
    items.to_parquet(study.path / "items.parquet", index=False)
    figures = study.diagnostics
    hosted = (figures["arm"] == "standard") & (figures["label"] == "even")
    figures.assign(foreign_groups=np.where(hosted, 1, 0)).to_parquet(study.path / "diagnostics.parquet", index=False)
    found = class_report.groups(Study.load(study.path), "standard", "even")
    assert [(group.size, group.host) for group in found] == [(len(rows[labels == "even"]) - 15, None), (15, "odd")]


def test_an_unknown_class_is_named(study: Study) -> None:
    with pytest.raises(StudyError, match='no class "prime"'):
        class_report.class_rows(study, "prime")


def test_mode_survival_against_brute_force(study: Study) -> None:
    table = class_report.mode_survival(study, "nearest", "odd").set_index("mode")
    rows = class_report.class_rows(study, "odd")
    modes, points = study.items["sublabel"].to_numpy()[rows], study.arm("nearest").embeddings[rows].astype(float)
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    agrees = modes[distances.argmin(axis=1)] == modes
    assert table.index.tolist() == sorted(set(modes))
    for mode, row in table.iterrows():
        own = modes == mode
        assert row["items"] == own.sum()
        assert row["recall"] == pytest.approx(agrees[own].mean())
        assert row["f1"] == pytest.approx(2 * own.sum() / (own.sum() + len(rows)))  # one group holds all
        assert row["home"] == 0


def test_flows_count_every_item_once(study: Study) -> None:
    table = class_report.flows(study, "standard", "even")
    assert table["items"].sum() == len(class_report.class_rows(study, "even"))
    rows = class_report.class_rows(study, "even")
    expected = pd.crosstab(study.items["sublabel"].to_numpy()[rows], study.subclusters("standard")[rows])
    for mode, group, items in table.itertuples(index=False):
        assert items == expected.loc[mode, group]


def test_without_known_modes_the_reference_tells_them(study: Study) -> None:
    del study.items["sublabel"]
    modes, source = class_report.expected_modes(study, "even")
    assert source == "sub-clusters of pixels"
    assert modes is not None
    assert set(modes.dropna()) <= {f"pixels s{i}" for i in range(1, 6)}
    assert class_report.groups(study, "standard", "even")[0].modes == []
    assert set(class_report.mode_survival(study, "standard", "even")["mode"]) == set(modes.dropna())


def test_merged_and_split_between_the_arms(study: Study) -> None:
    matching = class_report.match_arms(study, "standard", "nearest", "even")
    kept = np.flatnonzero(matching.flows.any(axis=1))
    assert matching.merged == [tuple(kept.tolist())]
    assert matching.split == []


def test_the_spectrum_is_numpy_s_covariance(study: Study) -> None:
    points = study.arm("standard").embeddings[class_report.class_rows(study, "even")].astype(float)
    values = np.linalg.eigvalsh(np.cov(points.T))[::-1]
    assert class_report.spectrum(study, "standard", "even") == pytest.approx(values / values.sum(), abs=1e-9)


def test_mode_hits_share_ties() -> None:
    points = np.array([[0.0], [1.0], [-1.0], [5.0]])
    assert mode_hits(points, np.array([0, 0, 1, 1])).tolist() == [0.5, 1, 0, 0]
    assert mode_hits(points[:1], np.array([0])).tolist() == [0]

"""Galleries against brute force on a real study."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.analysis import search
from core.common.errors import DataError
from core.neighbours import index
from core.storage.study import Study


@pytest.fixture(scope="module")
def study(study_folder: Path) -> Study:
    return Study.load(study_folder)


def ranking(study: Study, arm: str, query: int | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All evaluated items but the query itself, nearest first, in float64."""
    ids = np.flatnonzero(study.evaluated)
    points = study.arm(arm).embeddings.astype(np.float64)
    vector = points[query] if isinstance(query, int) else query.astype(np.float64)
    ids = ids[ids != query] if isinstance(query, int) else ids
    distances = np.linalg.norm(points[ids] - vector, axis=1)
    order = np.lexsort((ids, distances))
    return ids[order], distances[order]


@pytest.mark.parametrize("arm", ["standard", "nearest", "pixels"])
@pytest.mark.parametrize("k", [1, 10, 10_000])
def test_hits_of_an_item_are_its_nearest_others(study: Study, arm: str, k: int):
    query = int(np.flatnonzero(study.evaluated)[3])
    ids, distances = ranking(study, arm, query)
    found = search.hits(study, arm, query, k)
    assert len(found) == min(k, study.evaluated.sum() - 1)
    assert query not in set(found["id"])
    np.testing.assert_allclose(found["distance"], distances[:k], atol=1e-6)
    assert found["id"].tolist() == ids[:k].tolist()
    assert found["label"].tolist() == study.items["label"].iloc[ids[:k]].tolist()
    assert found["sublabel"].tolist() == study.items["sublabel"].iloc[ids[:k]].tolist()
    assert found["subcluster"].tolist() == study.subclusters(arm)[ids[:k]].tolist()


def test_hits_of_a_vector(study: Study):
    vector = np.random.default_rng(0).normal(size=8).astype(np.float32)
    ids, _ = ranking(study, "nearest", vector)
    assert search.hits(study, "nearest", vector, 12)["id"].tolist() == ids[:12].tolist()


def test_an_items_own_vector_finds_the_item(study: Study):
    item = int(np.flatnonzero(study.evaluated)[0])
    found = search.hits(study, "standard", study.arm("standard").embeddings[item], 3)
    assert found["distance"].iloc[0] == 0


def test_an_item_that_is_not_evaluated(study: Study):
    with pytest.raises(DataError):
        search.hits(study, "standard", int(np.flatnonzero(~study.evaluated)[0]), 3)


def test_ranks_are_positions_in_the_other_ranking(study: Study, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(search, "DEPTH", 20)
    query = int(np.flatnonzero(study.evaluated)[5])
    both = search.hits_by_arm(study, {"nearest": query, "standard": query}, 30)
    for arm, other in (("nearest", "standard"), ("standard", "nearest")):
        pd.testing.assert_frame_equal(both[arm].drop(columns="other_rank"), search.hits(study, arm, query, 30))
        theirs = ranking(study, other, query)[0][:20].tolist()
        expected = [theirs.index(i) + 1 if i in theirs else np.nan for i in both[arm]["id"]]
        assert np.isnan(expected).any()
        np.testing.assert_array_equal(both[arm]["other_rank"], expected)
    alone = search.hits_by_arm(study, {"nearest": query}, 5)
    pd.testing.assert_frame_equal(alone["nearest"], search.hits(study, "nearest", query, 5))


def test_far_is_farther_than_items_are_from_each_other(study: Study):
    item = study.arm("pixels").embeddings[np.flatnonzero(study.evaluated)[0]]
    assert not search.is_far(study, "pixels", item)
    assert search.is_far(study, "pixels", -item)


@pytest.mark.parametrize("arm", ["standard", "pixels"])
def test_one_item_in_a_hundred_is_far_from_all_others(study: Study, arm: str):
    ids = np.flatnonzero(study.evaluated)
    nearest = np.array([ranking(study, arm, int(id))[1][0] for id in ids])
    far = [int(id) for id in ids if search.is_far(study, arm, int(id))]
    assert far == ids[nearest > np.quantile(nearest, 0.99)].tolist()
    assert 1 <= len(far) <= 0.02 * len(ids) + 1


@pytest.mark.parametrize("column", ["label", "sublabel"])
def test_nearest_agrees_is_recall_at_1(study: Study, column: str):
    agrees = search.nearest_agrees(study, "nearest", column)
    expected = []
    for item in np.flatnonzero(study.evaluated).tolist():
        first = ranking(study, "nearest", item)[0][0]
        expected.append(study.items[column][first] == study.items[column][item])
    assert agrees.tolist() == expected
    metric = "recall@1" if column == "label" else "sub_recall@1"
    assert agrees.mean() == pytest.approx(study.arm("nearest").metrics[metric], abs=0.03)  # ties, unanswerable queries


def reference_search(
    study: Study, arm: str, query: int | np.ndarray, k: int, filters: search.Filters, metric: str
) -> list[int]:
    """Item by item, with the formulas as they are published."""
    items, points = study.items, study.arm(arm).embeddings.astype(np.float64)
    evaluated = np.flatnonzero(study.evaluated).tolist()
    vector = points[query] if isinstance(query, int) else query.astype(np.float64)
    scores = {}
    cosines = points @ points[evaluated].T
    cosines[evaluated, np.arange(len(evaluated))] = -2  # an item is not near itself
    for id in evaluated:
        row = items.iloc[id]
        if isinstance(query, int) and id == query:
            continue
        if filters.labels and row["label"] not in filters.labels:
            continue
        if filters.modes and row["sublabel"] not in filters.modes:
            continue
        if filters.splits and row["split"] not in filters.splits:
            continue
        if isinstance(query, int) and filters.outcome == "same" and row["label"] != items["label"][query]:
            continue
        if isinstance(query, int) and filters.outcome == "other" and row["label"] == items["label"][query]:
            continue
        if metric == "csls":
            scores[id] = -(2 * points[id] @ vector - np.sort(cosines[id])[-10:].mean())
        else:
            scores[id] = float(np.linalg.norm(points[id] - vector))
    return sorted(scores, key=lambda id: (scores[id], id))[:k]


F = search.Filters


@pytest.mark.parametrize("metric", ["euclidean", "csls"])
@pytest.mark.parametrize(
    "filters",
    [
        F(),
        F(labels=("even",)),
        F(modes=("3", "8")),
        F(labels=("odd",), modes=("3", "8")),
        F(outcome="same"),
        F(outcome="other"),
        F(modes=("1",), outcome="other"),
        F(splits=("test",)),
        F(splits=("train",)),
        F(labels=("<script>",)),
    ],
)
@pytest.mark.parametrize("kind", ["item", "vector"])
def test_filters_come_before_the_nearest_are_taken(study: Study, kind: str, filters: F, metric: search.Metric) -> None:
    item = int(np.flatnonzero(study.evaluated)[4])
    vector = np.random.default_rng(1).normal(size=8).astype(np.float32)
    vector /= np.linalg.norm(vector)
    query = item if kind == "item" else vector
    expected = reference_search(study, "nearest", query, 7, filters, metric)
    found = search.hits(study, "nearest", query, 7, filters=filters, metric=metric)
    assert found["id"].tolist() == expected
    points = study.arm("nearest").embeddings.astype(float)
    start = points[item] if kind == "item" else vector
    np.testing.assert_allclose(found["distance"], [np.linalg.norm(points[i] - start) for i in expected], atol=1e-6)
    everything = reference_search(study, "standard", item, 10_000, filters, metric)
    both = search.hits_by_arm(study, {"nearest": query, "standard": item}, 7, filters=filters, metric=metric)
    where = [everything.index(i) + 1 if i in everything else np.nan for i in expected]
    np.testing.assert_array_equal(both["nearest"]["other_rank"], where)


def test_the_metrics_differ(study: Study) -> None:
    """Else the choice between them would be no choice."""
    items = np.flatnonzero(study.evaluated).tolist()
    plain, scaled = (
        [search.hits(study, "standard", item, 5, metric=metric)["id"].tolist() for item in items]
        for metric in ("euclidean", "csls")
    )
    assert sum(a != b for a, b in zip(plain, scaled, strict=True)) > len(items) / 4


def test_filtered_searches_refuse_items_that_are_not_evaluated(study: Study) -> None:
    with pytest.raises(DataError):
        search.hits(study, "standard", int(np.flatnonzero(~study.evaluated)[0]), 3, filters=F(outcome="same"))


def test_chunks_change_nothing(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    item = int(np.flatnonzero(study.evaluated)[2])
    whole = search.hits(study, "pixels", item, 20, filters=F(labels=("even",)))
    monkeypatch.setattr(index, "PAIR_CHUNK", 100)
    pd.testing.assert_frame_equal(search.hits(study, "pixels", item, 20, filters=F(labels=("even",))), whole)

"""Galleries against brute force on a real study."""

from pathlib import Path

import numpy as np
import pytest

from core import search
from core.errors import DataError
from core.study import Study


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
    mine = search.hits(study, "nearest", query, 30)["id"].to_numpy()
    theirs = ranking(study, "standard", query)[0][:20].tolist()
    expected = [theirs.index(i) + 1 if i in theirs else np.nan for i in mine]
    assert np.isnan(expected).any()
    np.testing.assert_array_equal(search.rank_among(study, "standard", query, mine), expected)
    np.testing.assert_array_equal(search.rank_among(study, "nearest", query, mine)[:20], np.arange(1, 21))


def test_far_is_farther_than_items_are_from_each_other(study: Study):
    item = study.arm("pixels").embeddings[np.flatnonzero(study.evaluated)[0]]
    assert not search.is_far(study, "pixels", item)
    assert search.is_far(study, "pixels", -item)


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

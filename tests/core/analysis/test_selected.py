"""What a selection is in one arm, against brute force."""

from pathlib import Path

import numpy as np
import pytest

from core.analysis.selected import mutual_members, selected
from core.storage.study import Study


@pytest.fixture(scope="module")
def study(study_folder: Path) -> Study:
    return Study.load(study_folder)


def test_mutual_neighbours_of_a_graph_made_by_hand() -> None:
    # 0 and 1 name each other; 2 names 0, which does not name it; 3 and 4 name each other; 5 has no neighbours.
    graph = np.array([[1, 3], [0, 2], [0, 3], [4, 0], [3, 0], [-1, -1]])
    assert mutual_members(graph, np.array([0, 1, 2, 5])) == 2
    assert mutual_members(graph, np.array([0, 2, 3, 5])) == 2  # 0 and 3
    assert mutual_members(graph, np.array([1, 4, 5])) == 0
    assert mutual_members(graph, np.array([], dtype=int)) == 0


@pytest.mark.parametrize("arm", ["standard", "nearest"])
def test_the_facts_are_those_of_the_study(study: Study, arm: str) -> None:
    ids = np.flatnonzero(study.evaluated)[5:65:2]
    found = selected(study, arm, ids, shown=8)
    items = study.items.iloc[ids]
    assert (found.size, found.classes, found.modes) == (30, items["label"].nunique(), items["sublabel"].nunique())
    groups = {(items["label"][id], study.subclusters(arm)[id]) for id in ids if study.subclusters(arm)[id] >= 0}
    assert found.groups == len(groups)
    points = study.arm(arm).embeddings[ids].astype(float)
    apart = np.linalg.norm(points[:, None] - points[None], axis=2)
    medoid = np.square(apart).sum(axis=1).argmin()
    assert found.middle[0] == ids[medoid]
    assert sorted(apart[medoid][np.isin(ids, found.middle)]) == pytest.approx(sorted(apart[medoid])[:8])
    everyone = np.flatnonzero(study.evaluated)
    near = {id: set(everyone[row[row >= 0]]) for id, row in zip(everyone, study.graph(arm).rows, strict=True)}
    assert found.mutual == sum(any(b in near[a] and a in near[b] for b in ids) for a in ids)


def test_nothing_selected(study: Study) -> None:
    found = selected(study, "nearest", np.array([], dtype=int), shown=8)
    assert (found.size, found.groups, found.mutual, len(found.middle)) == (0, 0, 0, 0)

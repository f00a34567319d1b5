"""What is warned of, and what is not."""

import numpy as np
import pandas as pd
import pytest

from core.diagnostics import analyse, retrieval_per_query
from core.diagnostics.notices import collapse_notice, length_notice, query_notice
from tests.core.diagnostics.planted import classes_of_modes, sphere


def test_total_collapse_of_all_items_and_of_most():
    points = sphere(np.ones((40, 4)) + 1e-5 * np.random.default_rng(0).normal(size=(40, 4)))
    labels = np.arange(40) % 2
    notice = collapse_notice(points, labels)
    assert (notice.code, notice.severity) == ("total-collapse", "warning")
    assert "all items" in notice.message
    points[[0, 1]] = -points[[0, 1]]
    assert "38 of 40 items" in collapse_notice(points, labels).message


@pytest.mark.parametrize("sizes", [(20, 20), (95, 5), (5, 95)])
def test_classes_at_a_point_each_are_no_total_collapse(sizes):
    labels = np.repeat([0, 1], sizes)
    assert collapse_notice(np.eye(4, dtype=np.float32)[labels], labels) is None


def test_the_point_is_found_from_a_part_of_the_items(monkeypatch):
    monkeypatch.setattr("core.diagnostics.notices.MEDIAN_OF", 7)
    monkeypatch.setattr("core.diagnostics.notices.BLOCK", 16)
    points = np.ones((100, 3), dtype=np.float32)
    points[::11] += 1
    assert "90 of 100 items" in collapse_notice(points, np.zeros(100, dtype=int)).message


def test_classes_that_differ_in_length_alone_are_named():
    points, labels, truth = classes_of_modes(np.random.default_rng(0), (0, 0, 0))
    lengths = np.where(labels == 1, 1.0, 1.0 + truth % 3)
    notice = length_notice(analyse(points * lengths[:, None], labels, n_jobs=1, reliability=False).table)
    assert notice.code == "differ-in-length"
    assert "the classes 0 and 2 differ in length alone" in notice.message
    assert length_notice(analyse(points, labels, n_jobs=1, reliability=False).table) is None


def test_lengths_that_follow_the_modes_need_no_warning():
    points, labels, truth = classes_of_modes(np.random.default_rng(0), (0, 1, 2))
    table = analyse(points * (1 + truth % 3)[:, None], labels, n_jobs=1, reliability=False).table
    assert table["length_groups"].all()
    assert length_notice(table) is None


@pytest.mark.parametrize(
    ("alone", "said"), [(20, "none of 20 queries counts"), (16, "4 of 20 queries count"), (8, None)]
)
def test_queries_with_nothing_to_find(alone, said):
    labels = np.where(np.arange(20) < alone, np.arange(20), -1)
    notice = query_notice(retrieval_per_query(np.random.default_rng(0).normal(size=(20, 3)), labels))
    assert notice is None if said is None else (notice.code == "few-queries" and said in notice.message)


def test_no_queries_at_all():
    assert query_notice(pd.DataFrame({"map@r": np.array([], dtype=float)})) is None

"""Copies of a row are found, and nothing else is taken for one."""

import numpy as np
import pytest

from core.diagnostics.duplicates import crossing_copies, distinct_rows
from tests.core.diagnostics.planted import SHAPES, four_views, modes, one_mode


@pytest.mark.parametrize("d", [2, 64])
def test_exact_copies(d):
    points = np.random.default_rng(0).normal(size=(30, d))
    rows, copy_of = distinct_rows(np.repeat(points, 3, axis=0), np.random.default_rng(1))
    assert len(rows) == 30
    np.testing.assert_array_equal(np.repeat(points, 3, axis=0)[rows][copy_of], np.repeat(points, 3, axis=0))


def test_near_copies_share_an_item():
    rng = np.random.default_rng(2)
    views = four_views(rng, modes(rng, 3, 50, separation=20)[0])
    rows, copy_of = distinct_rows(views, rng)
    assert len(rows) == 50
    assert np.all(copy_of.reshape(50, 4) == copy_of[::4, None])


@pytest.mark.parametrize("shape", sorted(set(SHAPES) - {"exact duplicates"}))
@pytest.mark.parametrize("d", [8, 64])
def test_distinct_items_stay(shape, d):
    points = one_mode(np.random.default_rng(3), shape, 200, d=d)
    distinct = len(np.unique(points, axis=0))
    assert len(distinct_rows(points, np.random.default_rng(4))[0]) == distinct


def test_a_line_has_no_copies():
    points = np.random.default_rng(5).normal(size=(300, 1)) * np.ones(3)
    assert len(distinct_rows(points, np.random.default_rng(6))[0]) == 300


def unit(points):
    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize(("d", "copies"), [(3, 0), (3, 150), (8, 0), (8, 5), (64, 0), (64, 5), (64, 200)])
def test_near_copies_across_the_split(d, copies):
    rng = np.random.default_rng(d)
    train, test = unit(rng.normal(size=(400, d))), unit(rng.normal(size=(200, d)))
    test[:copies] = unit(train[:copies] + 1e-4 * rng.normal(size=(copies, d)))
    found, probes = crossing_copies(test, train, rng)
    assert probes == 200
    assert found == 0 if not copies else found >= copies


def test_a_collapsed_embedding_and_few_items_tell_nothing():
    rng = np.random.default_rng(0)
    point = unit(np.ones((60, 4)) + 1e-7 * rng.normal(size=(60, 4)))
    assert crossing_copies(point[:20], point[20:], rng) == (0, 20)
    assert crossing_copies(point[:20], point[20:25], rng)[0] == 0

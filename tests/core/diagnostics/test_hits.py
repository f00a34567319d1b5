"""First hits are those that ranking every searched item gives."""

import numpy as np
import pytest

from core.diagnostics.hits import first_hits
from core.neighbours.index import Neighbours


@pytest.mark.parametrize("searched", [1.0, 0.5, 0.05])
@pytest.mark.parametrize("copies", [1, 7, 30])
def test_they_are_the_nearest_searched_items_that_are_no_copies(searched: float, copies: int):
    rng = np.random.default_rng(copies)
    points = rng.normal(size=(60, 4)).astype(np.float32)
    same = np.where(np.arange(60) < copies, 0, np.arange(60))
    points[:copies] = points[0] + 1e-3 * rng.normal(size=(copies, 4)).astype(np.float32)
    is_gallery = rng.random(60) < searched
    is_gallery[:2] = True
    queries = np.flatnonzero(rng.random(60) < 0.7)
    graph = Neighbours(points, np.arange(60)).graph(10)
    hits = first_hits(points, graph, queries, same=same, is_gallery=is_gallery)
    for query, found, lengths in zip(queries, hits.rows, hits.distances, strict=True):
        allowed = np.flatnonzero(is_gallery & (same != same[query]))
        apart = np.linalg.norm(points[allowed] - points[query], axis=1)
        expected = allowed[np.argsort(apart, kind="stable")][:10]
        there = found[found >= 0]
        assert len(there) >= min(5, len(expected))
        assert there.tolist() == expected[: len(there)].tolist()
        assert np.allclose(lengths[: len(there)], np.sort(apart)[: len(there)], atol=1e-5)
        assert np.isinf(lengths[len(there) :]).all()


def test_where_nothing_is_left_to_find_there_is_no_hit():
    points = np.eye(5, dtype=np.float32)
    graph = Neighbours(points, np.arange(5)).graph(4)
    hits = first_hits(points, graph, np.arange(5), same=np.zeros(5, np.int64), is_gallery=np.ones(5, bool))
    assert (hits.rows == -1).all()
    assert np.isinf(hits.distances).all()

"""Paired maps: aligned, repeatable, there for any number of items."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import pdist

from core import projection
from core.neighbours.index import KnnGraph, Neighbours
from core.projection import MIN_ITEMS, NEIGHBOURS, _draw_landmarks, align, paired_maps, place_on_map


def blobs(n: int, seed: int = 0, d: int = 6) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(n, d)) * 0.1 + np.eye(d)[np.arange(n) % 3] * 4).astype(np.float32)


def graphs(embeddings: dict[str, np.ndarray]) -> dict[str, KnnGraph]:
    return {name: Neighbours(points, np.arange(len(points))).graph(NEIGHBOURS) for name, points in embeddings.items()}


def maps(**embeddings: np.ndarray) -> dict[str, np.ndarray]:
    return paired_maps(embeddings, graphs(embeddings), seed=5)


@given(st.integers(0, 2**32 - 1), st.floats(0, 6.3), st.booleans(), st.floats(1e-3, 1e3), st.integers(3, 50))
def test_align_recovers_a_turned_mirrored_scaled_shifted_copy(seed, angle, mirrored, scale, n):
    rng = np.random.default_rng(seed)
    target = rng.normal(size=(n, 2))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    copy = scale * target @ turn * [-1 if mirrored else 1, 1] + rng.normal(size=2)
    np.testing.assert_allclose(align(copy, target), target, atol=1e-6)


@given(st.integers(0, 2**32 - 1))
def test_align_comes_closer_than_any_other_similarity(seed: int):
    rng = np.random.default_rng(seed)
    layout, target = rng.normal(size=(2, 20, 2))
    best = np.square(align(layout, target) - target).sum()
    angle, scale = rng.uniform(0, 6.3), rng.uniform(0.1, 2)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    assert best <= np.square(scale * (layout - layout.mean(0)) @ turn + target.mean(0) - target).sum() + 1e-9


@pytest.mark.parametrize("n", [1, 2, 5])
def test_align_of_a_single_place_stays_finite(n: int):
    np.testing.assert_allclose(align(np.ones((n, 2)), np.arange(2.0 * n).reshape(n, 2)), np.full((n, 2), [n - 1, n]))


@pytest.mark.parametrize("n", [1, 2, 3, MIN_ITEMS, 6, 15, 16, 17])
def test_few_items_have_finite_maps(n: int):
    for layout in maps(a=blobs(n), b=blobs(n, 1)).values():
        assert layout.shape == (n, 2)
        assert layout.dtype == np.float32
        assert np.isfinite(layout).all()


def test_an_embedding_of_two_dimensions_is_its_own_map():
    one = np.random.default_rng(3).normal(size=(40, 2)).astype(np.float32)
    turned = one @ np.array([[0, 1], [-1, 0]], np.float32)
    found = maps(a=one, b=turned, c=blobs(40))
    np.testing.assert_array_equal(found["a"], one)
    np.testing.assert_allclose(found["b"], one, atol=1e-5)
    flat = blobs(40)[:, :2]
    other = maps(a=one, b=flat)["b"]
    np.testing.assert_allclose(pdist(other), pdist(flat), atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(other, axis=1), np.linalg.norm(flat, axis=1), atol=1e-5)


def test_what_umap_compiles_is_kept_on_the_disk():
    maps(a=blobs(30))
    from umap import layouts, umap_

    slow = [umap_.smooth_knn_dist, umap_.compute_membership_strengths]
    for function in [*slow, layouts._nb_optimize_layout_euclidean_single_epoch]:
        assert function.stats.cache_path is not None
        assert function.stats.cache_hits or function.stats.cache_misses


@pytest.mark.parametrize("n", [3, 8, 40])
def test_items_at_one_place_have_finite_maps(n: int):
    for layout in maps(a=np.ones((n, 4), np.float32), b=blobs(n)).values():
        assert np.isfinite(layout).all()


def test_maps_are_repeatable_and_keep_clusters():
    points = blobs(60)
    first, again = (maps(a=points, b=points[:, ::-1].copy()) for _ in range(2))
    for name in first:
        np.testing.assert_array_equal(first[name], again[name])
        nearest = Neighbours(first[name], np.arange(60)).graph(3).rows
        assert (nearest % 3 == np.arange(60)[:, None] % 3).mean() > 0.95


def test_the_second_map_lies_on_the_first():
    angle = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    ring = np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=1).astype(np.float32)
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0].astype(np.float32)
    first, second = maps(a=ring, b=ring @ turn).values()
    assert np.corrcoef(first.ravel(), second.ravel())[0, 1] > 0.9
    assert np.linalg.norm(first.mean(axis=0) - second.mean(axis=0)) < 1e-3 * np.ptp(first)
    alone = maps(b=ring @ turn)["b"]
    assert np.corrcoef(first.ravel(), alone.ravel())[0, 1] < 0.9  # so that pairing is what did it


def test_of_many_items_landmarks_are_laid_out_and_the_rest_placed_between_them(monkeypatch):
    monkeypatch.setattr(projection, "MAX_LAYOUT_ITEMS", 60)
    monkeypatch.setattr(projection, "LANDMARKS", 60)
    points, labels = blobs(240), np.arange(240) % 3
    laid_out, layout = [], projection._layout

    def recorded(points, graph, **options):
        laid_out.append(len(points))
        return layout(points, graph, **options)

    monkeypatch.setattr(projection, "_layout", recorded)
    layouts = paired_maps({"a": points, "b": points[:, ::-1].copy()}, graphs({"a": points, "b": points}), seed=5)
    assert laid_out == [60, 60]
    for layout in layouts.values():
        nearest = Neighbours(layout, np.arange(240)).graph(3).rows
        assert (labels[nearest] == labels[:, None]).mean() > 0.95


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(21, 200))
def test_landmarks_keep_the_shares_of_classes(seed: int, n: int):
    labels = np.random.default_rng(seed).choice(["a", "b", "c"], p=[0.6, 0.3, 0.1], size=n)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(projection, "LANDMARKS", 20)
        chosen = _draw_landmarks(n, labels, seed)
    assert len(np.unique(chosen)) == 20
    assert np.all(np.diff(chosen) > 0)
    for name in "abc":
        assert abs((labels[chosen] == name).sum() - 20 * (labels == name).mean()) < 2


class TestPlace:
    points = blobs(90)
    layout = np.random.default_rng(2).normal(size=(90, 2)) * 0.2 + 10 * np.eye(3)[np.arange(90) % 3][:, :2]
    ids = np.random.default_rng(3).permutation(1000)[:90]

    def at(self, queries: np.ndarray) -> np.ndarray:
        order = np.random.default_rng(4).permutation(90)  # the index need not be in the map's order
        neighbours = Neighbours(self.points[order], self.ids[order])
        return place_on_map(queries, neighbours, ids=self.ids, layout=self.layout)

    def test_an_item_comes_to_lie_at_its_own_place(self):
        np.testing.assert_allclose(self.at(self.points), self.layout, atol=1e-3)

    def test_a_new_vector_comes_to_lie_in_its_cluster(self):
        new = blobs(30, seed=9)
        away = np.linalg.norm(self.at(new) - np.stack([self.layout[i::3].mean(0) for i in np.arange(30) % 3]), axis=1)
        assert away.max() < 1

    def test_copies_of_an_item_meet_in_the_middle(self):
        points = np.repeat(np.eye(2, dtype=np.float32), 20, axis=0)
        layout = np.arange(80.0).reshape(40, 2)
        neighbours = Neighbours(points, np.arange(40))
        found = place_on_map(points[:1], neighbours, ids=np.arange(40), layout=layout)
        assert layout[:20].min() <= found.min() <= found.max() <= layout[:20].max()

    @pytest.mark.parametrize("n", [1, 2, 3])
    def test_among_few_items(self, n: int):
        neighbours = Neighbours(self.points[:n], self.ids[:n])
        found = place_on_map(self.points[:1], neighbours, ids=self.ids[:n], layout=self.layout[:n])
        np.testing.assert_allclose(found, self.layout[:1], atol=1e-3)

"""Maps: 2-D UMAP layouts of several arms, made comparable with each other. Never a source of counts or distances.

UMAP: McInnes, Healy, Melville 1802.03426. The first arm's layout starts the others', which are then rotated,
shifted and scaled onto it (Procrustes), so that what moves between maps moved in the embedding's neighbourhoods.
"""

import contextlib
import functools
import warnings
from types import ModuleType

import numpy as np
from jaxtyping import Float, Float32, Int64
from scipy.linalg import orthogonal_procrustes

from core.neighbours.index import KnnGraph, Neighbours

NEIGHBOURS = 15
MIN_ITEMS = 5

MAX_LAYOUT_ITEMS = 20_000
"""Items up to which UMAP lays out all of them."""

LANDMARKS = 10_000
"""Items drawn from more than that and laid out by UMAP; the rest is placed between them."""

EPOCHS = 200
"""UMAP's own choice above 10,000 items; at 10,000 it would use 500, for a layout no better."""


def paired_maps(
    embeddings: dict[str, Float[np.ndarray, "n _"]],
    graphs: dict[str, KnnGraph],
    *,
    seed: int,
    labels: np.ndarray | None = None,
) -> dict[str, Float32[np.ndarray, "n 2"]]:
    """One layout per arm over the same items; the same seed gives the same maps.

    graphs: the arms' neighbours, itself left out, k >= NEIGHBOURS where there are that many items. labels: one per
    item; where only LANDMARKS of the items are laid out, classes keep their shares of them.
    Fewer than MIN_ITEMS items are laid out by their first two principal axes. Embeddings of two dimensions are their
    own maps, up to MAX_LAYOUT_ITEMS items: those after the first arm are rotated about the origin, and no more.
    """
    n = len(next(iter(embeddings.values())))
    if n > MAX_LAYOUT_ITEMS:
        return _maps_by_landmarks(embeddings, _draw_landmarks(n, labels, seed), seed=seed)
    layouts: dict[str, np.ndarray] = {}
    for name, points in embeddings.items():
        first = next(iter(layouts.values()), None)
        if points.shape[1] == 2:
            layouts[name] = points if first is None else points @ orthogonal_procrustes(points, first)[0]
            continue
        layout = _layout(points, graphs[name], start=first, seed=seed)
        layouts[name] = layout if first is None else align(layout, first)
    return {name: layout.astype(np.float32) for name, layout in layouts.items()}


def _maps_by_landmarks(
    embeddings: dict[str, Float[np.ndarray, "n _"]], chosen: Int64[np.ndarray, "m"], *, seed: int
) -> dict[str, Float32[np.ndarray, "n 2"]]:
    """Maps of the chosen items, the others placed between their nearest landmarks: linear in n from there on."""
    points = {name: arm[chosen] for name, arm in embeddings.items()}
    searches = {name: Neighbours(landmarks, chosen) for name, landmarks in points.items()}
    maps = paired_maps(points, {name: search.graph(NEIGHBOURS) for name, search in searches.items()}, seed=seed)
    rest = np.setdiff1d(np.arange(len(next(iter(embeddings.values())))), chosen)
    everything = {name: np.empty((len(arm), 2), dtype=np.float32) for name, arm in embeddings.items()}
    for name, layout in everything.items():
        layout[chosen] = maps[name]
        layout[rest] = place_on_map(embeddings[name][rest], searches[name], ids=chosen, layout=maps[name])
    return everything


def _draw_landmarks(n: int, labels: np.ndarray | None, seed: int) -> Int64[np.ndarray, "m"]:
    """LANDMARKS rows in order, taken evenly from the items sorted by class and shuffled within."""
    order = np.random.default_rng(seed).permutation(n)
    if labels is not None:
        order = order[np.argsort(np.unique(labels, return_inverse=True)[1][order], kind="stable")]
    return np.sort(order[np.arange(LANDMARKS) * n // LANDMARKS])


def align(layout: Float[np.ndarray, "n 2"], target: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 2"]:
    """Rotate, mirror, shift and scale a layout onto another (least squares)."""
    centre, goal = layout.mean(axis=0), target.mean(axis=0)
    rotation, covariance = orthogonal_procrustes(layout - centre, target - goal)
    spread = np.square(layout - centre).sum()
    scale = covariance / spread if spread > 0 else 1.0
    return (layout - centre) @ rotation * scale + goal


def place_on_map(
    queries: Float[np.ndarray, "q d"],
    neighbours: Neighbours,
    *,
    ids: np.ndarray,
    layout: Float[np.ndarray, "n 2"],
) -> Float32[np.ndarray, "q 2"]:
    """An approximate place on a map: the mean of the nearest items' places, weighted by nearness.

    A copy of an item gets exactly its place.

    ids, layout: the map's items and their places, rows alike.
    """
    distances, found = neighbours.search(queries, min(NEIGHBOURS, len(neighbours)))
    order = np.argsort(ids)
    rows = order[np.searchsorted(ids, found, sorter=order)]
    relative = np.square(distances / np.maximum(distances[:, -1:], 1e-12), dtype=np.float64)
    weights = np.exp(-4 * relative) / np.maximum(relative, 1e-12)
    weights /= weights.sum(axis=1, keepdims=True)
    return np.einsum("qk,qkc->qc", weights, layout[rows]).astype(np.float32)


def _layout(
    points: Float[np.ndarray, "n d"], graph: KnnGraph, *, start: Float[np.ndarray, "n 2"] | None, seed: int
) -> Float[np.ndarray, "n 2"]:
    if len(points) < MIN_ITEMS:
        return _principal_axes(points)
    umap = load_umap()
    k = min(NEIGHBOURS, len(points) - 1)
    own = np.arange(len(points), dtype=np.int32)[:, None]
    rows = np.concatenate([own, graph.rows[:, : k - 1]], axis=1)  # UMAP counts an item as its own first neighbour
    distances = np.concatenate([np.zeros_like(own, np.float32), graph.distances[:, : k - 1]], axis=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about a missing search index and a single thread, both intended
        return umap.UMAP(
            n_neighbors=k,
            n_epochs=EPOCHS if len(points) >= LANDMARKS else None,
            init=_initial_layout(_principal_axes(points) if start is None else start, seed),
            precomputed_knn=(rows, distances),
            random_state=seed,
        ).fit_transform(points)


@functools.cache
def load_umap() -> ModuleType:
    """UMAP, imported only where a map is made, since that takes seconds; what it compiles, in ten, is cached on disk.

    UMAP itself caches few of its functions. Those here are compiled the same way in every run: one process, no threads.
    """
    import umap
    from umap import layouts, umap_

    slow = umap_.smooth_knn_dist, umap_.compute_membership_strengths, layouts._nb_optimize_layout_euclidean_single_epoch
    for function in slow:
        with contextlib.suppress(RuntimeError):  # no folder to write to: compiled in every process
            function.enable_caching()
    return umap


def _principal_axes(points: Float[np.ndarray, "n d"]) -> Float32[np.ndarray, "n 2"]:
    centred = np.asarray(points, np.float64) - np.mean(points, axis=0, dtype=np.float64)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    flat = centred @ axes[:2].T
    return np.pad(flat, ((0, 0), (0, 2 - flat.shape[1]))).astype(np.float32)


def _initial_layout(layout: Float[np.ndarray, "n 2"], seed: int) -> Float32[np.ndarray, "n 2"]:
    """Scale to the size of UMAP's usual initial layout, with a little noise that separates items at the same place."""
    centred = layout - layout.mean(axis=0)
    noise = np.random.default_rng(seed).normal(scale=1e-3, size=layout.shape)
    return (10 * centred / max(np.abs(centred).max(), 1e-12) + noise).astype(np.float32)

"""The opposite of collapse: fragmented classes, and nearest positives that are only near-duplicates."""

import numpy as np
from jaxtyping import Float, Float64, Int64

from core.common.parallel import chunks
from core.diagnostics.checks import Groups
from core.neighbours.index import KnnGraph

BLOCK = 1024

COPY_COSINE = 0.999
"""Smallest cosine at which two items count as near-duplicates."""


def fragmentation(
    points: Float[np.ndarray, "n d"], codes: Int64[np.ndarray, "n"], modes: Int64[np.ndarray, "n"]
) -> Float64[np.ndarray, "c"]:
    """Share of a class's modes whose nearest other mode, by centroid, belongs to another class.

    modes: the mode of each row within its class, negative = none. In [0, 1], lower is better; 0 for a class with fewer
    than two modes.
    """
    classes = int(codes.max()) + 1
    inside = modes >= 0
    pairs, mode_of = np.unique(np.stack([codes[inside], modes[inside]]), axis=1, return_inverse=True)
    owner = pairs[0]
    if len(owner) < 2:
        return np.zeros(classes)
    sizes = np.bincount(mode_of)
    order = np.argsort(mode_of, kind="stable")
    starts = np.cumsum(sizes) - sizes
    centroids = np.add.reduceat(points[inside][order].astype(np.float64), starts, axis=0) / sizes[:, None]
    own = np.bincount(owner, minlength=classes)
    queries = np.flatnonzero(own[owner] > 1)
    foreign = owner[_nearest(centroids, queries)] != owner[queries]
    return np.bincount(owner[queries], weights=foreign, minlength=classes) / np.maximum(own, 1)


def near_duplicates(points: Float[np.ndarray, "n d"], groups: Groups, graph: KnnGraph) -> Float64[np.ndarray, "c"]:
    """Share of a class's items with a near-duplicate in the class: another item at a cosine of .999 or more.

    In [0, 1]. If high, the nearest positive of most anchors carries no information: bursts of photographs, augmented
    views, or a class collapsed to a point. graph: k-NN graph of the points; only neighbours in it are examined.
    """
    inside = (groups.codes[graph.rows] == groups.codes[:, None]) & (graph.rows >= 0)
    lengths = np.linalg.norm(points.astype(np.float64), axis=1)
    first = inside.argmax(axis=1)
    has = np.flatnonzero(inside[np.arange(len(points)), first])
    partner = graph.rows[has, first[has]]
    products = np.einsum("nd,nd->n", points[has].astype(np.float64), points[partner].astype(np.float64))
    copies = products >= COPY_COSINE * lengths[has] * lengths[partner]
    return np.bincount(groups.codes[has], weights=copies, minlength=len(groups.names)) / groups.sizes


def distinct_items(points: Float[np.ndarray, "n d"], groups: Groups, graph: KnnGraph) -> Int64[np.ndarray, "c"]:
    """Number of different vectors in each class, at least 1; the number of items if none is an exact copy."""
    tied = np.flatnonzero(graph.distances[:, 0] == 0)  # only these can have copies
    point = np.unique(points[tied], axis=0, return_inverse=True)[1]
    once = np.unique(np.stack([groups.codes[tied], point]), axis=1)[0]
    classes = len(groups.names)
    return groups.sizes - np.bincount(groups.codes[tied], minlength=classes) + np.bincount(once, minlength=classes)


def _nearest(centroids: Float64[np.ndarray, "m d"], queries: Int64[np.ndarray, "a"]) -> Int64[np.ndarray, "a"]:
    centred = centroids - centroids.mean(axis=0)
    squares = np.square(centred).sum(axis=1)
    nearest = np.empty(len(queries), dtype=np.int64)
    for block in chunks(len(queries), BLOCK):
        found = (-2 * centred[queries[block]]) @ centred.T
        found += squares
        found[np.arange(len(found)), queries[block]] = np.inf
        nearest[block] = found.argmin(axis=1)
    return nearest

"""The opposite disease: classes in pieces, and nearest positives that are mere copies."""

import numpy as np
from jaxtyping import Float, Float64, Int64

from core.common.parallel import chunks
from core.diagnostics.checks import Groups
from core.neighbours.index import KnnGraph

BLOCK = 1024

COPY_ABOVE = 0.999
"""Cosine from which two items count as copies of each other."""


def fragmentation(
    points: Float[np.ndarray, "n d"], codes: Int64[np.ndarray, "n"], modes: Int64[np.ndarray, "n"]
) -> Float64[np.ndarray, "c"]:
    """Share of a class's modes whose nearest other mode, by centroid, belongs to another class.

    modes: number of each row's mode within its class, negative = in none. In [0, 1], lower is better; 0 for a class
    with fewer than two modes, which cannot be in pieces.
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
    asked = np.flatnonzero(own[owner] > 1)
    strays = owner[_nearest(centroids, asked)] != owner[asked]
    return np.bincount(owner[asked], weights=strays, minlength=classes) / np.maximum(own, 1)


def near_duplicates(points: Float[np.ndarray, "n d"], groups: Groups, graph: KnnGraph) -> Float64[np.ndarray, "c"]:
    """Share of a class's items with a copy in the class: another item at a cosine of .999 or more.

    In [0, 1]. Where high, the nearest positive of most anchors teaches nothing: photographs in bursts, augmented views,
    or a class at one point. graph: the neighbours of the points; one beyond its reach is not seen.
    """
    inside = (groups.codes[graph.rows] == groups.codes[:, None]) & (graph.rows >= 0)
    lengths = np.linalg.norm(points.astype(np.float64), axis=1)
    first = inside.argmax(axis=1)
    has = np.flatnonzero(inside[np.arange(len(points)), first])
    partner = graph.rows[has, first[has]]
    products = np.einsum("nd,nd->n", points[has].astype(np.float64), points[partner].astype(np.float64))
    copies = products >= COPY_ABOVE * lengths[has] * lengths[partner]
    return np.bincount(groups.codes[has], weights=copies, minlength=len(groups.names)) / groups.sizes


def _nearest(centroids: Float64[np.ndarray, "m d"], asked: Int64[np.ndarray, "a"]) -> Int64[np.ndarray, "a"]:
    centred = centroids - centroids.mean(axis=0)
    squares = np.square(centred).sum(axis=1)
    nearest = np.empty(len(asked), dtype=np.int64)
    for block in chunks(len(asked), BLOCK):
        found = (-2 * centred[asked[block]]) @ centred.T
        found += squares
        found[np.arange(len(found)), asked[block]] = np.inf
        nearest[block] = found.argmin(axis=1)
    return nearest

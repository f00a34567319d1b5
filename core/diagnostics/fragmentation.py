"""The opposite disease: modes of one class that lie farther from each other than from another class."""

import numpy as np
from jaxtyping import Float, Float64, Int64

from core.neighbours import chunks

BLOCK = 1024


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

"""The opposite disease: modes of one class that lie farther from each other than from another class."""

import numpy as np
from jaxtyping import Float, Float64, Int64

from core.neighbours import chunks

BLOCK = 2048


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
    strays = owner[_nearest(centroids)] != owner
    own = np.bincount(owner, minlength=classes)
    share = np.bincount(owner, weights=strays, minlength=classes) / np.maximum(own, 1)
    return np.where(own > 1, share, 0.0)


def _nearest(centroids: Float64[np.ndarray, "m d"]) -> Int64[np.ndarray, "m"]:
    centred = centroids - centroids.mean(axis=0)
    squares = np.square(centred).sum(axis=1)
    nearest = np.empty(len(centred), dtype=np.int64)
    for block in chunks(len(centred), BLOCK):
        found = squares - 2 * centred[block] @ centred.T
        found[np.arange(len(found)), np.arange(block.start, block.stop)] = np.inf
        nearest[block] = found.argmin(axis=1)
    return nearest

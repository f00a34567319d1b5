"""Directions of vectors: L2-normalisation, the only one outside of the networks."""

import numpy as np
from jaxtyping import Float, Float64

from core.common.parallel import chunks

UNIT_NORM_TOLERANCE = 1e-6
"""Rows whose norm is this close to 1 are unit vectors already and are not changed."""

BLOCK_NUMBERS = 1 << 22
"""Numbers processed at once: 32 MiB in float64."""


def lengths_of(rows: Float[np.ndarray, "m d"]) -> Float64[np.ndarray, "m"]:
    """Euclidean norms, without overflow or underflow."""
    lengths = np.empty(len(rows))
    for block in chunks(len(rows), max(1, BLOCK_NUMBERS // rows.shape[1])):
        part = rows[block].astype(np.float64)
        largest = np.maximum(np.abs(part).max(axis=1, initial=0), np.finfo(np.float64).tiny)
        lengths[block] = largest * np.linalg.norm(part / largest[:, None], axis=1)
    return lengths


def directions_of(rows: Float[np.ndarray, "m d"]) -> Float[np.ndarray, "m d"]:
    """Rows divided by their norms; rows of zeros stay zeros. The same array if all are unit vectors already."""
    changed = np.flatnonzero(np.abs(lengths_of(rows) - 1) >= UNIT_NORM_TOLERANCE)
    if not len(changed):
        return rows
    units = rows.copy()
    for block in chunks(len(changed), max(1, BLOCK_NUMBERS // rows.shape[1])):
        part = rows[changed[block]].astype(np.float64)
        part /= np.maximum(np.abs(part).max(axis=1, keepdims=True), np.finfo(np.float64).tiny)
        units[changed[block]] = part / np.maximum(np.linalg.norm(part, axis=1, keepdims=True), 1e-300)
    return units

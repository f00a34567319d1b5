"""The few smallest numbers of long rows, found without sorting or selecting in the rows themselves."""

from typing import Any

import numpy as np
from jaxtyping import Int64, Shaped

SAMPLED = 17
"""One number in so many is looked at to guess how far the smallest reach; prime, as data often repeat in even steps."""


def shortlist(
    values: Shaped[np.ndarray, "b g"], depth: int, *, most: Any = np.inf
) -> tuple[Int64[np.ndarray, "m"], Int64[np.ndarray, "b"]]:
    """Flat places in order, and how many in each row, of the `depth` smallest values and others that tie or are near.

    Values above `most` are never listed, so a row may have fewer than `depth`. One look at every value, against a
    limit guessed from a sample; rows where that was too low are partitioned.
    """
    depth = min(depth, values.shape[1])
    kept = values <= np.minimum(_guessed(values, depth), most)[:, None]
    places, sizes = _places(kept)
    short = np.flatnonzero(sizes < depth)
    if len(short):
        limits = np.partition(values[short], depth - 1, axis=1)[:, depth - 1]
        kept[short] = values[short] <= np.minimum(limits, most)[:, None]
        places, sizes = _places(kept)
    return places, sizes


def _guessed(values: Shaped[np.ndarray, "b g"], depth: int) -> Shaped[np.ndarray, "b"]:
    """A number in every row with hardly ever fewer than `depth` values up to it."""
    sample = values[:, ::SAMPLED]
    expected = depth * sample.shape[1] / values.shape[1]
    place = int(expected + 3 * np.sqrt(expected)) + 1
    if place >= sample.shape[1]:
        return values.max(axis=1)  # nearly everything is wanted
    return np.partition(sample, place, axis=1)[:, place]


def _places(kept: Shaped[np.ndarray, "b g"]) -> tuple[Int64[np.ndarray, "m"], Int64[np.ndarray, "b"]]:
    places = np.flatnonzero(kept)
    return places, np.diff(np.searchsorted(places, np.arange(len(kept) + 1) * kept.shape[1]))

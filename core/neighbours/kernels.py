"""Compiled loops over distances, blocked so that their data stay in the processor's cache."""

import numpy as np
from jaxtyping import Bool, Float, Float64, Int32, Int64, UInt32

from core.common.jit import compiled

EXCLUDED = np.uint32(0xFFFFFFFF)
"""The key of excluded rows: sorts last."""

TILE = 2048
"""Rows per matrix product."""

PRODUCTS_AT_ONCE = 64
"""Products tested together; usually none of them is below the limit."""


@compiled
def collect_candidates(
    queries: Float[np.ndarray, "q d"],
    factors: Float[np.ndarray, "n d"],
    starts: Int64[np.ndarray, "balls1"],
    near: Bool[np.ndarray, "balls"],
    limits: Float[np.ndarray, "q"],
    products: Float[np.ndarray, "q room"],
    rows: Int32[np.ndarray, "q room"],
) -> Int64[np.ndarray, "q"]:
    """Collect for each query the products with `factors` up to a limit, and their rows; returns their numbers.

    near: which runs of rows to visit; starts: the first row of each run, and the end of the last. A list that fills its
    room is incomplete.
    """
    last = products.shape[1] - 1
    sizes = np.zeros(len(queries), dtype=np.int64)
    space = np.empty(len(queries) * TILE, dtype=queries.dtype)
    first = 0
    while first < len(near):
        if not near[first]:
            first += 1
            continue
        end = first + 1
        while end < len(near) and near[end] and starts[end + 1] - starts[first] <= TILE:
            end += 1
        start, width = starts[first], starts[end] - starts[first]
        block = space[: len(queries) * width].reshape(len(queries), width)
        np.dot(queries, factors[start : start + width].T, block)
        for i in range(len(queries)):
            sizes[i] = _filter(block[i], limits[i], start, products[i], rows[i], sizes[i], last)
        first = end
    return sizes


@compiled
def _filter(
    values: Float[np.ndarray, "w"],
    limit: float,
    start: int,
    products: Float[np.ndarray, "room"],
    rows: Int32[np.ndarray, "room"],
    size: int,
    last: int,
) -> int:
    """Append the values up to a limit, and their rows counted from `start`; returns the new size."""
    for begin in range(0, len(values), PRODUCTS_AT_ONCE):
        end = min(begin + PRODUCTS_AT_ONCE, len(values))
        count = 0
        for j in range(begin, end):  # simple enough to be vectorised
            count += values[j] <= limit
        if count:
            for j in range(begin, end):  # branch-free: always write, advance only for values up to the limit
                products[size] = values[j]
                rows[size] = start + j
                size = min(size + (values[j] <= limit), last)
    return size


@compiled
def recompute_close(
    queries: Float[np.ndarray, "q d"],
    vectors: Float[np.ndarray, "n d"],
    close: Float64[np.ndarray, "q"],
    limits: Float[np.ndarray, "q"],
    squares: Float[np.ndarray, "q room"],
    rows: Int32[np.ndarray, "q room"],
    sizes: Int64[np.ndarray, "q"],
) -> Int64[np.ndarray, "q"]:
    """Recompute squared distances below `close` from differences; returns how many of all are up to the limit.

    Entries after the end of a list become infinity and row 0.
    """
    within = np.zeros(len(queries), dtype=np.int64)
    for i in range(len(queries)):
        for e in range(sizes[i]):
            if squares[i, e] < close[i]:
                total = 0.0
                for c in range(vectors.shape[1]):
                    difference = np.float64(vectors[rows[i, e], c]) - np.float64(queries[i, c])
                    total += difference * difference
                squares[i, e] = total
            within[i] += squares[i, e] <= limits[i]
        squares[i, sizes[i] :] = np.inf
        rows[i, sizes[i] :] = 0
    return within


@compiled
def ranking_keys(
    bits: UInt32[np.ndarray, "q w"],
    rows: Int32[np.ndarray, "q w"],
    sizes: Int64[np.ndarray, "q"],
    groups: Int32[np.ndarray, "q"],
    gallery_groups: Int32[np.ndarray, "g"],
    sources: Int32[np.ndarray, "q"],
    gallery_sources: Int32[np.ndarray, "g"],
) -> UInt32[np.ndarray, "q w"]:
    """Distance and match as one sortable number; hits from the query's own source are excluded.

    bits: of non-negative float32 distances (or their squares); they sort like the numbers, and the sign bit is unused.
    """
    keys = np.full(bits.shape, EXCLUDED)
    for i in range(len(bits)):
        for e in range(sizes[i]):
            row = rows[i, e]
            if gallery_sources[row] != sources[i]:
                keys[i, e] = (bits[i, e] << np.uint32(1)) | np.uint32(gallery_groups[row] == groups[i])
    return keys


@compiled
def retrieval_figures(
    keys: UInt32[np.ndarray, "q w"], relevant: Int64[np.ndarray, "q"], ks: Int64[np.ndarray, "k"]
) -> tuple[Float64[np.ndarray, "q f"], Bool[np.ndarray, "q"]]:
    """(recall@k ..., R-precision, AP@R) from sorted keys, and whether the order of equal distances may change them.

    This is the case if a match and a non-match tie (their keys differ only in the last bit), or if a tie extends over a
    cut-off rank. NaN for queries without relevant items.
    """
    figures = np.full((len(keys), len(ks) + 2), np.nan)
    tied = np.zeros(len(keys), dtype=np.bool_)
    for i in range(len(keys)):
        wanted = relevant[i]
        if wanted == 0:
            continue
        found, first, precision, at_cut = 0, len(keys[i]), 0.0, 0
        for e in range(min(max(wanted, ks.max()) + 1, keys.shape[1])):
            key = keys[i, e]
            if key == EXCLUDED:
                break
            if e > 0:
                before = keys[i, e - 1]
                if key ^ before == 1:
                    tied[i] = True
                if key >> np.uint32(1) == before >> np.uint32(1) and (e == wanted or (ks == e).any()):
                    tied[i] = True
            if key & np.uint32(1):
                found += 1
                first = min(first, e)
                if e < wanted:
                    precision += found / (e + 1)
                    at_cut = found
        for k in range(len(ks)):
            figures[i, k] = first < ks[k]
        figures[i, -2] = at_cut / wanted
        figures[i, -1] = precision / wanted
    return figures, tied

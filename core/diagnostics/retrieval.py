"""How well nearest neighbours agree on a label: recall@k, R-precision and MAP@R, exact.

A query's own row is removed by its id, not by its rank; items at equal distance count with their expected value over
all orders (McSherry & Najork 2008); queries without another item of their label have no figure and are left out.
Definitions: Musgrave et al. 2020, A Metric Learning Reality Check, https://arxiv.org/abs/2003.08505.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import joblib
import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Float32, Float64, Int, Int32, Int64, UInt32
from scipy.special import gammaln
from threadpoolctl import threadpool_limits

from core.diagnostics.checks import Labels, check_groups, check_points
from core.errors import DataError
from core.neighbours import EXACT_UP_TO, Gallery, KnnGraph, chunks
from core.shortlist import shortlist

BLOCK_NUMBERS = 1 << 23
"""Distances held at once by each thread: a matrix product with fewer rows is slower."""

CACHED_NUMBERS = 1 << 20
"""Distances ranked at once by each thread: 4 MiB, so that a processor's cache holds them and what is made of them."""

Places = tuple[Int64[np.ndarray, "e"], ...]
"""Row and column numbers of single entries."""

EXCLUDED = np.uint32(0xFFFFFFFF)

Watch = Callable[[Int64[np.ndarray, "b"], Float32[np.ndarray, "b g"]], None]
"""Called with a few queries' rows and their squared distances to the gallery."""


@dataclass(frozen=True)
class _Target:
    """What is sought: items with the query's code."""

    codes: Int32[np.ndarray, "n"]
    gallery: Int32[np.ndarray, "g"]
    """Codes of the items searched."""
    counts: Int64[np.ndarray, "c"]
    """How many of them carry each code."""

    @classmethod
    def of(cls, codes: Int64[np.ndarray, "n"], gallery: Int64[np.ndarray, "g"]) -> "_Target":
        narrow = codes.astype(np.int32)
        return cls(narrow, narrow[gallery], np.bincount(narrow[gallery], minlength=int(codes.max()) + 1))

    def relevant(self, rows: Int64[np.ndarray, "b"], excluded: Places) -> Int64[np.ndarray, "b"]:
        """How many of the items searched, those excluded left out, carry the code of these queries."""
        queries, columns = excluded
        own = queries[self.gallery[columns] == self.codes[rows][queries]]
        return self.counts[self.codes[rows]] - np.bincount(own, minlength=len(rows))


def retrieval_metrics(
    embeddings: Float[np.ndarray, "n d"],
    labels: Labels,
    *,
    sublabels: Labels | None = None,
    ks: Sequence[int] = (1, 2, 4, 8),
    ids: Int[np.ndarray, "n"] | None = None,
    is_query: Bool[np.ndarray, "n"] | None = None,
    is_gallery: Bool[np.ndarray, "n"] | None = None,
    graph: KnnGraph | None = None,
) -> dict[str, float]:
    """`recall@k` for each k, `r_precision`, `map@r`; the same prefixed `sub_` where sublabels are given.

    All in [0, 1], higher is better; NaN where no query has another item of its label. Euclidean distances on the
    embeddings as they are. By default every item is a query and all others are its gallery. ids: rows sharing an id
    (views of one item) do not count as each other's neighbours. graph: the neighbours of these embeddings, if
    already computed: classes smaller than its k need no further search. Raises DataError for broken input.
    """
    per_query = retrieval_per_query(
        embeddings, labels, sublabels=sublabels, ks=ks, ids=ids, is_query=is_query, is_gallery=is_gallery, graph=graph
    )
    return {name: float(values.mean()) for name, values in per_query.items()}  # pandas leaves NaN out


def retrieval_per_query(
    embeddings: Float[np.ndarray, "n d"],
    labels: Labels,
    *,
    sublabels: Labels | None = None,
    ks: Sequence[int] = (1, 2, 4, 8),
    ids: Int[np.ndarray, "n"] | None = None,
    is_query: Bool[np.ndarray, "n"] | None = None,
    is_gallery: Bool[np.ndarray, "n"] | None = None,
    graph: KnnGraph | None = None,
    watch: Watch | None = None,
) -> pd.DataFrame:
    """The figures of `retrieval_metrics` for each query: index = row number of the query, one column per figure.

    watch: reads all distances along the way, from several threads.
    """
    points = check_points(embeddings)
    n = len(points)
    targets = {"": check_groups(labels, n).codes}
    if sublabels is not None:
        targets["sub_"] = check_groups(sublabels, n, name="sublabels").codes
    if not ks or min(ks) < 1:
        raise DataError(f"ks = {tuple(ks)}: give ranks of at least 1")
    own = np.arange(n) if ids is None else check_groups(ids, n, name="ids").codes
    gallery = _rows(is_gallery, n, "is_gallery")
    queries = _rows(is_query, n, "is_query")
    parts = []
    if graph is not None and ids is None and len(gallery) == n <= EXACT_UP_TO:  # beyond, a graph is approximate
        reached, found = _rank_by_graph(graph, queries, targets=targets, ks=ks)
        parts, queries = [found], queries[~reached]
    if len(queries):
        queries = queries[np.argsort(targets[""][queries], kind="stable")]  # blocks of one class need one depth
        parts.append(_rank(points, queries, gallery, targets=targets, own=own, ks=ks, watch=watch))
    return pd.concat(parts).sort_index()


def _rank_by_graph(
    graph: KnnGraph, queries: Int64[np.ndarray, "q"], *, targets: dict[str, Int64[np.ndarray, "n"]], ks: Sequence[int]
) -> tuple[Bool[np.ndarray, "q"], pd.DataFrame]:
    """Which queries the graph reaches deep enough for, all of a tie included, and their figures."""
    distances, rows = graph.distances[queries], graph.rows[queries]
    deepest = np.maximum(np.bincount(targets[""])[targets[""][queries]] - 1, max(ks))
    if "sub_" in targets:
        deepest = np.maximum(deepest, np.bincount(targets["sub_"])[targets["sub_"][queries]] - 1)
    last = distances.shape[1] - 1
    complete = ~np.isfinite(distances[:, -1])  # padded: it holds every other item
    beyond = distances[np.arange(len(queries)), np.minimum(deepest, last + 1) - 1] < distances[:, -1]
    reached = complete | ((deepest <= last) & beyond)
    queries, distances, rows = queries[reached], distances[reached], rows[reached]
    figures: dict[str, np.ndarray] = {}
    for prefix, codes in targets.items():
        match = codes[queries, None] == codes[rows]
        relevant = np.bincount(codes)[codes[queries]] - 1
        keys = _keys(distances.view(np.uint32), match)
        keys[rows < 0] = EXCLUDED
        figures |= _named(prefix, _figures(keys, relevant, ks=ks), ks)
    return reached, pd.DataFrame(figures, index=pd.Index(queries, name="row"))


def _rank(
    points: Float[np.ndarray, "n d"],
    queries: Int64[np.ndarray, "q"],
    gallery: Int64[np.ndarray, "g"],
    *,
    targets: dict[str, Int64[np.ndarray, "n"]],
    own: Int64[np.ndarray, "n"],
    ks: Sequence[int],
    watch: Watch | None,
) -> pd.DataFrame:
    """Figures from all distances, block by block of queries, blocks side by side."""
    distinct, copy_of = np.unique(points[gallery], axis=0, return_inverse=True)  # copies tie exactly
    copied = len(distinct) < len(gallery)
    space = Gallery(distinct if copied else points[gallery])
    views = np.argsort(own[gallery], kind="stable")
    sources = own[gallery][views]
    sought = [_Target.of(codes, gallery) for codes in targets.values()]

    def rank_block(rows: Int64[np.ndarray, "b"]) -> Float64[np.ndarray, "b f"]:
        squares = space.squared_distances(points[rows])
        if copied:
            squares = np.take(squares, copy_of, axis=1)
        figures = []
        for few in chunks(len(rows), max(1, CACHED_NUMBERS // len(gallery))):
            if watch is not None:
                watch(rows[few], squares[few])
            figures.append(_ranked(rows[few], squares[few], sought, _places(sources, own[rows[few]], views), ks=ks))
        return np.concatenate(figures)

    blocks = [queries[block] for block in chunks(len(queries), max(1, BLOCK_NUMBERS // len(gallery)))]
    threads = joblib.Parallel(-1 if len(blocks) > 1 else 1, backend="threading")  # numpy lets others work meanwhile
    with threadpool_limits(1):  # a matrix product with threads of its own would only wait for the others
        figures = np.concatenate(threads(joblib.delayed(rank_block)(rows) for rows in blocks))
    names = [prefix + name for prefix in targets for name in _names(ks)]
    return pd.DataFrame(figures, index=pd.Index(queries, name="row"), columns=names)


def _ranked(
    rows: Int64[np.ndarray, "b"],
    squares: Float32[np.ndarray, "b g"],
    sought: Sequence[_Target],
    excluded: Places,
    *,
    ks: Sequence[int],
) -> Float64[np.ndarray, "b f"]:
    """Figures of a few queries, target by target, from their squared distances to the gallery, which are spoilt."""
    bits = squares.view(np.uint32)  # a float32 >= 0 sorts as its bits do
    bits[excluded] = EXCLUDED
    relevant = [target.relevant(rows, excluded) for target in sought]
    places, sizes = shortlist(bits, int(max(*ks, *np.concatenate(relevant))) + 1, most=EXCLUDED - np.uint32(1))
    query = np.repeat(np.arange(len(rows)), sizes)
    columns, nearest = places - query * bits.shape[1], bits.ravel()[places]
    listed = np.arange(sizes.max()) < sizes[:, None]
    figures = []
    for target, found in zip(sought, relevant, strict=True):
        keys = np.full(listed.shape, EXCLUDED)
        keys[listed] = _keys(nearest, target.gallery[columns] == target.codes[rows][query])
        figures.append(_figures(keys, found, ks=ks))
    return np.concatenate(figures, axis=1)


def _places(
    sorted_values: Int64[np.ndarray, "g"], wanted: Int64[np.ndarray, "q"], order: Int64[np.ndarray, "g"]
) -> Places:
    """(query, column) of every column that holds a query's value; order: what sorted the values."""
    first, last = np.searchsorted(sorted_values, wanted, "left"), np.searchsorted(sorted_values, wanted, "right")
    found = last - first
    queries = np.repeat(np.arange(len(wanted)), found)
    within = np.arange(len(queries)) - np.repeat(np.cumsum(found) - found, found)
    return queries, order[first[queries] + within]


def _names(ks: Sequence[int]) -> list[str]:
    return [*(f"recall@{k}" for k in ks), "r_precision", "map@r"]


def _named(prefix: str, figures: Float64[np.ndarray, "q f"], ks: Sequence[int]) -> dict[str, Float64[np.ndarray, "q"]]:
    return {prefix + name: values for name, values in zip(_names(ks), figures.T, strict=True)}


def _keys(bits: UInt32[np.ndarray, "*shape"], match: Bool[np.ndarray, "*shape"]) -> UInt32[np.ndarray, "*shape"]:
    """Distance (or its square) and match in one sortable number: the sign bit of a float32 >= 0 is free."""
    keys = bits << np.uint32(1)
    keys |= match
    return keys


def _figures(
    keys: UInt32[np.ndarray, "q g"], relevant: Int64[np.ndarray, "q"], *, ks: Sequence[int]
) -> Float64[np.ndarray, "q f"]:
    """(q, len(ks) + 2) figures; NaN for queries with nothing to find."""
    figures = np.full((len(keys), len(ks) + 2), np.nan)
    depth = int(min(max(relevant.max(initial=0), *ks) + 1, keys.shape[1]))
    if not depth or not relevant.any():
        return figures
    top = np.sort(keys, axis=1)[:, :depth]
    matches = (top & np.uint32(1)).astype(bool) & (top != EXCLUDED)
    found = np.cumsum(matches, axis=1, dtype=np.int32)
    last = np.maximum(relevant, 1) - 1
    everything = np.arange(len(keys))
    for column, k in enumerate(ks):
        figures[:, column] = found[:, min(k, depth) - 1] > 0
    figures[:, -2] = found[everything, last] / np.maximum(relevant, 1)
    precision = found * matches / np.arange(1, depth + 1, dtype=np.float32)
    total = np.cumsum(precision, axis=1, dtype=np.float64)
    figures[:, -1] = total[everything, last] / np.maximum(relevant, 1)
    for row in np.flatnonzero(_tied(top, relevant, ks) & (relevant > 0)):
        within = keys[row][keys[row] >> np.uint32(1) <= top[row, -1] >> np.uint32(1)]
        figures[row] = _expected(np.sort(within[within != EXCLUDED]), int(relevant[row]), ks=ks)
    figures[relevant == 0] = np.nan
    return figures


def _tied(top: UInt32[np.ndarray, "q m"], relevant: Int64[np.ndarray, "q"], ks: Sequence[int]) -> Bool[np.ndarray, "q"]:
    """Queries where the order of equally distant items changes a figure.

    Either a match and a non-match tie (their keys differ in the last bit only), or a tie runs over a cut-off, beyond
    which the other half of it may lie.
    """
    if top.shape[1] < 2:
        return np.zeros(len(top), dtype=bool)
    mixed = ((top[:, 1:] ^ top[:, :-1]) == 1).any(axis=1)
    distances = top >> np.uint32(1)
    last = top.shape[1] - 1
    for cut in [*(np.full(len(top), k) for k in ks), relevant]:
        inside, outside = np.clip(cut - 1, 0, last), np.clip(cut, 0, last)
        everything = np.arange(len(top))
        mixed |= (inside < outside) & (distances[everything, inside] == distances[everything, outside])
    return mixed


def _expected(keys: UInt32[np.ndarray, "m"], relevant: int, *, ks: Sequence[int]) -> list[float]:
    """Figures of one query as their mean over all orders of items at equal distance; keys sorted, ties complete.

    In a tie of g items with m matches that starts at rank s + 1 after c matches, rank s + j holds a match with
    probability m / g, and then (m - 1) / (g - 1) of the j - 1 tied items before it are matches.
    """
    _, start, size = np.unique(keys >> np.uint32(1), return_index=True, return_counts=True)
    matches = np.add.reduceat((keys & np.uint32(1)).astype(np.int64), start)
    before = np.cumsum(matches) - matches
    group = np.repeat(np.arange(len(start)), size)
    rank = np.arange(1, len(keys) + 1)
    chance = matches[group] / size[group]
    earlier = (rank - start[group] - 1) * (matches[group] - 1) / np.maximum(size[group] - 1, 1)
    precision = chance * (before[group] + 1 + earlier) / rank
    recall = [_probability_of_a_hit(k, start, size, matches) for k in ks]
    return [*recall, chance[:relevant].sum() / relevant, precision[:relevant].sum() / relevant]


def _probability_of_a_hit(
    k: int, start: Int64[np.ndarray, "t"], size: Int64[np.ndarray, "t"], matches: Int64[np.ndarray, "t"]
) -> float:
    """Chance that the first k ranks hold a match: 1 - C(g - m, t) / C(g, t) in the tie that the cut divides."""
    group = np.searchsorted(start, min(k, start[-1] + size[-1]), side="left") - 1
    if matches[:group].any():
        return 1.0
    g, m = int(size[group]), int(matches[group])
    t = min(k - int(start[group]), g)
    if t > g - m:
        return 1.0
    return float(1 - np.exp(gammaln(g - m + 1) + gammaln(g - t + 1) - gammaln(g - m - t + 1) - gammaln(g + 1)))


def _rows(mask: Bool[np.ndarray, "n"] | None, n: int, name: str) -> Int64[np.ndarray, "m"]:
    if mask is None:
        return np.arange(n)
    mask = np.asarray(mask)
    if mask.shape != (n,) or mask.dtype != bool:
        raise DataError(f"{name} has shape {mask.shape} and type {mask.dtype}: give one True or False per row ({n})")
    if not mask.any():
        raise DataError(f"{name} is False everywhere: there is nothing to rank")
    return np.flatnonzero(mask)

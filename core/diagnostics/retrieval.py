"""Exact retrieval metrics: recall@k, R-precision and MAP@R.

A query's own row is removed by its id, not by its rank; items at equal distance count with their expected value over
all orders (McSherry & Najork 2008); queries without another item of their label have no figure and are excluded.
Definitions: Musgrave et al. 2020, A Metric Learning Reality Check, https://arxiv.org/abs/2003.08505.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Float64, Int, Int64, UInt32
from scipy.special import gammaln

from core.common.errors import DataError
from core.common.parallel import chunks, in_threads
from core.diagnostics.checks import Labels, check_groups, check_points
from core.neighbours.exact import CandidateLists, ExactSearch
from core.neighbours.index import GraphBuilder

BLOCK = 512
"""Queries ranked by one thread at a time."""


def retrieval_metrics(
    embeddings: Float[np.ndarray, "n d"],
    labels: Labels,
    *,
    sublabels: Labels | None = None,
    ks: Sequence[int] = (1, 2, 4, 8),
    ids: Int[np.ndarray, "n"] | None = None,
    is_query: Bool[np.ndarray, "n"] | None = None,
    is_gallery: Bool[np.ndarray, "n"] | None = None,
) -> dict[str, float]:
    """`recall@k` for each k, `r_precision`, `map@r`; the same prefixed `sub_` where sublabels are given.

    All in [0, 1], higher is better; NaN if no query has another item of its label. Distances are Euclidean, on
    the embeddings as given. By default every item is a query and all others are its gallery. ids: rows with the same id
    (views of one item) are not neighbours of each other. Raises DataError for invalid input.
    """
    per_query = retrieval_per_query(
        embeddings, labels, sublabels=sublabels, ks=ks, ids=ids, is_query=is_query, is_gallery=is_gallery
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
    graph_builder: GraphBuilder | None = None,
) -> pd.DataFrame:
    """The figures of `retrieval_metrics` for each query: index = row number of the query, one column per figure.

    graph_builder: collects the k-NN graph in the same pass; only if all items are searched.
    """
    points = check_points(embeddings)
    n = len(points)
    targets = {"": check_groups(labels, n).codes}
    if sublabels is not None:
        targets["sub_"] = check_groups(sublabels, n, name="sublabels").codes
    if not ks or min(ks) < 1:
        raise DataError(f"ks = {tuple(ks)}: provide ranks of at least 1")
    own = np.arange(n) if ids is None else check_groups(ids, n, name="ids").codes
    gallery = _rows(is_gallery, n, "is_gallery")
    queries = _rows(is_query, n, "is_query")
    queries = queries[
        np.argsort(targets[""][queries], kind="stable")
    ]  # queries of one class need lists of the same length
    ranking = _Ranking(points, gallery, codes=[*targets.values()], own=own, ks=ks, graph_builder=graph_builder)
    figures = np.concatenate(in_threads(lambda block: ranking.of(queries[block]), chunks(len(queries), BLOCK)))
    names = [prefix + name for prefix in targets for name in _names(ks)]
    return pd.DataFrame(figures, index=pd.Index(queries, name="row"), columns=names).sort_index()


class _Ranking:
    """The gallery, and the codes to be matched in it."""

    def __init__(
        self,
        points: Float[np.ndarray, "n d"],
        gallery: Int64[np.ndarray, "g"],
        *,
        codes: list[Int64[np.ndarray, "n"]],
        own: Int64[np.ndarray, "n"],
        ks: Sequence[int],
        graph_builder: GraphBuilder | None,
    ) -> None:
        """codes: per target, items with equal codes match. own: items with equal values are not neighbours of each
        other."""
        _, first, copies = np.unique(points[gallery], axis=0, return_index=True, return_inverse=True)
        self._copies = copies if len(first) < len(gallery) else None  # copies tie exactly
        distinct = gallery if self._copies is None else gallery[first]
        self._points, self._space = points, ExactSearch(points[distinct], groups=codes[0][distinct])
        self._groups = codes[0]
        self._own, self._codes = own.astype(np.int32), [code.astype(np.int32) for code in codes]
        self._own_gallery, self._gallery_codes = self._own[gallery], [code[gallery] for code in self._codes]
        self._relevant = [_relevant(code, own, gallery) for code in codes]
        excluded = np.bincount(own[gallery], minlength=len(points))[own]
        deepest = np.max([*self._relevant, np.full(len(points), max(ks))], axis=0)
        self._depths = deepest + excluded  # ties with the last are listed too
        self._ks, self._graph_builder = ks, graph_builder

    def of(self, rows: Int64[np.ndarray, "b"]) -> Float64[np.ndarray, "b f"]:
        """Figures of some queries, for all targets."""
        figures = np.empty((len(rows), len(self._codes) * (len(self._ks) + 2)))
        depths = self._depths[rows].clip(self._graph_builder.depth if self._graph_builder else 0, len(self._space))
        nearest = self._space.nearest(self._points[rows], depths, groups=self._groups[rows])
        for places, lists in nearest:
            if self._copies is not None:
                lists = lists.with_copies(self._copies)
            if self._graph_builder is not None:
                self._graph_builder.read(rows[places], lists)
            figures[places] = np.concatenate(
                [self._figures(rows[places], lists, t) for t in range(len(self._codes))], axis=1
            )
        return figures

    def _figures(self, rows: Int64[np.ndarray, "b"], lists: CandidateLists, target: int) -> Float64[np.ndarray, "b f"]:
        from core.neighbours import kernels  # imports numba: seconds

        keys = kernels.ranking_keys(
            lists.squares.view(np.uint32),
            lists.rows,
            lists.sizes,
            self._codes[target][rows],
            self._gallery_codes[target],
            self._own[rows],
            self._own_gallery,
        )
        keys.sort(axis=1)
        relevant = self._relevant[target][rows]
        figures, tied = kernels.retrieval_figures(keys, relevant, np.array(self._ks))
        for row in np.flatnonzero(tied):
            figures[row] = _expected(keys[row][keys[row] != kernels.EXCLUDED], int(relevant[row]), ks=self._ks)
        return figures


def _relevant(
    codes: Int64[np.ndarray, "n"], own: Int64[np.ndarray, "n"], gallery: Int64[np.ndarray, "g"]
) -> Int64[np.ndarray, "n"]:
    """The number of gallery items that match each item, without those with the same `own`."""
    both = np.unique(np.stack([codes, own]), axis=1, return_inverse=True)[1]
    return _count_same_code(codes, gallery) - _count_same_code(both, gallery)


def _count_same_code(codes: Int64[np.ndarray, "n"], gallery: Int64[np.ndarray, "g"]) -> Int64[np.ndarray, "n"]:
    return np.bincount(codes[gallery], minlength=int(codes.max()) + 1)[codes]


def _names(ks: Sequence[int]) -> list[str]:
    return [*(f"recall@{k}" for k in ks), "r_precision", "map@r"]


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
        raise DataError(f"{name} has shape {mask.shape} and type {mask.dtype}: provide one True or False per row ({n})")
    if not mask.any():
        raise DataError(f"{name} is False everywhere: there is nothing to rank")
    return np.flatnonzero(mask)

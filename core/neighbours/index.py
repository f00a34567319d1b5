"""Nearest neighbours of items with one interface: exact up to EXACT_UP_TO rows, approximate above."""

import functools
from dataclasses import dataclass

import faiss
import numpy as np
from jaxtyping import Bool, Float, Float32, Float64, Int, Int32, Int64

from core.common.errors import DataError
from core.common.parallel import chunks, in_threads
from core.neighbours.exact import PAIR_CHUNK, RESOLUTION, CandidateLists, ExactSearch

EXACT_UP_TO = 100_000
"""Rows up to which the search is exhaustive; above it an HNSW graph keeps the cost below quadratic."""

MARGIN = 16
"""Extra candidates from the float32 search, to be re-ranked in float64."""

BLOCK = 1024
"""Queries per block."""

EXACT_SEARCH_FROM = 4 * BLOCK
"""Number of queries from which exact search uses `ExactSearch`: faster than FAISS, but slow to load."""


@dataclass(frozen=True)
class KnnGraph:
    """The k nearest other items of every item, by row number, nearest first; padded with -1 and infinity."""

    rows: Int32[np.ndarray, "n k"]
    distances: Float32[np.ndarray, "n k"]

    def among(self, rows: Int64[np.ndarray, "m"]) -> "KnnGraph":
        """The graph of some of the items, by position among them: of the neighbours listed, those that are of them."""
        place = np.full(len(self.rows) + 1, -1, dtype=np.int32)  # the last entry is the padding's
        place[rows] = np.arange(len(rows))
        found = place[self.rows[rows]]
        order = np.argsort(found < 0, axis=1, kind="stable")
        found = np.take_along_axis(found, order, axis=1)
        distances = np.take_along_axis(self.distances[rows], order, axis=1)
        return KnnGraph(found, np.where(found < 0, np.float32(np.inf), distances))


Found = tuple[Float[np.ndarray, "q k"], Int64[np.ndarray, "q k"]]
"""Distances or squared distances, and the row numbers."""


class Neighbours:
    """Euclidean search over a fixed matrix. Hits are item ids, nearest first; ties in order of row number.

    embeddings: one row per item, finite. ids: unique. Raises DataError otherwise.
    """

    def __init__(self, embeddings: Float[np.ndarray, "n d"], ids: Int[np.ndarray, "m"]) -> None:
        self._vectors = np.ascontiguousarray(embeddings, dtype=np.float32)
        self.ids = np.asarray(ids, dtype=np.int64)
        _check(self._vectors, self.ids)
        self._centre = self._vectors.mean(axis=0)
        centred = self._vectors - self._centre
        self._largest_square = float(np.einsum("nd,nd->n", centred, centred).max(initial=0))
        self._order = np.argsort(self.ids)
        self.exact = len(centred) <= EXACT_UP_TO
        self._index = faiss.IndexFlatL2(centred.shape[1]) if self.exact else _hnsw(centred.shape[1])
        self._index.add(centred)

    def __len__(self) -> int:
        return len(self.ids)

    def search(
        self, queries: Float[np.ndarray, "q d"], k: int
    ) -> tuple[Float32[np.ndarray, "q k"], Int64[np.ndarray, "q k"]]:
        """Distances (not squared) and ids of the k nearest items; padded with infinity and -1 when k > n."""
        distances, rows = self._search_rows(queries, k)
        return distances, self._ids_of(rows)

    def search_ids(
        self, ids: Int[np.ndarray, "q"], k: int
    ) -> tuple[Float32[np.ndarray, "q k"], Int64[np.ndarray, "q k"]]:
        """As `search` for items of the index; the item itself is excluded by its id, whatever its rank."""
        own = self._rows_of(ids)
        distances, rows = self._others(own, k)
        return distances, self._ids_of(rows)

    def vector_of(self, id: int) -> Float32[np.ndarray, "d"]:
        """The vector of an item. Raises DataError for an unknown id."""
        return self._vectors[self._rows_of(np.array([id]))[0]]

    def search_among(
        self, query: Float[np.ndarray, "d"], k: int, *, passing: Bool[np.ndarray, "n"], penalty: Float[np.ndarray, "n"]
    ) -> tuple[Float32[np.ndarray, "j"], Int64[np.ndarray, "j"]]:
        """Distances and ids of the k items of least squared distance plus penalty among those that pass, least first.

        Exact whatever the number of rows; j < k where fewer pass. An index can neither filter nor add penalties, so
        approximate distances to all items select the candidates, which exact distances rank.
        """
        approximate, error = self._approximate_squares(query)
        scores = np.where(passing, approximate + penalty, np.inf)
        candidates = np.flatnonzero((scores <= _kth_smallest(scores, k) + 2 * error) & passing)
        squares = self._squares_to(query, candidates)
        best = _smallest(squares + penalty[candidates], k)
        return np.sqrt(squares[best]).astype(np.float32), self.ids[candidates[best]]

    def _squares_to(self, query: Float[np.ndarray, "d"], rows: Int64[np.ndarray, "m"]) -> Float64[np.ndarray, "m"]:
        """Squared distances of a vector to some rows, in float64."""
        squares = np.empty(len(rows))
        for part in chunks(len(rows), max(1, PAIR_CHUNK // self._vectors.shape[1])):
            difference = self._vectors[rows[part]] - query.astype(np.float64)
            squares[part] = np.einsum("md,md->m", difference, difference)
        return squares

    def _approximate_squares(self, query: Float[np.ndarray, "d"]) -> tuple[Float32[np.ndarray, "n"], float]:
        """Squared distances of a vector to all items by one float32 product, and a bound of their error."""
        query = np.asarray(query, dtype=np.float32)
        squares = self._squared_norms - 2 * (self._vectors @ query) + query @ query
        # The largest error measured was a quarter of this bound.
        return squares, 4 * RESOLUTION * float(self._squared_norms.max() + query @ query)

    @functools.cached_property
    def _squared_norms(self) -> Float32[np.ndarray, "n"]:
        return np.einsum("nd,nd->n", self._vectors, self._vectors)

    def graph(self, k: int) -> KnnGraph:
        """Neighbours of every item, excluding itself."""
        distances, rows = self._others(np.arange(len(self)), k)
        return KnnGraph(rows.astype(np.int32), distances)

    def _others(self, own: Int64[np.ndarray, "q"], k: int) -> Found:
        return _without(own, *self._search_rows(self._vectors[own], k + 1))

    def neighbours_among(
        self,
        own: Int64[np.ndarray, "q"],
        k: int,
        lists: CandidateLists,
    ) -> Found:
        """Distances and rows of the k items nearest to items, excluding themselves; lists: at least k + 1 + MARGIN
        long."""
        candidates = lists.nearest(min(k + 1 + MARGIN, len(self)))
        squares, rows = self._refine(self._vectors[own], k + 1, *candidates)
        return _without(own, np.sqrt(squares).astype(np.float32), rows)

    def _search_rows(self, queries: Float[np.ndarray, "q d"], k: int) -> Found:
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        if queries.ndim != 2 or queries.shape[1] != self._vectors.shape[1]:
            raise DataError(
                f"queries have shape {queries.shape}, but the indexed vectors have {self._vectors.shape[1]} dimensions"
            )
        if not np.isfinite(queries).all():
            raise DataError("a query contains NaN or infinite values: embed it again or leave it out")
        if self.exact and len(queries) >= EXACT_SEARCH_FROM:
            search = self._exact_search
            parts = in_threads(lambda rows: self._search_lists(search, queries[rows], k), chunks(len(queries), BLOCK))
        else:
            parts = [self._search_index(queries[rows], k) for rows in chunks(len(queries), BLOCK)]
        squares, rows = (np.concatenate(part) for part in zip(*parts, strict=True))
        return np.sqrt(squares).astype(np.float32), rows

    def _search_index(self, queries: Float32[np.ndarray, "q d"], k: int) -> Found:
        return self._refine(queries, k, *self._index.search(queries - self._centre, min(k + MARGIN, len(self))))

    def _search_lists(self, search: ExactSearch, queries: Float32[np.ndarray, "q d"], k: int) -> Found:
        squares, rows = np.empty((len(queries), k)), np.empty((len(queries), k), dtype=np.int64)
        depth = min(k + MARGIN, len(self))
        for places, lists in search.nearest(queries, np.full(len(queries), depth)):
            squares[places], rows[places] = self._refine(queries[places], k, *lists.nearest(depth))
        return squares, rows

    def _refine(
        self,
        queries: Float32[np.ndarray, "q d"],
        k: int,
        approximate: Float32[np.ndarray, "q c"],
        rows: Int64[np.ndarray, "q c"],
    ) -> Found:
        """The exact k nearest from candidates with float32 squared distances, the farthest candidate last."""
        n, wanted = len(self), min(k, len(self))
        centred = queries - self._centre
        uncertainty = RESOLUTION * (self._largest_square + np.einsum("qd,qd->q", centred, centred))
        squares = _squares_of_pairs(queries, self._vectors, rows)
        squares, rows = _by_distance_then_row(squares, rows, wanted)
        if self.exact and rows.shape[1] < n:  # rounding in float32 may have excluded one of the k nearest
            unsure = np.flatnonzero(squares[:, -1] >= approximate[:, -1] - uncertainty)
            if len(unsure):
                squares[unsure], rows[unsure] = self._search_in_float64(queries[unsure], wanted)
        padding = ((0, 0), (0, k - wanted))
        return np.pad(squares, padding, constant_values=np.inf), np.pad(rows, padding, constant_values=-1)

    def _search_in_float64(self, queries: Float32[np.ndarray, "q d"], k: int) -> Found:
        """Exhaustive search for queries whose neighbours float32 cannot rank."""
        squares, rows = np.empty((len(queries), k)), np.empty((len(queries), k), dtype=np.int64)
        for block in chunks(len(queries), max(1, PAIR_CHUNK // len(self))):
            found = self._exact_search.all_squares(queries[block])
            for i, row_squares in zip(range(block.start, block.stop), found, strict=True):
                rows[i] = _smallest(row_squares, k)
                squares[i] = row_squares[rows[i]]
        return squares, rows

    @functools.cached_property
    def _exact_search(self) -> "ExactSearch":
        return ExactSearch(self._vectors)

    def _ids_of(self, rows: Int64[np.ndarray, "q k"]) -> Int64[np.ndarray, "q k"]:
        return np.where(rows < 0, -1, self.ids[rows])

    def _rows_of(self, ids: Int[np.ndarray, "q"]) -> Int64[np.ndarray, "q"]:
        ids = np.asarray(ids, dtype=np.int64)
        places = np.searchsorted(self.ids, ids, sorter=self._order).clip(max=len(self) - 1)
        rows = self._order[places]
        if not np.array_equal(self.ids[rows], ids):
            raise DataError(f"item {ids[self.ids[rows] != ids][0]} is not among the {len(self)} indexed items")
        return rows


class GraphBuilder:
    """Builds the graph of `Neighbours.graph` from candidate lists that are also computed for another purpose."""

    def __init__(self, search: Neighbours, k: int) -> None:
        self._search, self._k = search, k
        self.depth = min(k + 1 + MARGIN, len(search))
        """Minimum length of the lists."""
        shape = (len(search), k)
        self.graph = KnnGraph(np.empty(shape, dtype=np.int32), np.empty(shape, dtype=np.float32))
        """Complete once all rows have been added."""

    def read(self, own: Int64[np.ndarray, "q"], lists: CandidateLists) -> None:
        """Add the neighbours of these rows, from an `ExactSearch` of the same vectors."""
        self.graph.distances[own], self.graph.rows[own] = self._search.neighbours_among(own, self._k, lists)


def _without(
    own: Int64[np.ndarray, "q"], distances: Float[np.ndarray, "q k1"], rows: Int64[np.ndarray, "q k1"]
) -> Found:
    """Hits without each query's own row; if duplicates displaced it from the hits, without the last hit."""
    is_self = rows == own[:, None]
    is_self[~is_self.any(axis=1), -1] = True
    kept = (len(own), rows.shape[1] - 1)
    return distances[~is_self].reshape(kept), rows[~is_self].reshape(kept)


def _squares_of_pairs(
    queries: Float32[np.ndarray, "q d"], vectors: Float32[np.ndarray, "n d"], rows: Int64[np.ndarray, "q k"]
) -> Float64[np.ndarray, "q k"]:
    squares = np.empty(rows.shape)
    for block in chunks(len(queries), max(1, PAIR_CHUNK // max(1, rows.shape[1] * queries.shape[1]))):
        difference = vectors[rows[block]] - queries[block, None]  # exact in float32 if the two vectors are close
        squares[block] = np.einsum("qkd,qkd->qk", difference, difference)
    return np.where(rows < 0, np.inf, squares)


def _smallest(values: Float64[np.ndarray, "m"], k: int) -> Int64[np.ndarray, "j"]:
    """Places of the k smallest, the smallest first, ties by place."""
    candidates = np.flatnonzero(values <= _kth_smallest(values, k))
    return candidates[np.argsort(values[candidates], kind="stable")[:k]]


def _kth_smallest(values: Float[np.ndarray, "m"], k: int) -> float:
    """The k-th smallest value; infinity where there are fewer."""
    return float(np.partition(values, k - 1)[k - 1]) if k < len(values) else np.inf


def _by_distance_then_row(squares: Float64[np.ndarray, "q m"], rows: Int64[np.ndarray, "q m"], k: int) -> Found:
    order = np.lexsort((rows, squares), axis=1)[:, :k]
    return np.take_along_axis(squares, order, axis=1), np.take_along_axis(rows, order, axis=1)


def _hnsw(dimensions: int) -> faiss.IndexHNSWFlat:
    index = faiss.IndexHNSWFlat(dimensions, 32)
    index.hnsw.efConstruction, index.hnsw.efSearch = 80, 128
    return index


def _check(vectors: Float32[np.ndarray, "n d"], ids: Int64[np.ndarray, "m"]) -> None:
    if vectors.ndim != 2 or not vectors.size:
        raise DataError(f"embeddings have shape {vectors.shape}: they need at least one row and one column")
    if len(ids) != len(vectors):
        raise DataError(f"there are {len(ids)} ids for {len(vectors)} embeddings: provide one id per row")
    if len(np.unique(ids)) != len(ids):
        raise DataError("some ids are used twice: give every item a unique id")
    broken = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if len(broken):
        raise DataError(
            f"embedding row {broken[0]} contains NaN or infinite values ({len(broken)} rows do): remove these rows"
        )

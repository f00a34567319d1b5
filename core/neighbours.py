"""Nearest neighbours of items, one interface: exact up to a size, approximate above it."""

import functools
from dataclasses import dataclass

import faiss
import numpy as np
from jaxtyping import Float, Float32, Float64, Int, Int32, Int64

from core.errors import DataError
from core.shortlist import shortlist

EXACT_UP_TO = 100_000
"""Rows up to which the search is exhaustive; above it an HNSW graph keeps the cost below quadratic."""

MARGIN = 16
"""Extra candidates fetched in float32, so that re-ranking in float64 has something to choose from."""

RESOLUTION = 1e-6
"""A squared distance from float32 products is uncertain by about this share of the squared norms."""

CLOSE = 1e-10
"""Below this share of the squared norms, float64 products are not precise either: differences are formed."""

ROUGH_CLOSE = 1e-3
"""The same for float32 products: below it, their error could reorder hits."""

PRECISE_UP_TO = 16_384
"""Rows up to which all distances of a `Gallery` are computed in float64."""

PAIR_CHUNK = 1 << 22
"""Numbers held at once while differences are formed."""

BLOCK = 4096
"""Queries answered at once."""


@dataclass(frozen=True)
class KnnGraph:
    """The k nearest other items of every item, by row number, nearest first; -1 and infinity where none is left."""

    rows: Int32[np.ndarray, "n k"]
    distances: Float32[np.ndarray, "n k"]


Found = tuple[Float[np.ndarray, "q k"], Int64[np.ndarray, "q k"]]
"""Distances, or their squares, and the row numbers they belong to."""


class Neighbours:
    """Euclidean search over a fixed matrix; hits are named by item id, nearest first, ties by lowest row.

    embeddings: one row per item, finite. ids: unique. Raises DataError for anything else.
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
        """The same for items of the index; the item itself is left out by its id, wherever it ranks."""
        own = self._rows_of(ids)
        distances, rows = self._others(own, k)
        return distances, self._ids_of(rows)

    def graph(self, k: int) -> KnnGraph:
        """Neighbours of every item, itself left out."""
        distances, rows = self._others(np.arange(len(self)), k)
        return KnnGraph(rows.astype(np.int32), distances)

    def _others(self, own: Int64[np.ndarray, "q"], k: int) -> Found:
        return _without(own, *self._search_rows(self._vectors[own], k + 1))

    def others_among(
        self,
        own: Int64[np.ndarray, "q"],
        k: int,
        approximate: Float32[np.ndarray, "q c"],
        rows: Int64[np.ndarray, "q c"],
    ) -> Found:
        """Distances and rows of the k items nearest to items, themselves left out.

        approximate, rows: at least k + 1 + MARGIN of the nearest, with squared distances in float32, farthest last.
        """
        squares, rows = self._refine(self._vectors[own], k + 1, approximate, rows)
        return _without(own, np.sqrt(squares).astype(np.float32), rows)

    def _search_rows(self, queries: Float[np.ndarray, "q d"], k: int) -> Found:
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        if queries.ndim != 2 or queries.shape[1] != self._vectors.shape[1]:
            raise DataError(
                f"queries have shape {queries.shape}, but the index holds vectors of {self._vectors.shape[1]} numbers"
            )
        if not np.isfinite(queries).all():
            raise DataError("a query holds NaN or infinite values: embed it again or leave it out")
        parts = [self._search_block(queries[rows], k) for rows in chunks(len(queries), BLOCK)]
        squares, rows = (np.concatenate(part) for part in zip(*parts, strict=True))
        return np.sqrt(squares).astype(np.float32), rows

    def _search_block(self, queries: Float32[np.ndarray, "q d"], k: int) -> Found:
        return self._refine(queries, k, *self._index.search(queries - self._centre, min(k + MARGIN, len(self))))

    def _refine(
        self,
        queries: Float32[np.ndarray, "q d"],
        k: int,
        approximate: Float32[np.ndarray, "q c"],
        rows: Int64[np.ndarray, "q c"],
    ) -> Found:
        """The k nearest, exact, from candidates with their squares in float32, the farthest candidate last."""
        n, wanted = len(self), min(k, len(self))
        centred = queries - self._centre
        uncertainty = RESOLUTION * (self._largest_square + np.einsum("qd,qd->q", centred, centred))
        squares = _squares_of_pairs(queries, self._vectors, rows)
        squares, rows = _by_distance_then_row(squares, rows, wanted)
        if self.exact and rows.shape[1] < n:  # something float32 ranked out may still belong among the first k
            unsure = np.flatnonzero(squares[:, -1] >= approximate[:, -1] - uncertainty)
            squares[unsure], rows[unsure] = self._search_in_float64(queries[unsure], wanted)
        padding = ((0, 0), (0, k - wanted))
        return np.pad(squares, padding, constant_values=np.inf), np.pad(rows, padding, constant_values=-1)

    def _search_in_float64(self, queries: Float32[np.ndarray, "q d"], k: int) -> Found:
        """Exhaustive search for queries whose neighbours lie closer together than float32 can tell apart."""
        squares, rows = np.empty((len(queries), k)), np.empty((len(queries), k), dtype=np.int64)
        for block in chunks(len(queries), max(1, PAIR_CHUNK // len(self))):
            found = self._gallery.precise(queries[block])
            reach = np.partition(found, k - 1, axis=1)[:, k - 1]
            for i, row_squares, row_reach in zip(range(block.start, block.stop), found, reach, strict=True):
                hits = np.flatnonzero(row_squares <= row_reach)
                best = hits[np.argsort(row_squares[hits], kind="stable")[:k]]
                squares[i], rows[i] = row_squares[best], best
        return squares, rows

    @functools.cached_property
    def _gallery(self) -> "Gallery":
        return Gallery(self._vectors)

    def _ids_of(self, rows: Int64[np.ndarray, "q k"]) -> Int64[np.ndarray, "q k"]:
        return np.where(rows < 0, -1, self.ids[rows])

    def _rows_of(self, ids: Int[np.ndarray, "q"]) -> Int64[np.ndarray, "q"]:
        ids = np.asarray(ids, dtype=np.int64)
        places = np.searchsorted(self.ids, ids, sorter=self._order).clip(max=len(self) - 1)
        rows = self._order[places]
        if not np.array_equal(self.ids[rows], ids):
            raise DataError(f"item {ids[self.ids[rows] != ids][0]} is not among the {len(self)} items searched")
        return rows


class GraphInPassing:
    """The exact graph of `Neighbours.graph`, from distances that are computed for something else too."""

    def __init__(self, search: Neighbours, k: int) -> None:
        self._search, self._k = search, k
        shape = (len(search), k)
        self.graph = KnnGraph(np.empty(shape, dtype=np.int32), np.empty(shape, dtype=np.float32))
        """Complete when every row has been read."""

    def read(self, own: Int64[np.ndarray, "q"], squares: Float32[np.ndarray, "q n"]) -> None:
        """Squared distances from these rows to all rows, from a `Gallery` of the same vectors."""
        candidates = nearest_columns(squares, min(self._k + 1 + MARGIN, squares.shape[1]))
        self.graph.distances[own], self.graph.rows[own] = self._search.others_among(own, self._k, *candidates)


class Gallery:
    """Squared Euclidean distances from queries to a fixed matrix, right also where rows nearly coincide.

    Up to PRECISE_UP_TO rows everything is computed in float64. Above, float32 products are used, which double the
    speed, and queries with several hits too close for float32 to rank are computed again in float64.
    """

    def __init__(self, vectors: Float[np.ndarray, "n d"]) -> None:
        self._centre = vectors.mean(axis=0, dtype=np.float64)
        centred = vectors - self._centre
        squares = np.einsum("nd,nd->n", centred, centred)
        self._largest_square = squares.max(initial=0)
        self._factors = np.concatenate([-2 * centred, np.ones((len(squares), 1)), squares[:, None]], axis=1)
        self._rough = None if len(vectors) <= PRECISE_UP_TO else self._factors.astype(np.float32)

    def squared_distances(self, queries: Float[np.ndarray, "q d"]) -> Float32[np.ndarray, "q n"]:
        """(q, n), >= 0, rounded to float32 at the end, so that equal distances are equal."""
        if self._rough is None:
            return self.precise(queries).astype(np.float32)
        centred = (queries - self._centre).astype(np.float32)
        squares, own = _products(centred, self._rough)
        close = np.flatnonzero(squares < ROUGH_CLOSE * (own + np.float32(self._largest_square))[:, None])
        unsure = np.flatnonzero(np.bincount(close // squares.shape[1]) > 1)  # one close hit ranks first either way
        if len(unsure):
            squares[unsure] = self.precise(queries[unsure])
        return squares

    def precise(self, queries: Float[np.ndarray, "q d"]) -> Float64[np.ndarray, "q n"]:
        """The same in float64 throughout; exactly 0 between equal rows."""
        queries = queries - self._centre
        squares, own = _products(queries, self._factors)
        close = squares < CLOSE * (own + self._largest_square)[:, None]
        rows, columns = np.nonzero(close)
        for part in chunks(len(rows), max(1, PAIR_CHUNK // queries.shape[1])):
            difference = queries[rows[part]] + 0.5 * self._factors[columns[part], :-2]
            squares[rows[part], columns[part]] = np.einsum("pd,pd->p", difference, difference)
        return squares


def _products(
    queries: Float[np.ndarray, "q d"], factors: Float[np.ndarray, "n d2"]
) -> tuple[Float[np.ndarray, "q n"], Float[np.ndarray, "q"]]:
    """|q - x|^2 = q (-2 x) + |q|^2 1 + 1 |x|^2 as one matrix product with (-2 x, 1, |x|^2); and |q|^2."""
    own = np.einsum("qd,qd->q", queries, queries)
    squares = np.concatenate([queries, own[:, None], np.ones_like(own)[:, None]], axis=1) @ factors.T
    return np.maximum(squares, 0, out=squares), own


def nearest_columns(squares: Float32[np.ndarray, "q n"], k: int) -> Found:
    """The k smallest of every row and their columns, the largest of them last, the others in no order."""
    places, sizes = shortlist(squares, k)
    listed = np.arange(sizes.max()) < sizes[:, None]
    values = np.full(listed.shape, np.inf, dtype=np.float32)
    columns = np.zeros(listed.shape, dtype=np.int64)
    values[listed] = squares.ravel()[places]
    columns[listed] = places - np.repeat(np.arange(len(squares)) * squares.shape[1], sizes)
    order = np.argpartition(values, k - 1, axis=1)[:, :k]
    return np.take_along_axis(values, order, axis=1), np.take_along_axis(columns, order, axis=1)


def _without(
    own: Int64[np.ndarray, "q"], distances: Float[np.ndarray, "q k1"], rows: Int64[np.ndarray, "q k1"]
) -> Found:
    """Hits with each query's own row left out; where that is hidden behind its duplicates, without the last."""
    is_self = rows == own[:, None]
    is_self[~is_self.any(axis=1), -1] = True
    kept = (len(own), rows.shape[1] - 1)
    return distances[~is_self].reshape(kept), rows[~is_self].reshape(kept)


def _squares_of_pairs(
    queries: Float32[np.ndarray, "q d"], vectors: Float32[np.ndarray, "n d"], rows: Int64[np.ndarray, "q k"]
) -> Float64[np.ndarray, "q k"]:
    squares = np.empty(rows.shape)
    for block in chunks(len(queries), max(1, PAIR_CHUNK // max(1, rows.shape[1] * queries.shape[1]))):
        difference = vectors[rows[block]] - queries[block, None]  # exact in float32 where the two are close
        squares[block] = np.einsum("qkd,qkd->qk", difference, difference)
    return np.where(rows < 0, np.inf, squares)


def _by_distance_then_row(squares: Float64[np.ndarray, "q m"], rows: Int64[np.ndarray, "q m"], k: int) -> Found:
    order = np.lexsort((rows, squares), axis=1)[:, :k]
    return np.take_along_axis(squares, order, axis=1), np.take_along_axis(rows, order, axis=1)


def chunks(n: int, size: int) -> list[slice]:
    """Consecutive slices of at most `size` that cover n rows; one empty slice where there are none."""
    return [slice(start, min(start + size, n)) for start in range(0, n, size)] or [slice(0, 0)]


def _hnsw(dimensions: int) -> faiss.IndexHNSWFlat:
    index = faiss.IndexHNSWFlat(dimensions, 32)
    index.hnsw.efConstruction, index.hnsw.efSearch = 80, 128
    return index


def _check(vectors: Float32[np.ndarray, "n d"], ids: Int64[np.ndarray, "m"]) -> None:
    if vectors.ndim != 2 or not vectors.size:
        raise DataError(f"embeddings have shape {vectors.shape}: neighbours need at least one row and one column")
    if len(ids) != len(vectors):
        raise DataError(f"there are {len(ids)} ids for {len(vectors)} embeddings: give one id per row")
    if len(np.unique(ids)) != len(ids):
        raise DataError("some ids are used twice: give every item an id of its own")
    broken = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if len(broken):
        raise DataError(f"embedding row {broken[0]} holds NaN or infinite values ({len(broken)} rows do): remove them")

"""Exact squared distances from many queries to a fixed matrix; only the smallest of each query are kept."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32, Float64, Int32, Int64

from core.common.parallel import chunks

CLOSE_IN_FLOAT64 = 1e-10
"""Below this share of the squared norms, float64 products are not precise: differences are computed instead."""

CLOSE_IN_FLOAT32 = 1e-3
"""The same for float32 products: below it, their error could reorder hits."""

RESOLUTION = 1e-6
"""A squared distance from float32 products is uncertain by about this share of the squared norms."""

PRECISE_UP_TO = 16_384
"""Rows up to which all products are computed in float64; float32 doubles the speed."""

BALL = 64
MAX_BALL_SHARE = 1 / 16
"""Rows per bounding ball: skipped together if too far from all queries of a block. Several groups may share one ball if
the number of groups is more than this share of all rows, because separate balls would be too many."""

ROWS = 128
"""Queries per block: its products with a tile fit into the processor's cache."""

MAX_LIST_ENTRIES = 1 << 22
"""Entries of lists in memory at once; long lists mean fewer queries per block."""

SAMPLE_EVERY = 17
"""Every how many rows one is sampled to guess the limits; a prime, because data often repeat with an even period."""

GROUP_SAMPLE = 512
SAMPLE_REACH_FACTOR = np.float32(1.2)
"""Rows of a group sampled to guess its limit, and the factor by which the others may be farther."""

MAX_FLOAT32 = np.float32(np.finfo(np.float32).max)

PAIR_CHUNK = 1 << 22
"""Numbers in memory at once while differences are computed."""


class CandidateLists(NamedTuple):
    """Unordered rows that include the nearest ones of some queries; rows that are not listed are farther."""

    squares: Float32[np.ndarray, "q w"]
    """Squared distances; infinity after the end of a list."""
    rows: Int32[np.ndarray, "q w"]
    """Row numbers in the gallery; 0 after the end."""
    sizes: Int64[np.ndarray, "q"]

    @classmethod
    def of(cls, squares: Float[np.ndarray, "q n"], depth: int) -> "CandidateLists":
        """From all distances: the `depth` smallest of each query, and all ties with the last of them."""
        squares = squares.astype(np.float32)
        limits = np.partition(squares, depth - 1, axis=1)[:, depth - 1 : depth]
        listed = squares <= limits
        return cls.of_flat(squares[listed], np.nonzero(listed)[1], listed.sum(axis=1))

    @classmethod
    def of_flat(
        cls, squares: Float32[np.ndarray, "m"], rows: Int64[np.ndarray, "m"], sizes: Int64[np.ndarray, "q"]
    ) -> "CandidateLists":
        """From the entries of all lists, concatenated."""
        listed = np.arange(sizes.max(initial=0)) < sizes[:, None]
        lists = cls(np.full(listed.shape, np.inf, np.float32), np.zeros(listed.shape, np.int32), sizes)
        lists.squares[listed], lists.rows[listed] = squares, rows
        return lists

    def with_copies(self, copy_of: Int64[np.ndarray, "g"]) -> "CandidateLists":
        """Expand lists of distinct rows to all items; copy_of: the distinct row of every item."""
        items, counts = np.argsort(copy_of, kind="stable"), np.bincount(copy_of)
        listed = np.arange(self.squares.shape[1]) < self.sizes[:, None]
        rows, times = self.rows[listed], counts[self.rows[listed]]
        sizes = np.bincount(np.repeat(np.nonzero(listed)[0], times), minlength=len(listed))
        first = (np.cumsum(counts) - counts)[rows]
        within = np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
        return CandidateLists.of_flat(
            np.repeat(self.squares[listed], times), items[np.repeat(first, times) + within], sizes
        )

    def nearest(self, k: int) -> tuple[Float32[np.ndarray, "q k"], Int64[np.ndarray, "q k"]]:
        """Squares and row numbers of the k nearest, the farthest of them last, the others in no order."""
        order = np.argpartition(self.squares, k - 1, axis=1)[:, :k]
        return np.take_along_axis(self.squares, order, axis=1), np.take_along_axis(self.rows, order, axis=1).astype(int)


class ExactSearch:
    """Exact search in a fixed matrix by many queries, precise also if rows nearly coincide.

    One matrix product gives |q - x|^2 = q (-2 x) + |q|^2 1 + 1 |x|^2; where this is too small relative to the norms
    to be precise, it is recomputed from differences in float64. Equal rows are at distance 0, exactly.
    """

    def __init__(self, vectors: Float[np.ndarray, "n d"], *, groups: Int64[np.ndarray, "n"] | None = None) -> None:
        """groups: numbers of groups of rows that are likely near each other and queried together; saves time if so."""
        self._order = None if groups is None else np.argsort(groups, kind="stable").astype(np.int32)
        self._groups = np.zeros(len(vectors), np.int64) if groups is None else groups[self._order]
        self._vectors = np.ascontiguousarray(vectors if self._order is None else vectors[self._order])
        self._centre = vectors.mean(axis=0, dtype=np.float64)
        centred = self._vectors - self._centre
        squares = np.einsum("nd,nd->n", centred, centred)
        self._largest_square = float(squares.max(initial=0))
        self._factors = np.concatenate([-2 * centred, np.ones((len(squares), 1)), squares[:, None]], axis=1)
        self._fast_factors = self._factors if len(vectors) <= PRECISE_UP_TO else self._factors.astype(np.float32)
        self._sample = np.ascontiguousarray(self._fast_factors[::SAMPLE_EVERY].T)
        self._bounding_balls = _BoundingBalls.of(centred, self._groups)

    def __len__(self) -> int:
        return len(self._vectors)

    def all_squares(self, queries: Float[np.ndarray, "q d"]) -> Float64[np.ndarray, "q n"]:
        """All squared distances, from float64 products; columns in the original order of the rows."""
        centred = queries - self._centre
        augmented, own = _augmented(centred)
        squares = augmented @ self._factors.T
        np.maximum(squares, 0, out=squares)
        rows, columns = np.nonzero(squares < CLOSE_IN_FLOAT64 * (own + self._largest_square)[:, None])
        for part in chunks(len(rows), max(1, PAIR_CHUNK // queries.shape[1])):
            difference = centred[rows[part]] + 0.5 * self._factors[columns[part], :-2]
            squares[rows[part], columns[part]] = np.einsum("pd,pd->p", difference, difference)
        return squares if self._order is None else squares[:, np.argsort(self._order)]

    def nearest(
        self,
        queries: Float[np.ndarray, "q d"],
        depths: Int64[np.ndarray, "q"],
        *,
        groups: Int64[np.ndarray, "q"] | None = None,
    ) -> Iterator[tuple[Int64[np.ndarray, "m"], CandidateLists]]:
        """Yields positions of some queries with lists that hold at least their `depths` nearest rows.

        All ties with the last of these are listed too. depths: from 1 to the number of rows. groups: the group of rows
        that each query is likely near. A list is made by one pass over the distances with a guessed limit; if the limit
        was too low, it is made again from all distances in float64.
        """
        rank = _sample_rank(int(depths.max(initial=1)), self._sample.shape[1], len(self))
        room = len(self) if rank is None else min(len(self), 2 * SAMPLE_EVERY * (rank + 1))
        for part in chunks(len(queries), max(1, min(ROWS, MAX_LIST_ENTRIES // room))):
            batch = _Queries.of(queries[part], self._centre, self._fast_factors.dtype)
            left = np.arange(part.stop - part.start)
            limits = [self._sampled_limits(batch, rank)]
            if groups is not None:
                limits.insert(0, np.minimum(limits[0], self._group_limits(batch, groups[part], depths[part])))
            for guess in limits:
                lists, complete = self._listed(batch.some(left), guess[left], depths[part][left], room)
                yield part.start + left[complete], CandidateLists(*(values[complete] for values in lists))
                left = left[~complete]
                if not len(left):
                    break
            for places in chunks(len(left), max(1, MAX_LIST_ENTRIES // len(self))) if len(left) else []:
                squares = self.all_squares(queries[part][left[places]])
                yield part.start + left[places], CandidateLists.of(squares, int(depths.max()))

    def _sampled_limits(self, batch: "_Queries", rank: int | None) -> Float32[np.ndarray, "q"]:
        """Limits of squared distances within which a sample has more than enough rows."""
        if rank is None:
            return np.full(len(batch.own), MAX_FLOAT32)
        return np.partition(batch.factors @ self._sample, rank, axis=1)[:, rank].clip(0).astype(np.float32)

    def _group_limits(
        self, batch: "_Queries", groups: Int64[np.ndarray, "q"], depths: Int64[np.ndarray, "q"]
    ) -> Float32[np.ndarray, "q"]:
        """Limits of squared distances that include all of each query's group, estimated from a sample of it."""
        limits = np.full(len(groups), MAX_FLOAT32)
        for group in np.unique(groups):
            first, end = np.searchsorted(self._groups, [group, group + 1])
            members = np.flatnonzero((groups == group) & (depths <= end - first))
            if len(members):
                step = -(-(end - first) // GROUP_SAMPLE)
                found = batch.factors[members] @ self._fast_factors[first:end:step].T
                limits[members] = found.max(axis=1).clip(0) * (1 if step == 1 else SAMPLE_REACH_FACTOR)
        return limits

    def _listed(
        self, batch: "_Queries", limits: Float32[np.ndarray, "q"], depths: Int64[np.ndarray, "q"], room: int
    ) -> tuple[CandidateLists, np.ndarray]:
        """Lists up to a guessed limit, and which of them are complete."""
        from core.neighbours import kernels  # imports numba: seconds

        imprecise, norms = self._fast_factors.dtype == np.float32, batch.own + self._largest_square
        limits = np.nextafter(limits, MAX_FLOAT32)  # includes distances that round to the limit
        reach = limits + RESOLUTION * norms if imprecise else limits
        squares = np.empty((len(norms), room + 1), dtype=self._fast_factors.dtype)
        rows = np.empty(squares.shape, dtype=np.int32)
        near = self._bounding_balls.within(batch.centred, limits)
        sizes = kernels.collect_candidates(
            batch.factors,
            self._fast_factors,
            self._bounding_balls.starts,
            near,
            reach.astype(squares.dtype),
            squares,
            rows,
        )
        close = (CLOSE_IN_FLOAT32 if imprecise else CLOSE_IN_FLOAT64) * norms
        within = kernels.recompute_close(batch.vectors, self._vectors, close, limits, squares, rows, sizes)
        complete = (within >= depths) & ((sizes < room) | (room == len(self)))
        width = int(sizes.max(initial=0))
        rows = rows[:, :width] if self._order is None else self._order[rows[:, :width]]
        return CandidateLists(squares[:, :width].clip(0).astype(np.float32), rows, sizes), complete


class _Queries(NamedTuple):
    """Some queries with the factors of the matrix products."""

    vectors: Float[np.ndarray, "q d"]
    centred: Float64[np.ndarray, "q d"]
    own: Float64[np.ndarray, "q"]
    """Squared norms."""
    factors: Float[np.ndarray, "q d2"]
    """(q, |q|^2, 1), in the products' precision."""

    @classmethod
    def of(cls, vectors: Float[np.ndarray, "q d"], centre: Float64[np.ndarray, "d"], dtype: np.dtype) -> "_Queries":
        centred = vectors - centre
        factors, own = _augmented(centred)
        return cls(vectors, centred, own, factors.astype(dtype))

    def some(self, places: Int64[np.ndarray, "m"]) -> "_Queries":
        return _Queries(*(np.ascontiguousarray(values[places]) for values in self))


class _BoundingBalls(NamedTuple):
    """Bounding balls of runs of at most BALL rows of one group."""

    starts: Int64[np.ndarray, "b1"]
    """Their first rows, and the number of all rows."""
    centres: Float64[np.ndarray, "b d"]
    radii: Float64[np.ndarray, "b"]

    @classmethod
    def of(cls, centred: Float64[np.ndarray, "n d"], groups: Int64[np.ndarray, "n"]) -> "_BoundingBalls":
        starts, borders = np.arange(0, len(centred), BALL), np.flatnonzero(np.diff(groups)) + 1
        if len(borders) < MAX_BALL_SHARE * len(centred):
            starts = np.union1d(starts, borders)
        sizes = np.diff(np.append(starts, len(centred)))
        centres = np.add.reduceat(centred, starts, axis=0) / sizes[:, None]
        squares = np.square(centred - np.repeat(centres, sizes, axis=0)).sum(axis=1)
        return cls(np.append(starts, len(centred)), centres, np.sqrt(np.maximum.reduceat(squares, starts)))

    def within(self, queries: Float64[np.ndarray, "q d"], limits: Float32[np.ndarray, "q"]) -> np.ndarray:
        """Which balls may hold rows up to a squared distance from some query: |q - x| >= |q - centre| - radius."""
        own, others = np.square(queries).sum(axis=1)[:, None], np.square(self.centres).sum(axis=1)
        distances = np.sqrt(np.maximum(own + others - 2 * queries @ self.centres.T, 0))
        least = distances - self.radii - 1e-6 * np.sqrt(own + others)  # more than the rounding error of the products
        return (least <= np.sqrt(limits.astype(np.float64))[:, None]).any(axis=0)


def _sample_rank(depth: int, sampled: int, n: int) -> int | None:
    """Rank in a sample that almost always covers at least `depth` of all rows; None if nearly all rows are needed."""
    expected = depth * sampled / n
    rank = int(expected + 3 * np.sqrt(expected)) + 1
    return rank if rank < sampled else None


def _augmented(centred: Float64[np.ndarray, "q d"]) -> tuple[Float64[np.ndarray, "q d2"], Float64[np.ndarray, "q"]]:
    """(q, |q|^2, 1), and |q|^2."""
    own = np.einsum("qd,qd->q", centred, centred)
    return np.concatenate([centred, own[:, None], np.ones_like(own)[:, None]], axis=1), own

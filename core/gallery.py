"""Squared distances from many queries to a fixed matrix, exact; of each query's, only the smallest are kept."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32, Float64, Int32, Int64

from core.blocks import chunks

CLOSE = 1e-10
"""Below this share of the squared norms, float64 products are not precise: differences are formed."""

ROUGH_CLOSE = 1e-3
"""The same for float32 products: below it, their error could reorder hits."""

RESOLUTION = 1e-6
"""A squared distance from float32 products is uncertain by about this share of the squared norms."""

PRECISE_UP_TO = 16_384
"""Rows up to which all products are computed in float64; float32 doubles the speed."""

TILE = 2048
"""Rows of the matrix multiplied at once."""

ROWS = 128
"""Queries at once: with a tile's products, as much as a processor's cache holds."""

LISTED = 1 << 22
"""Entries of lists held at once; fewer queries at once where lists are long."""

SAMPLED = 17
"""One row in so many is looked at to guess how far the nearest reach; prime, as data often repeat in even steps."""

PAIR_CHUNK = 1 << 22
"""Numbers held at once while differences are formed."""


class Shortlists(NamedTuple):
    """The nearest rows of some queries and others, in no order; what is not listed is farther than what is wanted."""

    squares: Float32[np.ndarray, "q w"]
    """Squared distances; infinity behind the end of a list."""
    rows: Int32[np.ndarray, "q w"]
    """Row numbers in the gallery; 0 behind the end."""
    sizes: Int64[np.ndarray, "q"]

    @classmethod
    def of(cls, squares: Float[np.ndarray, "q n"], depth: int) -> "Shortlists":
        """From all distances: the `depth` smallest of each query, and what ties with the last of them."""
        squares = squares.astype(np.float32)
        limits = np.partition(squares, depth - 1, axis=1)[:, depth - 1 : depth]
        listed = squares <= limits
        return cls.of_flat(squares[listed], np.nonzero(listed)[1], listed.sum(axis=1))

    @classmethod
    def of_flat(
        cls, squares: Float32[np.ndarray, "m"], rows: Int64[np.ndarray, "m"], sizes: Int64[np.ndarray, "q"]
    ) -> "Shortlists":
        """From all lists' entries, one list after the other."""
        listed = np.arange(sizes.max(initial=0)) < sizes[:, None]
        lists = cls(np.full(listed.shape, np.inf, np.float32), np.zeros(listed.shape, np.int32), sizes)
        lists.squares[listed], lists.rows[listed] = squares, rows
        return lists

    def with_copies(self, copy_of: Int64[np.ndarray, "g"]) -> "Shortlists":
        """Lists of all items where those of distinct rows are given; copy_of: the distinct row of every item."""
        items, counts = np.argsort(copy_of, kind="stable"), np.bincount(copy_of)
        listed = np.arange(self.squares.shape[1]) < self.sizes[:, None]
        rows, times = self.rows[listed], counts[self.rows[listed]]
        sizes = np.bincount(np.repeat(np.nonzero(listed)[0], times), minlength=len(listed))
        first = (np.cumsum(counts) - counts)[rows]
        within = np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
        return Shortlists.of_flat(
            np.repeat(self.squares[listed], times), items[np.repeat(first, times) + within], sizes
        )

    def nearest(self, k: int) -> tuple[Float32[np.ndarray, "q k"], Int64[np.ndarray, "q k"]]:
        """Squares and row numbers of the k nearest, the farthest of them last, the others in no order."""
        order = np.argpartition(self.squares, k - 1, axis=1)[:, :k]
        return np.take_along_axis(self.squares, order, axis=1), np.take_along_axis(self.rows, order, axis=1).astype(int)


class Gallery:
    """A fixed matrix that is searched by many queries; right also where its rows nearly coincide.

    One matrix product gives |q - x|^2 = q (-2 x) + |q|^2 1 + 1 |x|^2; where that is too small beside the norms to be
    precise, differences are formed in float64. Equal rows are at distance 0, exactly.
    """

    def __init__(self, vectors: Float[np.ndarray, "n d"]) -> None:
        self._vectors = np.ascontiguousarray(vectors)
        self._centre = vectors.mean(axis=0, dtype=np.float64)
        dtype = np.float64 if len(vectors) <= PRECISE_UP_TO else np.float32
        centred = vectors - self._centre
        squares = np.einsum("nd,nd->n", centred, centred)
        self._largest_square = float(squares.max(initial=0))
        self._factors = np.concatenate([-2 * centred, np.ones((len(squares), 1)), squares[:, None]], axis=1)
        self._sample = np.ascontiguousarray(self._factors[::SAMPLED].T, dtype=dtype)
        self._tiles = _tiles(self._factors.astype(dtype, copy=False))

    def __len__(self) -> int:
        return len(self._vectors)

    def precise(self, queries: Float[np.ndarray, "q d"]) -> Float64[np.ndarray, "q n"]:
        """All squared distances, from float64 products."""
        centred = queries - self._centre
        augmented, own = _augmented(centred)
        squares = augmented @ self._factors.T
        np.maximum(squares, 0, out=squares)
        rows, columns = np.nonzero(squares < CLOSE * (own + self._largest_square)[:, None])
        for part in chunks(len(rows), max(1, PAIR_CHUNK // queries.shape[1])):
            difference = centred[rows[part]] + 0.5 * self._factors[columns[part], :-2]
            squares[rows[part], columns[part]] = np.einsum("pd,pd->p", difference, difference)
        return squares

    def nearest(self, queries: Float[np.ndarray, "q d"], depth: int) -> Iterator[tuple[np.ndarray, Shortlists]]:
        """Some of the queries at a time, by their places, with lists that hold at least the `depth` nearest rows.

        All that ties with the last of these is listed too. depth: from 1 to the number of rows. A list is made in one
        look at every distance, against a limit guessed from a sample; where that was too low, it is made again from
        all distances in float64.
        """
        place = _place(depth, self._sample.shape[1], len(self))
        room = len(self) if place is None else min(len(self), 2 * SAMPLED * (place + 1))
        for part in chunks(len(queries), max(1, min(ROWS, LISTED // room))):
            lists, complete = self._listed(queries[part], depth, place=place, room=room)
            places = np.arange(part.start, part.stop)
            if complete.all():
                yield places, lists
                continue
            yield places[complete], Shortlists(*(values[complete] for values in lists))
            for few in chunks(int(np.count_nonzero(~complete)), max(1, LISTED // len(self))):
                rest = places[~complete][few]
                yield rest, Shortlists.of(self.precise(queries[rest]), depth)

    def _listed(
        self, queries: Float[np.ndarray, "q d"], depth: int, *, place: int | None, room: int
    ) -> tuple[Shortlists, np.ndarray]:
        """Lists up to a guessed limit, and which of them hold all that is wanted."""
        from core import kernels  # imports numba: seconds

        rough = self._tiles.dtype == np.float32
        exact, own = _augmented(queries - self._centre)
        augmented = exact.astype(self._tiles.dtype)
        limits = np.full(len(queries), np.finfo(np.float32).max, dtype=np.float32)  # below what pads the last tile
        if place is not None:
            limits = np.partition(augmented @ self._sample, place, axis=1)[:, place].clip(0).astype(np.float32)
        limits = np.nextafter(limits, np.float32(np.finfo(np.float32).max))  # what rounds to the limit is within
        norms = own + self._largest_square
        uncertainty = RESOLUTION * norms if rough else np.zeros(len(own))
        squares = np.empty((len(queries), room + 1), dtype=augmented.dtype)
        rows = np.empty(squares.shape, dtype=np.int32)
        reach = (limits + uncertainty).clip(max=np.finfo(np.float32).max).astype(augmented.dtype)
        sizes = kernels.collect(augmented, self._tiles, reach, squares, rows)
        close = (ROUGH_CLOSE if rough else CLOSE) * norms
        within = kernels.settle(np.asarray(queries), self._vectors, close, limits, squares, rows, sizes)
        width = int(sizes.max(initial=0))
        complete = (within >= depth) & ((sizes < room) | (room == len(self)))
        return Shortlists(squares[:, :width].clip(0).astype(np.float32), rows[:, :width], sizes), complete


def _place(depth: int, sampled: int, n: int) -> int | None:
    """Rank in a sample up to which hardly ever fewer than `depth` of all lie; None where nearly all are wanted."""
    expected = depth * sampled / n
    place = int(expected + 3 * np.sqrt(expected)) + 1
    return place if place < sampled else None


def _augmented(centred: Float64[np.ndarray, "q d"]) -> tuple[Float64[np.ndarray, "q d2"], Float64[np.ndarray, "q"]]:
    """(q, |q|^2, 1), and |q|^2."""
    own = np.einsum("qd,qd->q", centred, centred)
    return np.concatenate([centred, own[:, None], np.ones_like(own)[:, None]], axis=1), own


def _tiles(factors: Float[np.ndarray, "n d2"]) -> Float[np.ndarray, "t d2 w"]:
    """The factors, TILE rows at a time, transposed; what fills the last tile up is infinitely far from everything."""
    width = min(TILE, len(factors))
    padded = np.zeros((-(-len(factors) // width) * width, factors.shape[1]), dtype=factors.dtype)
    padded[: len(factors)] = factors
    padded[len(factors) :, -1] = np.inf
    return np.ascontiguousarray(padded.reshape(-1, width, factors.shape[1]).transpose(0, 2, 1))

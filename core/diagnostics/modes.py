"""Modes of one class as its nearest neighbours see them: votes, and recall beyond chance."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64

from core.common.parallel import chunks
from core.neighbours.exact import ExactSearch
from core.neighbours.index import KnnGraph

CHANCE_STANDARD_ERRORS = 4.5
"""Standard errors above chance that mode recall must exceed; more than usual, as neighbours are not independent."""

SMALLEST_MODE = 4
SMALLEST_SHARE = 0.02
SMALLEST_OF_EVEN_SHARE = 0.2
"""A mode counts from this number of items on if they are also this share of the class, or, where there are so many
modes that few reach it, this part of what each would have if all were equal."""

BLOCK_NUMBERS = 1 << 23


@dataclass(frozen=True)
class Listed:
    """The nearest other items of each item of a class, by position in the class, nearest first."""

    places: Int64[np.ndarray, "n w"]
    """-1 after the last that is known."""
    distances: Float32[np.ndarray, "n w"]

    @classmethod
    def of(cls, graph: KnnGraph, rows: Int64[np.ndarray, "n"]) -> "Listed":
        """Taken from the graph of all items; rows: those of the class."""
        found = graph.among(rows)
        return cls(found.rows.astype(np.int64), found.distances)

    def certain(self, k: int) -> np.ndarray:
        """Whether the k nearest are known: k + 1 are listed, and the last two are not at the same distance."""
        if self.places.shape[1] <= k:
            return np.zeros(len(self.places), dtype=bool)
        return (self.places[:, k] >= 0) & (self.distances[:, k - 1] < self.distances[:, k])


def mode_sizes(modes: Int64[np.ndarray, "n"]) -> tuple[Int64[np.ndarray, "m"], Int64[np.ndarray, "m"]]:
    """The modes of a class that are large enough to count, ascending, and their numbers of items."""
    names, sizes = np.unique(modes, return_counts=True)
    share = min(SMALLEST_SHARE, SMALLEST_OF_EVEN_SHARE / max(len(names), 1))
    counted = sizes >= max(SMALLEST_MODE, share * len(modes))
    return names[counted], sizes[counted]


def neighbour_votes(
    points: Float[np.ndarray, "n d"], modes: Int64[np.ndarray, "n"], k: int, *, listed: Listed | None = None
) -> Float64[np.ndarray, "n m"]:
    """How many of each point's k nearest other points have each mode; rows sum to k (to n - 1, if that is less).

    modes: 0 to m - 1. Of points that tie for the last places each counts by its chance of being among them. listed:
    neighbours that are known already; others are searched exhaustively.
    """
    n, m = len(points), int(modes.max(initial=-1)) + 1
    k, votes = min(k, n - 1), np.zeros((n, m))
    if k < 1:
        return votes
    known = np.zeros(n, dtype=bool) if listed is None else listed.certain(k)
    if listed is not None and known.any():
        rows = np.flatnonzero(known)
        np.add.at(votes, (rows[:, None], modes[listed.places[rows, :k]]), 1.0)
    unknown = np.flatnonzero(~known)
    if not len(unknown):
        return votes
    gallery = ExactSearch(points)
    for block in chunks(len(unknown), max(1, BLOCK_NUMBERS // n)):
        rows = unknown[block]
        squares = gallery.all_squares(points[rows])
        squares[np.arange(len(rows)), rows] = np.inf
        votes[rows] = _votes_of(squares, modes, k, m)
    return votes


def _votes_of(
    squares: Float64[np.ndarray, "b n"], modes: Int64[np.ndarray, "n"], k: int, m: int
) -> Float64[np.ndarray, "b m"]:
    reach = np.partition(squares, k - 1, axis=1)[:, k - 1 : k]
    row, column = np.nonzero(squares <= reach)
    tied = squares[row, column] == reach[row, 0]
    ties = np.bincount(row, weights=tied, minlength=len(squares))
    places = k - np.bincount(row, weights=~tied, minlength=len(squares))  # left for those that tie
    weights = np.where(tied, (places / ties)[row], 1.0)
    return np.bincount(row * m + modes[column], weights=weights, minlength=len(squares) * m).reshape(-1, m)


def mode_hits(
    points: Float[np.ndarray, "n d"], modes: Int64[np.ndarray, "n"], *, listed: Listed | None = None
) -> Float64[np.ndarray, "n"]:
    """Whether the nearest other point has the same mode: 1, 0, or for ties the share of the nearest that have it."""
    codes = np.unique(modes, return_inverse=True)[1]
    return neighbour_votes(points, codes, 1, listed=listed)[np.arange(len(points)), codes]


def mode_recall(
    points: Float[np.ndarray, "n d"], modes: Int64[np.ndarray, "n"], *, listed: Listed | None = None
) -> tuple[float, float, float]:
    """(recall, excess, limit) of the modes of one class, from the nearest other item of the same class.

    recall R: share of items whose nearest one has the same mode; ties count by their share. excess: R above chance,
    (R - chance) / (1 - chance), with chance = sum of squared mode shares; 1 = modes fully separated, 0 = no trace of
    them. limit: the excess that chance almost never reaches. Items that are alone in their mode are excluded; NaN
    if fewer than two modes have two items.
    """
    if len(points) < 4:
        return np.nan, np.nan, np.nan
    _, modes, sizes = np.unique(modes, return_inverse=True, return_counts=True)
    if np.count_nonzero(sizes > 1) < 2:
        return np.nan, np.nan, np.nan
    others = sizes[modes] - 1
    hits = mode_hits(points, modes, listed=listed)
    recall = float(hits[others > 0].mean())
    chance = float(others[others > 0].mean() / (len(points) - 1))
    limit = CHANCE_STANDARD_ERRORS * np.sqrt(chance / (1 - chance) / len(points))
    return recall, (recall - chance) / (1 - chance), float(limit)

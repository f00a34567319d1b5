"""The class of every item as its neighbours tell it, without a look at the item's own label."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64
from scipy.sparse import csr_array

from core.neighbours.index import KnnGraph

FOLDS = 5
"""Parts of the items; while one is predicted, its labels are hidden."""


@dataclass(frozen=True)
class Votes:
    """What the neighbours of every item say of its class."""

    predicted: Int64[np.ndarray, "n"]
    """The class with most votes, of several the lowest; -1 where no neighbour has a label that may be seen."""
    confidence: Float64[np.ndarray, "n"]
    """Its share of the votes, in [0, 1], higher = surer; 0 where there are none."""
    fold: Int64[np.ndarray, "n"]
    """The fold that the item was predicted in."""


def cross_fitted_votes(graph: KnnGraph, codes: Int64[np.ndarray, "n"], *, rng: np.random.Generator) -> Votes:
    """Votes of the neighbours, and of their neighbours, over labels of the other folds only.

    graph: neighbours of every item. codes: labels as integers from 0. Two steps along the graph make a vote of some
    hundred labels of the usual 15 neighbours, so that wrong labels among them seldom outvote the right ones. Time and
    memory are linear in n.
    """
    n = len(codes)
    fold = rng.permutation(n) % FOLDS
    around = _neighbourhoods(graph)
    predicted, confidence = np.full(n, -1), np.zeros(n)
    for number in range(FOLDS):
        rows = np.flatnonzero(fold == number)
        labels = _one_hot(codes, seen=fold != number)
        votes = around[rows] @ _as_shares(around @ labels)
        predicted[rows], confidence[rows] = _winners(_as_shares(votes))
    return Votes(predicted, confidence, fold)


def _neighbourhoods(graph: KnnGraph) -> csr_array:
    """1 for an item itself and each of its neighbours, a row for every item."""
    n, k = graph.rows.shape
    columns = np.concatenate([np.arange(n)[:, None], graph.rows], axis=1)
    there = columns >= 0
    rows = np.repeat(np.arange(n), k + 1).reshape(n, k + 1)
    return csr_array((np.ones(there.sum()), (rows[there], columns[there])), shape=(n, n))


def _one_hot(codes: Int64[np.ndarray, "n"], *, seen: np.ndarray) -> csr_array:
    shape = (len(codes), codes.max() + 1)
    return csr_array((np.ones(seen.sum()), (np.flatnonzero(seen), codes[seen])), shape=shape)


def _as_shares(votes: csr_array) -> csr_array:
    """Every row divided by its sum; empty rows stay empty."""
    sums = np.add.reduceat(np.append(votes.data, 0.0), votes.indptr[:-1]) * (np.diff(votes.indptr) > 0)
    votes.data = votes.data / np.repeat(sums, np.diff(votes.indptr))
    return votes


def _winners(shares: csr_array) -> tuple[Int64[np.ndarray, "m"], Float64[np.ndarray, "m"]]:
    """Column and value of the largest entry of every row, of several the first; -1 and 0 in empty rows."""
    entries = np.diff(shares.indptr)
    row = np.repeat(np.arange(len(entries)), entries)
    order = np.lexsort((shares.indices, -shares.data, row))
    first = order[shares.indptr[:-1][entries > 0]]
    column, value = np.full(len(entries), -1), np.zeros(len(entries))
    column[entries > 0], value[entries > 0] = shares.indices[first], shares.data[first]
    return column, value

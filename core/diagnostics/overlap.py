"""Whether a class lies upon another: how far its items are mixed with those of the class they meet most."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64

from core.common.parallel import chunks
from core.diagnostics.checks import Groups

COINCIDES_ABOVE = 0.9
"""Overlap from which a class is said to coincide with the other: nine tenths of complete mixing."""

SMALLEST_PART = 0.3
"""Part of the complete mixing of two classes from which on one is said to lie upon a part of the other: a few strays of
the other class, evenly spread, are no such part."""

BLOCK = 1 << 16


@dataclass(frozen=True)
class Overlap:
    """Per class, how much of it lies upon one other class."""

    share: Float64[np.ndarray, "c"]
    """In [0, 1]; 0 = none of its items has a neighbour in another class, 1 = completely mixed with that class."""
    partner: Int64[np.ndarray, "c"]
    """The class that most of the neighbours outside the own class belong to; -1 = there are none."""


def overlap(groups: Groups, company: Int64[np.ndarray, "n k"], *, kept: Bool[np.ndarray, "n"]) -> Overlap:
    """How much of each class c lies upon the class X that it meets most.

    share = p / max(q, 0.3 e), at most 1. p: the share of X among those neighbours of c's items that are of c or X,
    averaged over the items. q: the same average for the items of X that are among these neighbours, each as often as it
    is found. e: what p is if both are completely mixed, n_X / (n_c + n_X - 1). Where they are mixed, an item of X has
    the same company as the item of c beside it, so p = q; where they only touch it has mostly X around it, and p is far
    below q. So a class that lies wholly upon one mode of a larger class has 1, the larger class the share of itself
    that is covered. company: as `core.diagnostics.company.company_of` says. kept: the items that count; leave out
    likely wrong labels.
    """
    labels = np.where((company >= 0) & kept[company], groups.codes[company], -1)
    partner = _partners(groups, labels, kept)
    classes, meeting = len(partner), np.flatnonzero(kept & (partner[groups.codes] >= 0))
    own, other = groups.codes[meeting], partner[groups.codes[meeting]]
    theirs = (labels[meeting] == other[:, None]).sum(axis=1)
    both = theirs + (labels[meeting] == own[:, None]).sum(axis=1)
    heard = both > 0
    p = _mean(theirs[heard] / both[heard], own[heard], classes)
    item, place = np.nonzero(labels[meeting] == other[:, None])
    q = _mean(_share_of_own(labels, groups.codes, company[meeting[item], place], own[item]), own[item], classes)
    sizes = np.bincount(groups.codes, weights=kept, minlength=classes)
    complete = sizes[partner] / np.maximum(sizes + sizes[partner] - 1, 1)
    share = np.minimum(1.0, p / np.maximum(np.maximum(q, SMALLEST_PART * complete), 1e-12))
    return Overlap(np.where(sizes > 0, share, np.nan), partner)


def _partners(groups: Groups, labels: Int64[np.ndarray, "n k"], kept: Bool[np.ndarray, "n"]) -> Int64[np.ndarray, "c"]:
    """Per class the other class that its items have most neighbours in; the first of equals."""
    classes = len(groups.names)
    outside = kept[:, None] & (labels >= 0) & (labels != groups.codes[:, None])
    cells, votes = np.unique((groups.codes[:, None] * classes + labels)[outside], return_counts=True)
    own, other = np.divmod(cells, classes)
    partner = np.full(classes, -1)
    order = np.lexsort((-other, votes))  # of each class, the most votes come last
    partner[own[order]] = other[order]
    return partner


def _share_of_own(
    labels: Int64[np.ndarray, "n k"], codes: Int64[np.ndarray, "n"], rows: Int64[np.ndarray, "m"], others: np.ndarray
) -> Float64[np.ndarray, "m"]:
    """Of each row's neighbours that are of its own class or of another given one, the share of its own."""
    shares = np.empty(len(rows))
    for block in chunks(len(rows), BLOCK):
        around = labels[rows[block]]
        ours = (around == codes[rows[block], None]).sum(axis=1)
        theirs = (around == others[block, None]).sum(axis=1)
        shares[block] = ours / np.maximum(ours + theirs, 1)
    return shares


def _mean(values: Float64[np.ndarray, "m"], classes: Int64[np.ndarray, "m"], count: int) -> Float64[np.ndarray, "c"]:
    return np.bincount(classes, weights=values, minlength=count) / np.maximum(np.bincount(classes, minlength=count), 1)

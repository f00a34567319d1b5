"""Which modes of a class are still told apart in an embedding, and which have merged with which.

Modes are those known by name, or the sub-clusters of a reference space. Two witnesses are heard: the nearest
neighbours within the class, and the sub-clusters counted in the embedding. Each says of every item whose mode the
company around it has; a mode that is told apart has items whose company is mostly of their own mode.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

VOTERS = 5
"""Neighbours that vote on an item's mode: few enough for a mode of 4 items to win its own, and enough for the majority
to be right where one label in ten is wrong."""

SEPARATE_ABOVE = 0.8
"""F1 beyond chance from which a family is told apart from the others.

For two modes of equal size it means that nine of ten items are told right: two and a half standard deviations between
the centres, just beyond the two at which two Gaussians begin to have a gap between them.
"""


@dataclass(frozen=True)
class Survival:
    """What is left of the modes of one class."""

    families: tuple[tuple[int, ...], ...]
    """Modes that are not told apart form a family; a mode that is told apart from all others is one by itself. Larger
    families first, modes ascending."""

    @property
    def merged(self) -> tuple[tuple[int, ...], ...]:
        """The families of two or more modes."""
        return tuple(family for family in self.families if len(family) > 1)

    @property
    def share(self) -> float:
        """Share of the modes that are told apart from all others, in [0, 1]; 1 = all survive. NaN without modes."""
        modes = sum(map(len, self.families))
        return sum(len(family) == 1 for family in self.families) / modes if modes else float("nan")


def survival(modes: Int64[np.ndarray, "n"], witnesses: list[Float64[np.ndarray, "n m"]]) -> Survival:
    """The families of the modes of one class.

    modes: 0 to m - 1, each with at least two items. witnesses: per item, how much of its company has each mode, such as
    `core.diagnostics.modes.neighbour_votes` and `group_votes`; rows of zeros where there is none. A witness takes an
    item for one of the family that most of its company belongs to (ties by share). As long as there is a family that no
    witness tells apart with an F1 of SEPARATE_ABOVE beyond chance, the worst one is joined with the family it is
    confused with most.
    """
    m = int(modes.max(initial=-1)) + 1
    families = [[mode] for mode in range(m)]
    while len(families) > 1:
        family_of = np.empty(m, dtype=np.int64)
        for number, family in enumerate(families):
            family_of[family] = number
        company = [votes @ np.eye(len(families))[family_of] for votes in witnesses]
        apart = np.max([_excess(family_of[modes], votes) for votes in company], axis=0)
        worst = int(apart.argmin())
        if apart[worst] >= SEPARATE_ABOVE:
            break
        mixing = np.mean([_mixing(family_of[modes], votes, worst) for votes in company], axis=0)
        mixing[worst] = -1
        partner = int(mixing.argmax())
        families[partner] = families[partner] + families[worst]
        del families[worst]
    return Survival(tuple(sorted((tuple(sorted(f)) for f in families), key=lambda f: (-len(f), f))))


def group_votes(modes: Int64[np.ndarray, "n"], groups: Int64[np.ndarray, "n"]) -> Float64[np.ndarray, "n m"]:
    """How many of the other items of each item's sub-cluster have each mode; groups: -1 = in none."""
    table = np.zeros((int(groups.max(initial=-1)) + 2, int(modes.max(initial=-1)) + 1))
    np.add.at(table, (groups, modes), 1.0)  # the last row is that of no sub-cluster
    table[-1] = 0
    votes = table[groups]
    inside = np.flatnonzero(groups >= 0)
    votes[inside, modes[inside]] -= 1
    return votes


def _excess(families: Int64[np.ndarray, "n"], votes: Float64[np.ndarray, "n f"]) -> Float64[np.ndarray, "f"]:
    """Per family, F1 of the items that a witness takes for it, beyond chance; 1 = it is told apart without an error.

    Not recall alone: where one family is the largest everywhere, all items are taken for it.
    """
    heard = votes.any(axis=1)
    winners = (votes == votes.max(axis=1, keepdims=True))[heard]
    told = _table(families[heard], winners / winners.sum(axis=1, keepdims=True))
    sizes, taken = told.sum(axis=1), told.sum(axis=0)
    chance = np.maximum(sizes - 1, 0) / max(sizes.sum() - 1, 1)
    f1 = 2 * np.diag(told) / np.maximum(sizes + taken, 1e-12)
    return np.where(sizes > 0, (f1 - chance) / np.maximum(1 - chance, 1e-12), 0.0)


def _mixing(families: Int64[np.ndarray, "n"], votes: Float64[np.ndarray, "n f"], one: int) -> Float64[np.ndarray, "f"]:
    """How much of the company of one family's items is of each other, and of theirs of it, relative to complete mixing
    of the two."""
    shares = _table(families, votes / np.maximum(votes.sum(axis=1, keepdims=True), 1e-12))
    sizes = np.bincount(families, minlength=len(shares))
    complete = 2 * sizes[one] * sizes / np.maximum(sizes[one] + sizes - 1, 1)
    return (shares[one] + shares[:, one]) / np.maximum(complete, 1e-12)


def _table(families: Int64[np.ndarray, "n"], shares: Float64[np.ndarray, "n f"]) -> Float64[np.ndarray, "f f"]:
    """Sums of the rows of each family."""
    table = np.zeros((shares.shape[1], shares.shape[1]))
    np.add.at(table, families, shares)
    return table

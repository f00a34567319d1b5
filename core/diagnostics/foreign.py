"""Items and groups that belong to another class than their label says, by the labels of their neighbours."""

import numpy as np
from jaxtyping import Bool, Float64, Int64

from core.common.parallel import chunks
from core.diagnostics.checks import Groups

MAX_FOREIGN_SHARE = 0.5
CLEAR_DIFFERENCE = 0.3
"""Items count as wrong labels if they are at most half of their class and clearly lie elsewhere: if the share of their
own label around them is so much lower than around the rest of the class. Where classes coincide it is not: there, all
items have much the same labels around them, in whatever numbers."""

CLEAR_DIFFERENCE_OF_GROUPS = 0.25
"""The same for the items of a group, taken together."""

FEWEST_VOTES = 3
"""Neighbours below which nothing is said of an item."""

BLOCK = 1 << 14

NONE = -1


def foreign_items(groups: Groups, company: Int64[np.ndarray, "n k"]) -> Bool[np.ndarray, "n"]:
    """Items in the midst of one other class: likely wrong labels. See `proposed_classes`."""
    return proposed_classes(groups, company) >= 0


def proposed_classes(groups: Groups, company: Int64[np.ndarray, "n k"]) -> Int64[np.ndarray, "n"]:
    """The other class in the midst of which an item lies, by code; -1 where it is in its place.

    Each of an item's nearest neighbours names the labels of its own ones; the item is foreign if more than half of all
    these votes are for one and the same other label. Always -1 in classes that rather overlap with another class, as
    excluding items would leave gaps in them. company: as `core.diagnostics.company.company_of` says.
    """
    n, classes = len(groups.codes), len(groups.names)
    k = min(company.shape[1], n - 1)
    if classes < 2 or k < FEWEST_VOTES:
        return np.full(n, NONE)
    proposed, at_home = np.full(n, NONE), np.empty(n)
    near = groups.codes[company[:, :k]]
    for block in chunks(n, BLOCK):
        votes = np.sort(near[company[block, :k]].reshape(-1, k * k), axis=1)
        middle = votes[:, k * k // 2]  # a label with more than half of the votes is their median
        majority = (votes == middle[:, None]).sum(axis=1) > k * k / 2
        proposed[block] = np.where(majority & (middle != groups.codes[block]), middle, NONE)
        at_home[block] = (votes == groups.codes[block, None]).mean(axis=1)
    return np.where(_are_wrong_labels(groups, proposed >= 0, at_home)[groups.codes], proposed, NONE)


def _are_wrong_labels(
    groups: Groups, foreign: Bool[np.ndarray, "n"], at_home: Float64[np.ndarray, "n"]
) -> Bool[np.ndarray, "c"]:
    """Per class, whether its foreign items lie clearly elsewhere. at_home: share of the own label around each item."""
    classes = len(groups.names)
    number = np.bincount(groups.codes, weights=foreign, minlength=classes)
    there = np.bincount(groups.codes, weights=at_home * foreign, minlength=classes) / np.maximum(number, 1)
    rest = groups.sizes - number
    here = np.bincount(groups.codes, weights=at_home * ~foreign, minlength=classes) / np.maximum(rest, 1)
    return (number <= MAX_FOREIGN_SHARE * groups.sizes) & (here - there >= CLEAR_DIFFERENCE)


def hosts_of_groups(
    groups: Groups,
    members: Int64[np.ndarray, "n"],
    company: Int64[np.ndarray, "n k"],
    *,
    known: Int64[np.ndarray, "n"] | None = None,
) -> Int64[np.ndarray, "n"]:
    """For every item of a group that lies among the items of another class, the code of that class; else -1.

    members: the group of each item within its class, a sub-cluster or a mode; -1 = in none. Wrong labels, where they
    are many, form groups of their own, each where the class it comes from lies: there, another label is the most
    frequent among its items' nearest neighbours, taken together. known: the modes by name; then, at least half of the
    items of the group's modes, in all classes, must also have another label. Where modes are not known, the own label
    must be clearly less frequent than around the other groups of the class. A class of which all groups lie among
    others has no other place, so none of them is foreign.
    """
    inside = np.flatnonzero(members >= 0)
    found = np.full(len(members), NONE)
    if len(groups.names) < 2 or not len(inside):
        return found
    pairs, group_of = np.unique(np.stack([groups.codes[inside], members[inside]]), axis=1, return_inverse=True)
    owner = pairs[0]
    hosts, at_home = _most_frequent(groups, owner, group_of, company[inside])
    least = CLEAR_DIFFERENCE_OF_GROUPS
    if known is not None:
        named_so = np.bincount(group_of, weights=_share_with_label(groups, known)[inside]) / np.bincount(group_of)
        hosts[named_so > 0.5] = NONE
        least = 0.0
    weights = np.bincount(group_of) * (hosts == NONE)
    placed = np.bincount(owner, weights=weights, minlength=len(groups.names))
    here = np.bincount(owner, weights=weights * at_home, minlength=len(groups.names)) / np.maximum(placed, 1)
    hosts[(placed == 0)[owner] | (here[owner] - at_home < least)] = NONE
    found[inside] = hosts[group_of]
    return found


def _most_frequent(
    groups: Groups,
    owner: Int64[np.ndarray, "g"],
    group_of: Int64[np.ndarray, "m"],
    company: Int64[np.ndarray, "m k"],
) -> tuple[Int64[np.ndarray, "g"], Float64[np.ndarray, "g"]]:
    """Per group of a class, the most frequent label among its items' neighbours, -1 if it is the own one; and the share
    of the own one."""
    classes, present = len(groups.names), company >= 0
    votes_for = (group_of[:, None] * classes + groups.codes[company])[present]
    cells, votes = np.unique(votes_for, return_counts=True)  # few of all groups and classes meet
    group, label = np.divmod(cells, classes)
    own = label == owner[group]
    total = np.bincount(group, weights=votes, minlength=len(owner))
    at_home = np.bincount(group, weights=votes * own, minlength=len(owner)) / np.maximum(total, 1)
    hosts = np.full(len(owner), NONE)
    order = np.lexsort((own, votes))  # of each group, the most votes come last, and the own label among equals
    hosts[group[order]] = np.where(own, NONE, label)[order]
    return hosts, at_home


def _share_with_label(groups: Groups, known: Int64[np.ndarray, "n"]) -> Float64[np.ndarray, "n"]:
    """Per item, the share of the items of its mode, in all classes, that have its label."""
    _, cell, sizes = np.unique(np.stack([groups.codes, known]), axis=1, return_inverse=True, return_counts=True)
    return sizes[cell] / np.bincount(known)[known]

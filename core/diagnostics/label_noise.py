"""Label noise: the share of wrong labels in each class, estimated from the neighbours of its items.

Wrong labels are counted where classes do not overlap. An item is predicted by its neighbours, with its own label hidden
(`core.diagnostics.out_of_sample`). Where many neighbours agree, deep inside a class, the prediction is right, so that a
label that differs from it is wrong; and since the item's own label had no say in it, the share of such labels there is
the share of wrong ones in that class. Near a border a label may differ because classes overlap, so nothing is counted
there. This is the confident joint of confident learning (Northcutt, Jiang & Chuang 2021, JAIR 70, 1373-1411) with
another choice of the confident items: not those above the mean confidence of their class, whose count takes overlap for
noise, but of every predicted class the surest, as many as keep the upper limit of the share of other labels smallest
(Garg et al. 2021, https://arxiv.org/abs/2111.00980, best bin estimation). Where to stop is decided by the labels of the
other folds, so that a run of luck is not mistaken for purity. Each confident item counts for as many items as its
predicted class has over those that are confident.

Which embeddings are honest. One that never saw the labels (pixels, an untrained or a foreign network), for all items;
one trained on them only for items held out from training, of which the labels must be as noisy as the others'. Items
that a network was trained on lie among those of the wrong label that it was taught, so what is found there is a lower
bound.

Assumed: a label is wrong with a chance that depends on the item's class alone. Wrong labels that pile up where classes
meet are taken for overlap and missed; those that come in clusters, as a burst of pictures mislabelled together, look
right. A class that lies wholly within another cannot be told from noise, by this or any method: where neighbours get
more than MAX_OVERLAP of the rightly labelled items wrong, or most of what would be wrong carries labels that are found
among other classes only, nothing but an upper limit is given.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float64, Int64

from core.diagnostics.checks import Groups, Labels, check_groups
from core.diagnostics.out_of_sample import FOLDS, Votes, cross_fitted_votes
from core.neighbours.index import KnnGraph

STRICTNESS = 3.0
"""Standard errors of the upper limit that the choice of confident items keeps smallest: the more, the more of them."""

Z95 = 1.959964
"""Standard errors of a 95 % interval."""

SUREST = 0.25
"""Share of the items of every predicted class against which the overlap is measured. It is fixed, since all items may
count as confident where classes overlap much and items are few."""

MAX_OVERLAP = 0.125
"""Overlap up to which the confident items are taken to be all but free of it."""

MAX_NOISE = 0.45
"""Where the upper limit is above it, the labels are no guide to the classes, or the embedding shows none of them."""

MIN_DOUBT = 0.01
"""Share of all labels, found among other classes only, that is too small to matter."""

TINY = 1e-12

REMAINING = 0.25
"""Of the overlap, what the lower end allows for among the confident items; planted overlap left at most this much."""


@dataclass(frozen=True)
class WrongShare:
    """A share of wrong labels, in [0, 1], lower = cleaner."""

    noise: float
    """The estimate; NaN where classes overlap too much for one, or no item is confident."""
    low: float
    high: float
    """A 95 % interval; from 0 to an upper limit where there is no estimate."""
    overlap: float
    """Share of rightly labelled items, in [0, 1], that their neighbours would give to another class."""


@dataclass(frozen=True)
class LabelNoise:
    """Label noise of a data set."""

    overall: WrongShare
    """Of all items."""
    classes: pd.DataFrame
    """One row per class, sorted by label: label, n, and the fields of WrongShare, of the items with that label."""


def estimate_label_noise(graph: KnnGraph, labels: Labels, *, seed: int = 0) -> LabelNoise:
    """The share of wrong labels, overall and among the items of each label; deterministic for a seed.

    graph: neighbours of every item in an honest embedding (see above), the item itself left out; 15 are enough. Raises
    DataError for a wrong number of labels, or missing ones. With a single class nothing is known: the interval is 0 to
    1. Time is linear in n.
    """
    groups = check_groups(labels, len(graph.rows))
    rng = np.random.default_rng(seed)
    votes = cross_fitted_votes(graph, groups.codes, rng=rng)
    sureness = sureness_in_class(votes, rng=rng)
    confident, surest = confident_items(votes, groups.codes, sureness), sureness > 1 - SUREST
    everything = np.zeros_like(groups.codes)
    overall = _wrong_shares(votes, groups, confident, surest, of=everything)
    classes = _wrong_shares(votes, groups, confident, surest, of=groups.codes)
    within_others = (classes["high"] >= MAX_NOISE).to_numpy()[groups.codes]
    doubtful, _ = _weighted_share(votes, confident, (votes.predicted != groups.codes) & within_others, of=everything)
    if doubtful[0] > max(MIN_DOUBT, overall["noise"][0] / 2):  # or classes lie within others, and no label is wrong
        overall = _only_limits(overall)
    if overall["high"][0] >= MAX_NOISE:  # the embedding shows no classes
        classes = _only_limits(classes)
    classes.insert(0, "label", groups.names)
    classes.insert(1, "n", groups.sizes)
    return LabelNoise(WrongShare(*overall.iloc[0].tolist()), classes)


def _only_limits(shares: pd.DataFrame) -> pd.DataFrame:
    return shares.assign(noise=np.nan, low=0.0)


def sureness_in_class(votes: Votes, *, rng: np.random.Generator) -> Float64[np.ndarray, "n"]:
    """Rank of each item's confidence in its predicted class, in (0, 1], 1 = the surest; ties in random order.

    Alike for all classes, so that each has the same share above any value; 0 for items without a prediction.
    """
    order = rng.permutation(len(votes.predicted))
    confidence = pd.Series(votes.confidence[order], index=order)
    ranks = confidence.groupby(votes.predicted[order]).rank(method="first", pct=True)
    return np.where(votes.predicted >= 0, ranks.sort_index().to_numpy(), 0.0)


def confident_items(
    votes: Votes, codes: Int64[np.ndarray, "n"], sureness: Float64[np.ndarray, "n"]
) -> Bool[np.ndarray, "n"]:
    """The surest items of every predicted class, by the standard of that class and by one for all classes.

    The first is for classes that differ in how pure they are, the second for classes too small to tell. sureness: of
    `sureness_in_class`.
    """
    other = votes.predicted != codes
    confident = surer_than_needed(votes.fold, sureness, other) & (votes.predicted >= 0)
    for rows in Groups(votes.predicted + 1, np.arange(codes.max() + 2)).members()[1:]:
        confident[rows] &= surer_than_needed(votes.fold[rows], votes.confidence[rows], other[rows])
    return confident


def surer_than_needed(
    fold: Int64[np.ndarray, "m"], sureness: Float64[np.ndarray, "m"], other: Bool[np.ndarray, "m"]
) -> Bool[np.ndarray, "m"]:
    """Items at least as sure as the labels of the other folds ask for; other: labels that differ."""
    found = np.zeros(len(fold), dtype=bool)
    for number in range(FOLDS):
        own = fold == number
        found[own] = sureness[own] >= _least_sureness(sureness[~own], other[~own])
    return found


def _least_sureness(sureness: Float64[np.ndarray, "m"], other: Bool[np.ndarray, "m"]) -> float:
    """The sureness from which on the upper limit of the share of other labels is smallest; infinity without items."""
    if not len(sureness):
        return np.inf
    order = np.argsort(-sureness, kind="stable")
    sureness, counts = sureness[order], np.arange(1, len(order) + 1)
    shares = np.cumsum(other[order]) / counts
    last_of_equals = np.append(sureness[1:] < sureness[:-1], True)
    _, high = wilson(shares[last_of_equals], counts[last_of_equals].astype(np.float64), z=STRICTNESS)
    return float(sureness[last_of_equals][high.argmin()])


def _wrong_shares(
    votes: Votes,
    labels: Groups,
    confident: Bool[np.ndarray, "n"],
    surest: Bool[np.ndarray, "n"],
    *,
    of: Int64[np.ndarray, "n"],
) -> pd.DataFrame:
    """The fields of WrongShare, a row for each group of items; of: the group of every item, numbered from 0."""
    classes, other = len(labels.names), votes.predicted != labels.codes
    share, effective = _weighted_share(votes, confident, other, of=of)
    among_surest, _ = _weighted_share(votes, surest, other, of=of)
    overlap = _overlap(np.bincount(of, other) / np.bincount(of), among_surest, classes)
    low, high = wilson(share, effective, z=Z95)
    if classes == 1:
        high[:] = 1.0  # nothing to be mistaken for is no sign of right labels
    known = (effective > 0) & (overlap <= MAX_OVERLAP) & (high < MAX_NOISE)
    return pd.DataFrame(
        {
            "noise": np.where(known, share, np.nan),
            "low": np.where(known, np.maximum(low - REMAINING * overlap, 0), 0),
            "high": high,
            "overlap": overlap,
        }
    )


def _overlap(
    everywhere: Float64[np.ndarray, "g"], surest: Float64[np.ndarray, "g"], classes: int
) -> Float64[np.ndarray, "g"]:
    """Overlap, given the shares of other labels among all items and among the surest.

    Elsewhere a label differs where it is wrong, unless the prediction is wrong in the same way, or where it is right
    and the prediction wrong: everywhere = surest + overlap (1 - surest - surest / (classes - 1)).
    """
    rightly = 1 - surest * classes / max(classes - 1, 1)
    safe = np.where(rightly > 0, rightly, 1)
    return np.where(rightly > 0, np.clip((everywhere - surest) / safe, 0, 1), 1.0)


def _weighted_share(
    votes: Votes, chosen: Bool[np.ndarray, "n"], other: Bool[np.ndarray, "n"], *, of: Int64[np.ndarray, "n"]
) -> tuple[Float64[np.ndarray, "g"], Float64[np.ndarray, "g"]]:
    """Share of other labels in each group, and the number of items that this rests on (Kish's effective sample size).

    Each chosen item counts for as many as its predicted class has over those that are chosen.
    """
    predicted = votes.predicted + 1
    items, taken = np.bincount(predicted), np.bincount(predicted, chosen)
    weights = np.where(chosen, items[predicted] / np.maximum(taken[predicted], 1), 0.0)
    total, squares = np.bincount(of, weights), np.bincount(of, weights**2)
    total, squares = np.maximum(total, TINY), np.maximum(squares, TINY)
    return np.bincount(of, weights * other) / total, total**2 / squares


def wilson(
    share: Float64[np.ndarray, "m"], n: Float64[np.ndarray, "m"], *, z: float
) -> tuple[Float64[np.ndarray, "m"], Float64[np.ndarray, "m"]]:
    """Interval of a share among n that may be no whole number; 0 to 1 for n = 0. Wilson 1927, JASA 22, 209-212."""
    centre, radius = share * n + z**2 / 2, z * np.sqrt(share * (1 - share) * n + z**2 / 4)
    return np.maximum((centre - radius) / (n + z**2), 0), np.minimum((centre + radius) / (n + z**2), 1)

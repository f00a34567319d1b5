"""The diagnosis of one embedding: a table with one row per class."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import joblib
import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Float64, Int64
from scipy.stats import false_discovery_control
from threadpoolctl import ThreadpoolController

from core.common.errors import DataError
from core.common.parallel import chunks
from core.diagnostics.checks import Groups, Labels, check_groups, check_points
from core.diagnostics.collapse import Geometry, cdnv, density, kappa, participation_ratio, trace_ratio
from core.diagnostics.fragmentation import fragmentation, near_duplicates
from core.diagnostics.readings import SMALLEST_GROUP, SMALLEST_SHARE, Reading
from core.diagnostics.stability import resample, second_opinion
from core.diagnostics.subclusters import Signal, count_once, count_signal, of_all_rows
from core.diagnostics.verdicts import TOO_SMALL, Verdict, verdicts
from core.neighbours.exact import ExactSearch
from core.neighbours.index import KnnGraph, Neighbours

FOREIGN_NEIGHBOURS = 10
"""Nearest neighbours whose labels decide whether an item is foreign to its class."""

MAX_FOREIGN_SHARE = 0.25
"""Share of foreign items in a class up to which they count as wrong labels; above, the classes overlap."""

FALSE_DISCOVERIES = 0.05
"""Expected share of unimodal classes among those called multimodal (Benjamini-Hochberg)."""

CHANCE_STANDARD_ERRORS = 4.5
"""Standard errors above chance that mode recall must exceed; more than usual, as neighbours are not independent."""

PARALLEL_FROM = 1000
"""Number of items from which worker processes are used; with fewer, starting them takes longer than counting."""

RELIABILITY_UP_TO = 200
"""Number of classes up to which every count is also resampled, at ten times the cost of the count itself."""

AGREED = 0.75
"""Share of the subsamples that must have a count for it to be shown as one number instead of a range."""

BLOCK_NUMBERS = 1 << 23

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Subclusters:
    """The sub-clusters of one class and measures of their reliability."""

    readings: tuple[Reading, ...]
    """Ways to divide the class for which there is evidence, with ascending numbers of groups, from one."""
    chosen: int
    """Position of the reading that is the count: the finest one with sufficient evidence."""
    stability: float
    """Agreement of the assignments across subsamples, in [0, 1]; 1 = always the same groups."""
    second_opinion: int | None
    """Count by HDBSCAN; None if the class is too small."""
    counts: Int64[np.ndarray, "b"]
    """Counts over 30 subsamples of 80 %; empty if not requested."""

    @property
    def count(self) -> int:
        """At least 1."""
        return self.readings[self.chosen].count

    @property
    def assignments(self) -> Int64[np.ndarray, "n"]:
        """Sub-cluster of each row, 0 = the largest; -1 = in no sub-cluster."""
        return self.readings[self.chosen].assignments

    @property
    def p_value(self) -> float:
        """Chance of a separation as clear as the weakest within a single group; 1 for one sub-cluster."""
        return self.readings[self.chosen].p_value

    @property
    def range(self) -> tuple[int, int] | None:
        """Fewest and most sub-clusters to speak of: the count alone if AGREED of the subsamples have it, else the
        middle four fifths of theirs and the count; None without subsamples."""
        if not len(self.counts):
            return None
        if np.mean(self.counts == self.count) >= AGREED:
            return self.count, self.count
        low, high = np.quantile(self.counts, [0.1, 0.9], method="nearest")
        return min(int(low), self.count), max(int(high), self.count)


@dataclass(frozen=True)
class Diagnosis:
    """The table of `diagnose` with its per-item results."""

    table: pd.DataFrame
    assignments: Int64[np.ndarray, "n"]
    """Sub-cluster within the class; -1 = in no sub-cluster."""
    foreign: Bool[np.ndarray, "n"]
    """Foreign items: most of their neighbours have one other label (and such items are few); likely wrong labels."""


def count_subclusters(points: Float[np.ndarray, "n d"], *, seed: int = 0) -> Subclusters:
    """Sub-clusters of one class, counted in the space of the points themselves; deterministic for a seed.

    Conservative by design: modes with fewer than about 10 points are mostly counted as one group. Exact duplicates are
    removed first. Raises DataError for invalid input. Method: signal dimensions by FlipPA (Hong et al. 2020); then two
    kinds of evidence, whichever finds more groups: peaks of the density along the neighbour graph that stand out beyond
    chance (ToMATo, Chazal et al. 2013), and pieces of a Gaussian mixture with gaps between them by dip tests along that
    graph (Hennig 2010).
    """
    points = check_points(points, name="points")
    rng = np.random.default_rng(seed)
    with _libraries().limit(limits=1):  # the matrices are small: threads would only slow this down
        signal = Signal.of(points, rng)
        full = count_signal(signal, rng)
        counts, stability = resample(signal, full, rng)
        other = second_opinion(points, rng) if len(points) >= TOO_SMALL else None
    full = of_all_rows(full, signal)
    return Subclusters(full.readings, full.chosen, stability, other, counts)


@functools.cache
def _libraries() -> ThreadpoolController:
    """The numerical libraries in this process; cached, because finding them takes as long as counting a small class."""
    return ThreadpoolController()


def _count_without_reliability(points: Float[np.ndarray, "n d"], *, seed: int) -> Subclusters:
    """The count without its measures of reliability, which are most of the cost."""
    with _libraries().limit(limits=1):
        full = count_once(points, np.random.default_rng(seed))
    return Subclusters(full.readings, full.chosen, np.nan, None, np.empty(0, dtype=np.int64))


def diagnose(
    embeddings: Float[np.ndarray, "n d"],
    labels: Labels,
    *,
    sublabels: Labels | None = None,
    reference: Float[np.ndarray, "m r"] | Diagnosis | None = None,
    seed: int = 0,
    graph: KnnGraph | None = None,
    n_jobs: int = -1,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """One row per class, sorted by label; see `core.diagnostics.glossary` for every column.

    reference: the same items in a reference space from before training (raw pixels, the untrained network), or the
    Diagnosis of that space by `analyse`. The embedding is expected to keep its modes; known sublabels take precedence.
    graph: the k-NN graph of these embeddings if already computed (k >= 10). progress: called with (classes done,
    classes in total). Columns about sublabels or the reference are missing values if these are not given. Raises
    DataError for invalid input.
    """
    return analyse(
        embeddings,
        labels,
        sublabels=sublabels,
        reference=reference,
        seed=seed,
        graph=graph,
        n_jobs=n_jobs,
        progress=progress,
    ).table


def analyse(
    embeddings: Float[np.ndarray, "n d"],
    labels: Labels,
    *,
    sublabels: Labels | None = None,
    reference: Float[np.ndarray, "m r"] | Diagnosis | None = None,
    seed: int = 0,
    graph: KnnGraph | None = None,
    n_jobs: int = -1,
    progress: Progress | None = None,
    reliability: bool | None = None,
) -> Diagnosis:
    """`diagnose`, together with the sub-cluster of every item.

    reliability: also compute the spread of the counts, their stability and a second opinion, nearly all of the cost. If
    False, these columns are missing values; `count_subclusters` computes them for single classes. Default: True for at
    most RELIABILITY_UP_TO classes.
    """
    points = check_points(embeddings)
    groups = check_groups(labels, len(points))
    known = None if sublabels is None else check_groups(sublabels, len(points), name="sublabels").codes
    if reference is not None:
        rows = len(reference.assignments if isinstance(reference, Diagnosis) else reference)
        if rows != len(points):
            raise DataError(f"the reference has {rows} rows for {len(points)} embeddings: provide the same items")
    if reference is not None and not isinstance(reference, Diagnosis):
        reference = analyse(reference, labels, sublabels=sublabels, seed=seed, n_jobs=n_jobs, reliability=False)

    if graph is None:
        graph = Neighbours(points, np.arange(len(points))).graph(max(1, min(FOREIGN_NEIGHBOURS, len(points) - 1)))
    if reliability is None:
        reliability = len(groups.names) <= RELIABILITY_UP_TO
    foreign = foreign_items(groups, graph)
    kept_rows = [rows[~foreign[rows]] for rows in groups.members()]
    counted = _count_classes(
        points,
        kept_rows,
        count_subclusters if reliability else _count_without_reliability,
        seed=seed,
        n_jobs=n_jobs,
        progress=progress,
    )
    assignments = np.full(len(points), -1)
    for rows, sub in zip(kept_rows, counted, strict=True):
        assignments[rows] = sub.assignments
    table = pd.DataFrame({"label": groups.names, "n": groups.sizes})
    table = table.assign(**_count_columns(counted), **_shape_columns(points, groups, foreign))
    table = table.assign(**_mode_columns(points, kept_rows, known, prefix="sublabel"))
    kept = None if reference is None else reference.assignments
    table = table.assign(**_mode_columns(points, kept_rows, kept, prefix="survival"))
    table["fragmentation"] = fragmentation(points, groups.codes, assignments if known is None else known)
    table["near_duplicates"] = near_duplicates(points, groups, graph)
    for column in ("subclusters", "sublabel_excess"):
        table[f"reference_{column}"] = np.nan if reference is None else reference.table[column]
    table["reference_subclusters"] = table["reference_subclusters"].astype("Int64")
    table["verdict"] = _verdicts(table, "survival" if known is None else "sublabel")
    return Diagnosis(table.drop(columns=["sublabel_chance", "survival_chance"]), assignments, foreign)


def foreign_items(groups: Groups, graph: KnnGraph) -> Bool[np.ndarray, "n"]:
    """Items most of whose 10 nearest neighbours have one and the same other label: likely wrong labels.

    Always False in classes with more than a quarter of such items: these classes overlap, and excluding the items would
    leave gaps in them.
    """
    n, classes = len(groups.codes), len(groups.names)
    k = min(FOREIGN_NEIGHBOURS, n - 1)
    if classes < 2 or k < 3:
        return np.zeros(n, dtype=bool)
    rows = graph.rows[:, :k]
    votes = np.sort(groups.codes[rows], axis=1)
    middle = votes[:, k // 2]  # a label with more than half of the votes is their median
    foreign = ((votes == middle[:, None]).sum(axis=1) > k / 2) & (middle != groups.codes)
    share = np.bincount(groups.codes, weights=foreign, minlength=classes) / groups.sizes
    return foreign & (share <= MAX_FOREIGN_SHARE)[groups.codes]


def _count_classes(
    points: Float[np.ndarray, "n d"],
    kept_rows: list[Int64[np.ndarray, "_"]],
    count: Callable[..., Subclusters],
    *,
    seed: int,
    n_jobs: int,
    progress: Progress | None,
) -> list[Subclusters]:
    """Counts of all classes, in parallel if worthwhile; counts that are not significant by FALSE_DISCOVERIES become
    1."""
    counted = [_single_group(len(rows)) for rows in kept_rows]
    countable = [c for c, rows in enumerate(kept_rows) if len(rows) >= TOO_SMALL]
    items = sum(len(kept_rows[c]) for c in countable)
    workers = joblib.Parallel(n_jobs=n_jobs if items >= PARALLEL_FROM else 1, return_as="generator")
    tasks = (joblib.delayed(count)(points[kept_rows[c]], seed=seed + c) for c in countable)
    for done, (c, result) in enumerate(zip(countable, workers(tasks), strict=True), start=1):
        counted[c] = result
        if progress is not None:
            progress(done, len(countable))
    doubtful = false_discovery_control([sub.p_value for sub in counted]) > FALSE_DISCOVERIES
    return [replace(sub, chosen=0) if doubt else sub for sub, doubt in zip(counted, doubtful, strict=True)]


def _single_group(n: int) -> Subclusters:
    return Subclusters((Reading.whole(n),), 0, np.nan, None, np.empty(0, dtype=np.int64))


def _count_columns(counted: list[Subclusters]) -> dict[str, Any]:
    return {
        "subclusters": [sub.count for sub in counted],
        "subclusters_low": pd.array([sub.range and sub.range[0] for sub in counted], dtype="Int64"),
        "subclusters_high": pd.array([sub.range and sub.range[1] for sub in counted], dtype="Int64"),
        "stability": [sub.stability for sub in counted],
        "second_opinion": pd.array([sub.second_opinion for sub in counted], dtype="Int64"),
        "p_value": [sub.p_value for sub in counted],
    }


def _shape_columns(points: Float[np.ndarray, "n d"], groups: Groups, foreign: Bool[np.ndarray, "n"]) -> dict[str, Any]:
    all_items = Geometry.of(points, groups)
    kept = Groups(groups.codes[~foreign], groups.names)  # at least three quarters of each class
    without_foreign = Geometry.of(points[~foreign], kept) if foreign.any() else all_items
    nearest = [groups.names[c] if c >= 0 else None for c in all_items.nearest]
    return {
        "kappa": kappa(all_items),
        "kappa_core": kappa(without_foreign),
        "nearest_class": pd.array(nearest, dtype=object),
        "trace_ratio": trace_ratio(all_items),
        "cdnv_nearest": cdnv(all_items),
        "density": density(all_items),
        "participation_ratio": [participation_ratio(points[rows]) for rows in groups.members()],
        "foreign": np.bincount(groups.codes, weights=foreign) / groups.sizes,
    }


def _mode_columns(
    points: Float[np.ndarray, "n d"],
    kept_rows: list[Int64[np.ndarray, "_"]],
    modes: Int64[np.ndarray, "n"] | None,
    *,
    prefix: str,
) -> dict[str, Any]:
    """The number of modes of each class, and their recall by nearest neighbours within the class."""
    found = np.full((len(kept_rows), 3), np.nan)
    counts = np.full(len(kept_rows), np.nan)
    if modes is not None:
        for c, rows in enumerate(kept_rows):
            assigned = rows[modes[rows] >= 0]
            sizes = np.unique(modes[assigned], return_counts=True)[1]
            counts[c] = np.count_nonzero(sizes >= max(SMALLEST_GROUP, SMALLEST_SHARE * len(assigned)))
            found[c] = mode_recall(points[assigned], modes[assigned])
    names = ["modes", "recall", "excess", "chance"]
    columns = [pd.array(counts, dtype="Int64"), *found.T]
    return {f"{prefix}_{name}": column for name, column in zip(names, columns, strict=True)}


def mode_recall(points: Float[np.ndarray, "n d"], modes: Int64[np.ndarray, "n"]) -> tuple[float, float, float]:
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
    hits = mode_hits(points, modes)
    recall = float(hits[others > 0].mean())
    chance = float(others[others > 0].mean() / (len(points) - 1))
    limit = CHANCE_STANDARD_ERRORS * np.sqrt(chance / (1 - chance) / len(points))
    return recall, (recall - chance) / (1 - chance), float(limit)


def mode_hits(points: Float[np.ndarray, "n d"], modes: Int64[np.ndarray, "n"]) -> Float64[np.ndarray, "n"]:
    """Whether the nearest other point has the same mode: 1, 0, or for ties the share of the nearest that have it."""
    gallery, hits = ExactSearch(points), np.zeros(len(points))
    for block in chunks(len(points) if len(points) > 1 else 0, max(1, BLOCK_NUMBERS // len(points))):
        squares = gallery.all_squares(points[block])
        squares[np.arange(len(squares)), np.arange(block.start, block.stop)] = np.inf
        nearest = squares == squares.min(axis=1, keepdims=True)
        hits[block] = (nearest & (modes[block, None] == modes)).sum(axis=1) / nearest.sum(axis=1)
    return hits


def _verdicts(table: pd.DataFrame, source: str) -> list[Verdict]:
    return verdicts(
        table["n"].to_numpy(),
        subclusters=table["subclusters"].to_numpy(),
        kappa=table["kappa_core"].to_numpy(),
        expected=table[f"{source}_modes"].fillna(1).to_numpy(dtype=np.int64),
        excess=table[f"{source}_excess"].to_numpy(),
        limit=table[f"{source}_chance"].to_numpy(),
    )

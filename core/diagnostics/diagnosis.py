"""The diagnosis of one embedding: a table with one row per class."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import Any

import joblib
import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Float64, Int64
from scipy.stats import false_discovery_control

from core.common.directions import lengths_of
from core.common.errors import DataError
from core.common.workers import worker_processes
from core.diagnostics.checks import Groups, Labels, check_directions, check_groups, check_points
from core.diagnostics.collapse import Geometry, cdnv, density, kappa, participation_ratio, trace_ratio
from core.diagnostics.company import COMPANY, company_of
from core.diagnostics.counting import Subclusters, count_subclusters, count_without_reliability
from core.diagnostics.evidence import evidence
from core.diagnostics.expectation import Expected, expected_columns, mode_columns
from core.diagnostics.facts import Facts
from core.diagnostics.foreign import foreign_items, hosts_of_groups
from core.diagnostics.fragmentation import distinct_items, fragmentation, near_duplicates
from core.diagnostics.lengths import lengths_in_groups
from core.diagnostics.overlap import overlap
from core.diagnostics.verdicts import TOO_SMALL, verdict
from core.neighbours.index import KnnGraph, Neighbours

FALSE_DISCOVERIES = 0.05
"""Expected share of unimodal classes among those called multimodal (Benjamini-Hochberg)."""

PARALLEL_FROM = 1000
"""Number of items from which worker processes are used; with fewer, starting them takes longer than counting."""

RELIABILITY_UP_TO = 200
"""Number of classes up to which every count is also resampled, at ten times the cost of the count itself."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Diagnosis:
    """The table of `diagnose` with its per-item results."""

    table: pd.DataFrame
    assignments: Int64[np.ndarray, "n"]
    """Sub-cluster within the class; -1 = in no sub-cluster."""
    readings: list[Int64[np.ndarray, "_"]]
    """Of each item, its sub-cluster in every reading of its class, coarse to fine; empty if it was not counted."""
    foreign: Bool[np.ndarray, "n"]
    """Foreign items, likely wrong labels: most of their neighbours have one other label (and such items are few), or
    they are of a group or mode that lies among another class."""


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
    normalise: bool = True,
) -> pd.DataFrame:
    """One row per class, sorted by label; see `core.diagnostics.glossary` for every column.

    normalise: analyse the directions of the vectors (L2-normalisation), as the command line and the app do; False
    analyses the vectors as they are. reference: the same items in a reference space from before training (raw pixels,
    the untrained network), or the Diagnosis of that space by `analyse`. The embedding is expected to keep its modes;
    known sublabels take precedence. graph: the k-NN graph of these embeddings, normalised if they are to be, if already
    computed (k >= 10). progress: called with (classes done, classes in total). Columns about sublabels or the reference
    are missing values if these are not given. Raises DataError for invalid input.
    """
    table = analyse(
        embeddings,
        labels,
        sublabels=sublabels,
        reference=reference,
        seed=seed,
        graph=graph,
        n_jobs=n_jobs,
        progress=progress,
        normalise=normalise,
    ).table
    return table.assign(evidence=[_evidence(row) for row in table.to_dict("records")])


def _evidence(row: dict[Hashable, Any]) -> str:
    facts, before = Facts.of(row), row["reference_subclusters"]
    return evidence(facts, elsewhere={} if pd.isna(before) else {"the reference": int(before)})


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
    normalise: bool = True,
    lengths: Float64[np.ndarray, "n"] | None = None,
) -> Diagnosis:
    """`diagnose`, together with the sub-cluster of every item, and without the evidence as a sentence.

    reliability: also compute the spread of the counts, their stability and a second opinion, nearly all of the cost. If
    False, these columns are missing values; `count_subclusters` computes them for single classes. Default: True for at
    most RELIABILITY_UP_TO classes. lengths: of the vectors before they were normalised, where that was done elsewhere.
    """
    points = check_points(embeddings)
    if normalise:
        lengths = lengths_of(points) if lengths is None else lengths
        points = check_directions(points)
    groups = check_groups(labels, len(points))
    named = None if sublabels is None else check_groups(sublabels, len(points), name="sublabels")
    if reference is not None:
        rows = len(reference.assignments if isinstance(reference, Diagnosis) else reference)
        if rows != len(points):
            raise DataError(f"the reference has {rows} rows for {len(points)} embeddings: provide the same items")
    if reference is not None and not isinstance(reference, Diagnosis):
        reference = analyse(
            reference, labels, sublabels=sublabels, seed=seed, n_jobs=n_jobs, reliability=False, normalise=normalise
        )
    if graph is None:
        graph = Neighbours(points, np.arange(len(points))).graph(max(1, min(COMPANY, len(points) - 1)))
    few = len(groups.names) <= RELIABILITY_UP_TO
    company = company_of(points, graph, np.random.default_rng(seed))
    strays = foreign_items(groups, company)
    counted = _count_classes(
        points,
        _kept(groups, strays),
        count_subclusters if (few if reliability is None else reliability) else count_without_reliability,
        seed=seed,
        n_jobs=n_jobs,
        progress=progress,
    )
    assignments, readings = _per_item(_kept(groups, strays), counted, len(points))
    hosts = hosts_of_groups(groups, assignments, company, known=None if named is None else named.codes)
    foreign = _all_foreign(groups, company, strays, hosts, named)
    table = pd.DataFrame({"label": groups.names, "n": groups.sizes, "distinct": distinct_items(points, groups, graph)})
    table = table.assign(
        **_count_columns(counted),
        **_host_columns(groups, assignments, hosts),
        **_shape_columns(points, groups, foreign),
        **_overlap_columns(groups, company, foreign),
        **_columns_of_modes(points, groups, graph, foreign, assignments, named, reference, recover=few, seed=seed),
        near_duplicates=near_duplicates(points, groups, graph),
        length_groups=False if lengths is None else lengths_in_groups(lengths, _kept(groups, foreign)),
        **_reference_columns(reference, classes=len(groups.names)),
    )
    table["verdict"] = [verdict(Facts.of(row)) for row in table.to_dict("records")]
    return Diagnosis(table.drop(columns=["sublabel_chance", "survival_chance"]), assignments, readings, foreign)


def _kept(groups: Groups, foreign: Bool[np.ndarray, "n"]) -> list[Int64[np.ndarray, "_"]]:
    """Rows of each class without its foreign items."""
    return [rows[~foreign[rows]] for rows in groups.members()]


def _per_item(
    members: list[Int64[np.ndarray, "_"]], counted: list[Subclusters], n: int
) -> tuple[Int64[np.ndarray, "n"], list[Int64[np.ndarray, "_"]]]:
    """Of each item its sub-cluster, -1 = none, and its sub-cluster in every reading of its class."""
    assignments, readings = np.full(n, -1), [np.empty(0, dtype=np.int64)] * n
    for rows, sub in zip(members, counted, strict=True):
        assignments[rows] = sub.assignments
        for row, of_row in zip(rows, np.stack([reading.assignments for reading in sub.readings], axis=1), strict=True):
            readings[row] = of_row
    return assignments, readings


def _columns_of_modes(
    points: Float[np.ndarray, "n d"],
    groups: Groups,
    graph: KnnGraph,
    foreign: Bool[np.ndarray, "n"],
    assignments: Int64[np.ndarray, "n"],
    named: Groups | None,
    reference: Diagnosis | None,
    *,
    recover: bool,
    seed: int,
) -> dict[str, Any]:
    """What is left of the modes known by name and of the reference's groups, and which of either are told apart."""
    members = _kept(groups, foreign)
    known = None if named is None else named.codes
    before = None if reference is None else np.where(reference.foreign, -1, reference.assignments)
    expected = None if before is None else Expected.of_reference(before)
    if named is not None:
        expected = Expected(named.codes, named.names.astype(str))
    pieces = np.where(foreign, -1, assignments if known is None else known)
    return {
        **mode_columns(points, members, known, graph, prefix="sublabel"),
        **mode_columns(points, members, before, graph, prefix="survival"),
        **expected_columns(points, members, expected, assignments, graph, recover=recover, seed=seed),
        "fragmentation": fragmentation(points, groups.codes, pieces),
    }


def _reference_columns(reference: Diagnosis | None, *, classes: int) -> dict[str, Any]:
    """What the reference itself has; missing values without one."""
    if reference is None:
        return {"reference_subclusters": pd.array([None] * classes, "Int64"), "reference_sublabel_excess": np.nan}
    return {
        "reference_subclusters": reference.table["subclusters"].astype("Int64"),
        "reference_sublabel_excess": reference.table["sublabel_excess"],
    }


def _all_foreign(
    groups: Groups,
    company: Int64[np.ndarray, "n k"],
    strays: Bool[np.ndarray, "n"],
    hosts: Int64[np.ndarray, "n"],
    named: Groups | None,
) -> Bool[np.ndarray, "n"]:
    """Single foreign items, and those of foreign groups and modes; strays alone in a class that would be left empty."""
    foreign = strays | (hosts >= 0)
    if named is not None:
        foreign |= hosts_of_groups(groups, named.codes, company, known=named.codes) >= 0
    left = np.bincount(groups.codes, weights=~foreign, minlength=len(groups.names))
    return np.where(left[groups.codes] > 0, foreign, strays)


def _host_columns(groups: Groups, assignments: Int64[np.ndarray, "n"], hosts: Int64[np.ndarray, "n"]) -> dict[str, Any]:
    """Per class, how many of its groups lie among the items of other classes, and which classes these are."""
    hosted = np.flatnonzero(hosts >= 0)
    found = np.unique(np.stack([groups.codes[hosted], assignments[hosted], hosts[hosted]]), axis=1)
    names = np.empty(len(groups.names), dtype=object)
    names[:] = [()] * len(names)
    for c in np.unique(found[0]):
        names[c] = tuple(groups.names[np.unique(found[2, found[0] == c])].astype(str).tolist())
    return {"foreign_groups": np.bincount(found[0], minlength=len(groups.names)), "foreign_hosts": names}


def _overlap_columns(
    groups: Groups, company: Int64[np.ndarray, "n k"], foreign: Bool[np.ndarray, "n"]
) -> dict[str, Any]:
    found = overlap(groups, company, kept=~foreign)
    met = [groups.names[c] if c >= 0 else None for c in found.partner]
    return {"class_overlap": found.share, "overlapping_class": pd.array(met, dtype=object)}


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
    counted = [Subclusters.single(len(rows)) for rows in kept_rows]
    countable = [c for c, rows in enumerate(kept_rows) if len(rows) >= TOO_SMALL]
    items = sum(len(kept_rows[c]) for c in countable)
    workers = worker_processes(n_jobs if items >= PARALLEL_FROM else 1, return_as="generator")
    tasks = (joblib.delayed(count)(points[kept_rows[c]], seed=seed + c) for c in countable)
    for done, (c, result) in enumerate(zip(countable, workers(tasks), strict=True), start=1):
        counted[c] = result
        if progress is not None:
            progress(done, len(countable))
    doubtful = false_discovery_control([sub.p_value for sub in counted]) > FALSE_DISCOVERIES
    return [replace(sub, chosen=0) if doubt else sub for sub, doubt in zip(counted, doubtful, strict=True)]


def _count_columns(counted: list[Subclusters]) -> dict[str, Any]:
    return {
        "subclusters": [sub.count for sub in counted],
        "subclusters_low": pd.array([sub.range and sub.range[0] for sub in counted], dtype="Int64"),
        "subclusters_high": pd.array([sub.range and sub.range[1] for sub in counted], dtype="Int64"),
        "stability": [sub.stability for sub in counted],
        "second_opinion": pd.array([sub.second_opinion for sub in counted], dtype="Int64"),
        "p_value": [sub.p_value for sub in counted],
        "reading_groups": [[reading.count for reading in sub.readings] for sub in counted],
        "reading_p_values": [[reading.p_value for reading in sub.readings] for sub in counted],
        "reading_evidence": [[reading.evidence for reading in sub.readings] for sub in counted],
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

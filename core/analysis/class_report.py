"""Report on one class of one arm: sub-clusters with examples, survival of its modes, and its variance spectrum."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float64, Int64

from core.analysis.medoid import by_distance_from_medoid
from core.common.errors import StudyError, shown
from core.diagnostics.checks import check_groups
from core.diagnostics.company import company_of
from core.diagnostics.comparison import Matching, match_subclusters
from core.diagnostics.facts import Facts
from core.diagnostics.foreign import hosts_of_groups
from core.diagnostics.modes import mode_hits
from core.diagnostics.readings import Reading
from core.storage.study import Study

EXEMPLARS = 7


@dataclass(frozen=True)
class Group:
    """One sub-cluster of a class."""

    number: int
    """0 = the largest."""
    size: int
    exemplars: Int64[np.ndarray, "e"]
    """Item ids: the medoid first, then evenly spaced ranks by distance up to the item farthest from it."""
    modes: list[tuple[str, float]]
    """Known modes with their share of the sub-cluster's items, most frequent first; empty if modes are unknown."""
    host: str | None
    """The class among whose items it lies, if that is another one; see `core.diagnostics.foreign.hosts_of_groups`."""


def class_rows(study: Study, label: str) -> Int64[np.ndarray, "n"]:
    """Row numbers of a class's evaluated items. Raises StudyError where it has none."""
    rows = np.flatnonzero(study.evaluated & (study.items["label"] == label).to_numpy())
    if not len(rows):
        raise StudyError(f'{shown(study.path.name)} has no class "{shown(label)}" among the items it evaluates')
    return rows


def readings(study: Study, arm: str, label: str) -> list[Reading]:
    """Ways to divide a class, coarse to fine; assignments in the order of `class_rows`."""
    row = class_figures(study, arm, label)
    found = study.readings(arm, label)
    if "reading_groups" not in row:
        return [Reading(found[0], float(row.get("p_value", 1)), "none")]
    described = zip(found, row["reading_p_values"], row["reading_evidence"], strict=True)
    return [Reading(assignments, float(p_value), evidence) for assignments, p_value, evidence in described]


def class_figures(study: Study, arm: str, label: str) -> pd.Series:
    """The row of the table of classes."""
    table = study.diagnostics
    return table[(table["arm"] == arm) & (table["label"] == label)].iloc[0]


def count_range(row: pd.Series) -> str:
    """The count as it is shown: a number if the subsamples agree on it or were not drawn, else a range."""
    low, high = row.get("subclusters_low"), row.get("subclusters_high")
    return str(row["subclusters"]) if pd.isna(low) or low == high else f"{low} to {high}"


def groups(study: Study, arm: str, label: str, count: int | None = None) -> list[Group]:
    """The sub-clusters of a class, largest first; count: those of the reading with so many instead of the default."""
    rows = class_rows(study, label)
    assignments, points = study.subclusters(arm)[rows], study.arm(arm).embeddings[rows]
    if count is not None:
        assignments = next(r.assignments for r in readings(study, arm, label) if r.count == count)
    modes = study.items["sublabel"].to_numpy()[rows] if "sublabel" in study.items else None
    hosts = {} if count is not None else _hosts(study, arm, label)
    found = []
    for number in range(int(assignments.max(initial=-1)) + 1):
        inside = np.flatnonzero(assignments == number)
        outwards = inside[by_distance_from_medoid(points[inside])]
        shown = outwards[np.unique(np.linspace(0, len(outwards) - 1, EXEMPLARS).round().astype(int))]
        shares = [] if modes is None else _shares(modes[inside])
        ids = study.items["id"].to_numpy()[rows[shown]]
        found.append(Group(number, len(inside), ids, shares, hosts.get(number)))
    return found


def _hosts(study: Study, arm: str, label: str) -> dict[int, str]:
    """The class that each group of a class lies among, for those that the table of classes says lie among others."""
    facts = Facts.of(class_figures(study, arm, label))
    if not facts.foreign_groups:
        return {}
    rows = np.flatnonzero(study.evaluated)
    items, subclusters = study.items.iloc[rows], study.subclusters(arm)[rows]
    classes = check_groups(items["label"].to_numpy(), len(rows))
    known = check_groups(items["sublabel"].to_numpy(), len(rows)).codes if "sublabel" in items else None
    company = company_of(study.arm(arm).embeddings[rows], study.graph(arm), np.random.default_rng(0))
    hosts = hosts_of_groups(classes, subclusters, company, known=known)
    inside = np.flatnonzero((items["label"] == label).to_numpy() & (hosts >= 0))
    return {int(subclusters[row]): str(classes.names[hosts[row]]) for row in inside}


def _shares(modes: np.ndarray) -> list[tuple[str, float]]:
    return [(str(mode), float(share)) for mode, share in pd.Series(modes).value_counts(normalize=True).items()]


def expected_modes(study: Study, label: str) -> tuple[pd.Series | None, str]:
    """Expected mode of every item of a class by row number (missing if unknown), and the source of the modes as text.

    The known modes of the study, else the sub-clusters of a reference space, else None.
    """
    rows = class_rows(study, label)
    if "sublabel" in study.items:
        modes = study.items["sublabel"].iloc[rows]
        return pd.Series(modes.to_numpy(object), index=rows), "known modes"
    if study.references:
        reference = study.references[0]
        assigned = study.subclusters(reference)[rows]
        names = [f"{reference} s{group + 1}" if group >= 0 else None for group in assigned]
        return pd.Series(names, index=rows, dtype=object), f"sub-clusters of {reference}"
    return None, ""


def mode_survival(study: Study, arm: str, label: str) -> pd.DataFrame:
    """Survival of each expected mode of a class in an arm; empty if no modes are known.

    Columns: mode; items; recall (share of its items whose nearest other item of the class has the same mode, ties
    shared, 0 to 1, higher = survives; missing for a mode of one item); f1 (best match with one sub-cluster, 0 to 1,
    1 = identical to one sub-cluster); home (that sub-cluster's number).
    """
    modes, _ = expected_modes(study, label)
    if modes is None:
        return pd.DataFrame(columns=["mode", "items", "recall", "f1", "home"])
    modes = modes.dropna()
    rows = modes.index.to_numpy()
    codes, names = pd.factorize(modes, sort=True)
    matching = match_subclusters(codes, study.subclusters(arm)[rows])
    sizes = np.bincount(codes)
    hits = np.bincount(codes, weights=mode_hits(study.arm(arm).embeddings[rows], codes)) / sizes
    return pd.DataFrame(
        {
            "mode": names.astype(str),
            "items": sizes,
            "recall": np.where(sizes > 1, hits, np.nan),
            "f1": np.pad(matching.survival, (0, len(sizes) - len(matching.survival))),
            "home": np.pad(matching.flows.argmax(axis=1), (0, len(sizes) - len(matching.survival))),
        }
    )


def flows(study: Study, arm: str, label: str) -> pd.DataFrame:
    """Items of each expected mode (`mode`) in each sub-cluster of an arm (`group`, -1 = none): column `items`."""
    modes, _ = expected_modes(study, label)
    if modes is None:
        return pd.DataFrame(columns=["mode", "group", "items"])
    table = pd.DataFrame({"mode": modes.to_numpy(), "group": study.subclusters(arm)[modes.index.to_numpy()]}).dropna()
    return table.groupby(["mode", "group"]).size().rename("items").reset_index()


def match_arms(study: Study, first: str, second: str, label: str) -> Matching:
    """Which sub-clusters of a class in one arm merged or split in another."""
    rows = class_rows(study, label)
    return match_subclusters(study.subclusters(first)[rows], study.subclusters(second)[rows])


def spectrum(study: Study, arm: str, label: str) -> Float64[np.ndarray, "s"]:
    """Share of a class's variance along each of its principal directions, largest first; sums to 1, or all 0."""
    points = study.arm(arm).embeddings[class_rows(study, label)].astype(np.float64)
    variances = np.linalg.svd(points - points.mean(axis=0), compute_uv=False) ** 2
    return variances / variances.sum() if variances.sum() > 0 else variances

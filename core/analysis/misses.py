"""Why a query's first hit is of another class: one cause for every miss of an arm, by a stated rule.

The queries are those of the study's own figures, and so are their hits: only searched items, no copies of the query.
A miss is a query whose first hit is of another class, or may be where several are equally near. The causes are asked
for in the order of CAUSES, and the first that holds is the one.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int64

from core.analysis.search import FAR_QUANTILE
from core.data.contents import same_items
from core.diagnostics.checks import Groups, check_groups
from core.diagnostics.company import COMPANY, company_of
from core.diagnostics.duplicates import CROSSING_RATIO, MAX_VIEWS, RESOLVED
from core.diagnostics.facts import Facts
from core.diagnostics.foreign import proposed_classes
from core.diagnostics.hits import first_hits
from core.diagnostics.verdicts import COINCIDES_ABOVE, coincides
from core.storage.study import Study, roles

HUB_DEVIATIONS = 3.0
"""Standard deviations above the mean beyond which an item is among the hits of so many queries that it is a hub."""

KNOWS_FROM = 0.5
"""Of the way from chance to 1, the R@1 from which on an arm or reference is asked about labels."""

NONE = -1


@dataclass(frozen=True)
class Cause:
    """One cause of misses."""

    title: str
    rule: str
    """When a miss has it, in a sentence."""
    mended: str
    """What is done to the data for the figures without it, in a sentence."""


LEFT_OUT = "These queries are left out."
CAUSES = {
    "twin": Cause(
        "Twin with another label",
        f"Query and hit are near-duplicates: at most {CROSSING_RATIO:g} times as far apart as the query is from its "
        f"{MAX_VIEWS}th nearest item, in the reference, or in every arm where there is none.",
        "Of each pair, the one whose label fewer neighbours have is left out; both where equally many do.",
    ),
    "label": Cause(
        "Suspect label",
        "In all arms and references that know the classes (R@1 at least half-way from chance to 1), more than half of "
        "the neighbours' neighbours of query or hit have one other label, and with that label the two would agree. Not "
        "in classes that mix with another.",
        "All items with a suspect label get the one that their neighbours propose.",
    ),
    "hub": Cause(
        "Hub",
        f"The hit is among the {COMPANY} first hits of more queries of other classes than items usually are of all "
        f"queries: more than the mean and {HUB_DEVIATIONS:g} standard deviations.",
        "These hits are no longer searched.",
    ),
    "overlap": Cause(
        "Classes lie upon each other",
        f"The class of query or hit lies upon the other's: their overlap is {COINCIDES_ABOVE:g} or more.",
        LEFT_OUT,
    ),
    "merged": Cause(
        "Merged mode",
        "The query's class is destroyed, or it is partial and the query's mode is one of those that merged.",
        LEFT_OUT,
    ),
    "far": Cause(
        "Far from everything",
        f"The query is farther from its first hit than {100 * FAR_QUANTILE:g} % of the queries are from theirs.",
        LEFT_OUT,
    ),
    "near": Cause("Near another class", "None of these: an item of another class is simply nearer.", LEFT_OUT),
}
"""In the order in which they are asked for."""


@dataclass(frozen=True)
class Suspects:
    """Likely wrong labels among the evaluated items."""

    classes: Groups
    proposed: Int64[np.ndarray, "m"]
    """The class that is proposed for each evaluated item, by code; -1 for none."""

    @property
    def mended(self) -> Int64[np.ndarray, "m"]:
        """The classes' codes with the proposed ones."""
        return np.where(self.proposed >= 0, self.proposed, self.classes.codes)


@dataclass(frozen=True)
class Misses:
    """The misses of one arm."""

    arm: str
    doubt: Suspects
    figures: pd.DataFrame
    """Of all queries: `Study.queries`."""
    table: pd.DataFrame
    """A row for each miss, by the query's id: `hit`, the id of its first hit of another class (missing where so many
    items are equally near that it cannot be told), and `cause`, a key of CAUSES."""

    def of(self, cause: str) -> pd.DataFrame:
        """Those that have this cause."""
        return self.table[self.table["cause"] == cause]


def suspects(study: Study) -> Suspects:
    """Items for which every arm and reference that knows the classes proposes one and the same other label.

    What a space proposes: `core.diagnostics.foreign.proposed_classes`. Arms alone would often agree where all of them
    are wrong, as they share data and initial weights; so the reference is heard with them. A space knows the classes if
    its R@1 is at least KNOWS_FROM of the way from chance to 1, so that pixels have no say about photographs.
    """
    labels = study.items["label"].to_numpy()[study.evaluated]
    classes = check_groups(labels, len(labels))
    chance = float(np.square(classes.sizes / len(labels)).sum())
    found = []
    for name in [*study.arms, *study.references]:
        if study.arm(name).metrics["recall@1"] >= chance + KNOWS_FROM * (1 - chance):  # False for NaN
            points = study.arm(name).embeddings[study.evaluated]
            company = company_of(points, study.graph(name), np.random.default_rng(0))
            found.append(proposed_classes(classes, company))
    said = np.stack(found or [np.full(len(labels), NONE)])
    return Suspects(classes, np.where((said == said[0]).all(axis=0), said[0], NONE))


def same_pictures(study: Study) -> Int64[np.ndarray, "m"]:
    """Equal for those evaluated items that show the same, which are not each other's hits."""
    return same_items(study.items[study.evaluated])


def explain_misses(study: Study, arm: str, doubt: Suspects) -> Misses:
    """One cause for every miss of an arm. doubt: of `suspects`."""
    ids = np.flatnonzero(study.evaluated)  # ids are row numbers
    figures = study.queries(arm)
    queries = np.searchsorted(ids, figures.index.to_numpy())
    points = study.arm(arm).embeddings[ids]
    searched = roles(study.items[study.evaluated]).get("is_gallery", np.ones(len(ids), dtype=bool))
    hits = first_hits(points, study.graph(arm), queries, same=same_pictures(study), is_gallery=searched)
    codes = doubt.classes.codes
    missed = (figures["recall@1"] < 1).to_numpy()  # a query with nothing to find has no figure
    query, hit = queries[missed], _first_of_another_class(codes, queries[missed], hits.rows[missed])
    holds = {
        "twin": _twins(study, arm, query, hit),
        "label": (hit >= 0) & (doubt.mended[query] == doubt.mended[hit]),
        "hub": (hit >= 0) & _hubs(codes, queries, hits.rows, searched)[hit],
        "overlap": _upon_each_other(study, arm, doubt.classes, query, hit),
        "merged": _in_merged_mode(study, arm, query),
        "far": hits.distances[missed, 0] > _usual_distance(hits.distances[:, 0]),
    }
    cause = np.select([*holds.values()], [*holds], default="near")
    found = pd.Series(ids[hit], dtype="Int64").where(hit >= 0).to_numpy(dtype=object)
    table = pd.DataFrame({"hit": found, "cause": cause}, index=pd.Index(ids[query], name="id"))
    return Misses(arm, doubt, figures, table.astype({"hit": "Int64"}))


def dropped_twins(study: Study, misses: Misses) -> Bool[np.ndarray, "m"]:
    """Of the twins among the misses, the evaluated items that are left out."""
    ids, labels = np.flatnonzero(study.evaluated), study.items["label"].to_numpy()[study.evaluated]
    twins, company = misses.of("twin"), study.graph(misses.arm).rows
    query, hit = (np.searchsorted(ids, of.to_numpy(np.int64)) for of in (twins.index, twins["hit"]))
    around = np.concatenate([company[query], company[hit]], axis=1)
    others = (around >= 0) & (around != query[:, None]) & (around != hit[:, None])
    for_query, for_hit = (((labels[around] == labels[of, None]) & others).sum(axis=1) for of in (query, hit))
    dropped = np.zeros(len(ids), dtype=bool)
    dropped[query[for_query <= for_hit]] = True
    dropped[hit[for_hit <= for_query]] = True
    return dropped


def _first_of_another_class(
    codes: Int64[np.ndarray, "m"], query: Int64[np.ndarray, "q"], hits: np.ndarray
) -> Int64[np.ndarray, "q"]:
    """-1 where none of the listed hits is."""
    other = (hits >= 0) & (codes[hits] != codes[query, None])
    first = np.take_along_axis(hits, other.argmax(axis=1)[:, None], axis=1)[:, 0]
    return np.where(other.any(axis=1), first, NONE).astype(np.int64)


def _twins(study: Study, arm: str, query: Int64[np.ndarray, "q"], hit: Int64[np.ndarray, "q"]) -> Bool[np.ndarray, "q"]:
    """Whether the hit is a near-duplicate of the query in the reference, or in every arm where there is none."""
    twins = hit >= 0
    for name in study.references[:1] or study.arms:
        graph, points = study.graph(name), study.arm(name).embeddings[study.evaluated]
        if graph.distances.shape[1] < MAX_VIEWS:
            return np.zeros(len(query), dtype=bool)
        apart = np.linalg.norm(points[query].astype(np.float64) - points[hit], axis=1)
        usual = graph.distances[query, MAX_VIEWS - 1]
        twins &= (usual > RESOLVED) & (apart <= CROSSING_RATIO * usual)
    return twins


def _hubs(
    codes: Int64[np.ndarray, "m"], queries: Int64[np.ndarray, "q"], hits: np.ndarray, searched: Bool[np.ndarray, "m"]
) -> Bool[np.ndarray, "m"]:
    """Items among the hits of far more queries of other classes than items usually are of all.

    Of other classes, since in many dimensions the middle of every class is among the hits of much of it.
    """
    there = hits >= 0
    other = there & (codes[hits] != codes[queries, None])
    times = np.bincount(hits[there], minlength=len(codes))[searched]
    return np.bincount(hits[other], minlength=len(codes)) > times.mean() + HUB_DEVIATIONS * times.std()


def _usual_distance(to_first_hit: Float[np.ndarray, "q"]) -> float:
    """The distance beyond which a query is far from everything; infinite distances are of queries without a hit."""
    known = to_first_hit[np.isfinite(to_first_hit)]
    return float(np.quantile(known, FAR_QUANTILE)) if len(known) else np.inf


def _upon_each_other(
    study: Study, arm: str, classes: Groups, query: Int64[np.ndarray, "q"], hit: Int64[np.ndarray, "q"]
) -> Bool[np.ndarray, "q"]:
    """Whether the class of the query lies upon that of the hit, or the other way round."""
    facts = _facts(study, arm)
    upon = [label in facts and coincides(facts[label]) for label in classes.names]
    met = [facts[label].met if lies else None for label, lies in zip(classes.names, upon, strict=True)]
    place = {str(name): code for code, name in enumerate(classes.names)}
    partner = np.array([place.get(name, NONE) if name is not None else NONE for name in met])
    own, other = classes.codes[query], classes.codes[hit]
    known = np.where(hit >= 0, (partner[own] == other) | (partner[other] == own), np.array(upon)[own])
    return known.astype(bool)


def _in_merged_mode(study: Study, arm: str, query: Int64[np.ndarray, "q"]) -> Bool[np.ndarray, "q"]:
    """Whether the mode of a query is not told apart from others of its class."""
    table = study.diagnostics[study.diagnostics["arm"] == arm]
    verdicts, facts = table.set_index("label")["verdict"].to_dict(), _facts(study, arm)
    labels, modes = study.items["label"].to_numpy()[study.evaluated], _modes(study)
    merged = {label: {name for family in facts[label].merged for name in family} for label in facts}
    return np.array(
        [
            verdicts.get(labels[row]) == "destroyed"
            or (verdicts.get(labels[row]) == "partial" and modes[row] in merged[labels[row]])
            for row in query
        ],
        dtype=bool,
    )


def _modes(study: Study) -> list[str | None]:
    """The mode of every evaluated item as `Facts.merged` names it: by name, else by its group in the reference."""
    if "sublabel" in study.items:
        return study.items["sublabel"][study.evaluated].astype(str).tolist()
    if not study.references:
        return [None] * int(study.evaluated.sum())
    return [f"s{group + 1}" for group in study.subclusters(study.references[0])[study.evaluated]]


def _facts(study: Study, arm: str) -> dict[str, Facts]:
    table = study.diagnostics[study.diagnostics["arm"] == arm]
    return {row["label"]: Facts.of(row) for row in table.to_dict("records")}

"""Galleries: ranked neighbours of an item or of a new vector, with the attributes of each hit.

Arms have unit vectors, for which cosine and Euclidean distance give the same order (|x - y|^2 = 2 - 2 cos), so there is
no option for cosine. CSLS does change the order: see `METRICS`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Float32, Float64, Int64

from core.storage.study import Study

DEPTH = 1000
"""Ranks of the other arm that are looked up; a hit beyond them is "only here"."""

FAR_QUANTILE = 0.99

Query = int | Float[np.ndarray, "d"]
"""An item's id, or a vector in the arm's own space."""

Metric = Literal["euclidean", "csls"]

METRICS: dict[str, str] = {"euclidean": "Euclidean", "csls": "CSLS"}
"""euclidean: the distance itself. csls: cross-domain similarity local scaling (Conneau et al., ICLR 2018, eq. 3), which
ranks hubs, items that are near to very many others, lower: hits are ranked by 2 cos(q, x) - r(x), r being the mean
cosine of an item to its 10 nearest."""


@dataclass(frozen=True)
class Filters:
    """Which items may be hits. Filters apply before the k nearest are selected, so that k hits are found."""

    labels: tuple[str, ...] = ()
    """Classes; none = all of them."""
    modes: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()
    outcome: Literal["all", "same", "other"] = "all"
    """Hits of the query's own class, of other classes, or all; of no effect on a query of unknown class."""
    where: str = ""
    """A condition that the items fulfil, as `core.analysis.where` reads it."""

    def allow(self, items: pd.DataFrame, label: str | None = None) -> Bool[np.ndarray, "n"]:
        """Which rows may be hits of a query of this class. A column that the items lack filters nothing.

        Raises DataError for a condition that cannot be read.
        """
        allowed = np.ones(len(items), dtype=bool)
        for column, wanted in (("label", self.labels), ("sublabel", self.modes), ("split", self.splits)):
            if wanted and column in items:
                allowed &= items[column].isin(wanted).to_numpy()
        if label is not None and self.outcome != "all":
            allowed &= (items["label"] == label).to_numpy() == (self.outcome == "same")
        if self.where:
            from core.analysis.where import matching  # imports an engine

            allowed &= matching(items, self.where)
        return allowed


EVERYTHING = Filters()


def hits(
    study: Study, arm: str, query: Query, k: int, *, filters: Filters = EVERYTHING, metric: Metric = "euclidean"
) -> pd.DataFrame:
    """The k nearest evaluated items, nearest first; an item is never its own hit.

    Columns: id, distance (Euclidean, 0 to 2 between unit vectors), label, subcluster, and sublabel, path and name
    where the study has them. Exact with filters and with CSLS, whatever the size. Raises DataError for an item that
    is not evaluated.
    """
    return _hit_table(study, arm, *_search(study, arm, query, k, filters, metric))


def hits_by_arm(
    study: Study,
    queries: Mapping[str, Query],
    k: int,
    *,
    filters: Filters = EVERYTHING,
    metric: Metric = "euclidean",
) -> dict[str, pd.DataFrame]:
    """`hits` of a query in each arm of `queries`, by the name of the arm.

    With two arms they also have the column other_rank: where the other arm ranks the hit for its own form of the query,
    among the items that pass the filters; 1 = nearest, NaN = beyond DEPTH.
    """
    depth = k if len(queries) == 1 else max(k, DEPTH)
    found = {arm: _search(study, arm, query, depth, filters, metric) for arm, query in queries.items()}
    tables = {arm: _hit_table(study, arm, distances[:k], ids[:k]) for arm, (distances, ids) in found.items()}
    if len(tables) == 2:
        for arm, other in (tuple(tables), tuple(tables)[::-1]):
            ids = found[other][1][:DEPTH]
            ranks = pd.Series(np.arange(1, len(ids) + 1, dtype=float), index=ids)
            tables[arm]["other_rank"] = ranks.reindex(tables[arm]["id"]).to_numpy()
    return tables


def _hit_table(
    study: Study, arm: str, distances: Float32[np.ndarray, "k"], ids: Int64[np.ndarray, "k"]
) -> pd.DataFrame:
    columns = [name for name in ("label", "sublabel", "path", "name") if name in study.items]
    table = study.items.iloc[ids][columns].reset_index(drop=True)
    table.insert(0, "id", ids)
    return table.assign(distance=distances, subcluster=study.subclusters(arm)[ids])


def is_far(study: Study, arm: str, query: Query) -> bool:
    """Whether a query is farther from its nearest other item than 99 % of the evaluated items are from theirs."""
    nearest = study.graph(arm).distances[:, 0]
    if isinstance(query, np.ndarray):
        distance = _search(study, arm, query, 1, EVERYTHING, "euclidean")[0][0]
    else:
        distance = nearest[np.searchsorted(np.flatnonzero(study.evaluated), query)]
    return bool(np.isfinite(distance) and distance > np.quantile(nearest, FAR_QUANTILE))


def nearest_agrees(study: Study, arm: str, column: str) -> np.ndarray:
    """Per evaluated item: whether its nearest other item has the same `label` or `sublabel` (Recall@1's hits)."""
    values = study.items[column].to_numpy()[study.evaluated]
    return values[study.graph(arm).rows[:, 0]] == values


def _search(
    study: Study, arm: str, query: Query, k: int, filters: Filters, metric: Metric
) -> tuple[np.ndarray, np.ndarray]:
    """Distances and ids of the k nearest that pass."""
    neighbours = study.neighbours(arm)
    if filters != EVERYTHING or metric != "euclidean":
        return _search_all(study, arm, query, k, filters, metric)
    if isinstance(query, np.ndarray):
        distances, ids = neighbours.search(query[None], min(k, len(neighbours)))
    else:
        distances, ids = neighbours.search_ids(np.array([query]), min(k, len(neighbours) - 1))
    return distances[0], ids[0]


def _search_all(
    study: Study, arm: str, query: Query, k: int, filters: Filters, metric: Metric
) -> tuple[np.ndarray, np.ndarray]:
    """As `_search`, but by distances to all items, for filters and CSLS."""
    neighbours, rows = study.neighbours(arm), np.flatnonzero(study.evaluated)
    if isinstance(query, np.ndarray):
        vector, passing = query, filters.allow(study.items)[rows]
    else:
        vector = neighbours.vector_of(query)
        passing = filters.allow(study.items, study.items["label"].iloc[query])[rows] & (rows != query)
    penalty = _hubness(study, arm) if metric == "csls" else np.zeros(len(rows))
    return neighbours.search_among(vector, k, passing=passing, penalty=penalty)


def _hubness(study: Study, arm: str) -> Float64[np.ndarray, "m"]:
    """r(x) of CSLS per evaluated item: mean cosine to its nearest, -1 to 1; since |q - x|^2 = 2 - 2 cos(q, x), hits are
    in order of |q - x|^2 + r(x)."""
    squares = np.square(study.graph(arm).distances, dtype=np.float64)
    near = np.isfinite(squares)
    return 1 - np.where(near, squares, 0).sum(axis=1) / (2 * np.maximum(near.sum(axis=1), 1))

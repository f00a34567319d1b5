"""Ranked neighbours of an item or of a new vector, with what a gallery says about each hit."""

import numpy as np
import pandas as pd
from jaxtyping import Float

from core.study import Study

DEPTH = 1000
"""Ranks of the other arm that are looked up; a hit beyond them is "only here"."""

FAR_QUANTILE = 0.99

Query = int | Float[np.ndarray, "d"]
"""An item's id, or a vector in the arm's own space."""


def hits(study: Study, arm: str, query: Query, k: int) -> pd.DataFrame:
    """The k nearest evaluated items, nearest first; an item is never its own hit.

    Columns: id, distance (Euclidean, 0 to 2 between unit vectors), label, subcluster, and sublabel, path and name
    where the study has them. Raises DataError for an item that is not evaluated.
    """
    distances, ids = _search(study, arm, query, k)
    columns = [name for name in ("label", "sublabel", "path", "name") if name in study.items]
    table = study.items.iloc[ids][columns].reset_index(drop=True)
    table.insert(0, "id", ids)
    return table.assign(distance=distances, subcluster=study.subclusters(arm)[ids])


def rank_among(study: Study, arm: str, query: Query, ids: np.ndarray) -> np.ndarray:
    """Where an arm ranks some items for its own form of the query: 1 = nearest, NaN = beyond DEPTH."""
    _, ranked = _search(study, arm, query, DEPTH)
    ranks = pd.Series(np.arange(1, len(ranked) + 1, dtype=float), index=ranked)
    return ranks.reindex(ids).to_numpy()


def is_far(study: Study, arm: str, vector: Float[np.ndarray, "d"]) -> bool:
    """Whether a new vector is farther from its nearest item than 99 % of the evaluated items are from theirs."""
    nearest = study.graph(arm).distances[:, 0]
    distances, _ = _search(study, arm, vector, 1)
    return bool(distances[0] > np.quantile(nearest, FAR_QUANTILE))


def nearest_agrees(study: Study, arm: str, column: str) -> np.ndarray:
    """Per evaluated item: whether its nearest other item has the same `label` or `sublabel` (Recall@1's hits)."""
    values = study.items[column].to_numpy()[study.evaluated]
    return values[study.graph(arm).rows[:, 0]] == values


def _search(study: Study, arm: str, query: Query, k: int) -> tuple[np.ndarray, np.ndarray]:
    neighbours = study.neighbours(arm)
    if isinstance(query, np.ndarray):
        distances, ids = neighbours.search(query[None], min(k, len(neighbours)))
    else:
        distances, ids = neighbours.search_ids(np.array([query]), min(k, len(neighbours) - 1))
    return distances[0], ids[0]

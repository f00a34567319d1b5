"""What a selection of items is in one arm: its groups, whether it holds together, and pictures from its middle."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int, Int64

from core.analysis.medoid import by_distance_from_medoid
from core.storage.study import Study


@dataclass(frozen=True)
class Selected:
    """A selection as one arm sees it."""

    size: int
    classes: int
    modes: int | None
    """None where no modes are known."""
    groups: int
    """Sub-clusters of any class that have members among the selected."""
    mutual: int
    """Members that have another member as mutual neighbour: each is among the nearest of the other (as many as a study
    keeps, 10). 0 to `size`; as many as `size` = they hold together."""
    middle: Int64[np.ndarray, "m"]
    """Ids of the medoid and of the members nearest to it, in that order."""


def selected(study: Study, arm: str, ids: Int[np.ndarray, "s"], *, shown: int) -> Selected:
    """The facts about evaluated items, and `shown` of them at most from the middle of the selection in this arm."""
    ids = np.asarray(ids, dtype=np.int64)
    items, groups = study.items.iloc[ids], study.subclusters(arm)[ids]
    labels = items["label"].to_numpy(object)
    inside = groups >= 0
    outwards = by_distance_from_medoid(study.arm(arm).embeddings[ids])[:shown] if len(ids) else ids
    return Selected(
        size=len(ids),
        classes=items["label"].nunique(),
        modes=items["sublabel"].nunique() if "sublabel" in items else None,
        groups=len(set(zip(labels[inside], groups[inside], strict=True))),
        mutual=mutual_members(study.graph(arm).rows, np.searchsorted(np.flatnonzero(study.evaluated), ids)),
        middle=ids[outwards],
    )


def mutual_members(neighbours: Int[np.ndarray, "n k"], rows: Int[np.ndarray, "s"]) -> int:
    """How many of these rows have another of them as mutual neighbour; neighbours: of every row, -1 = none."""
    member = np.zeros(len(neighbours), dtype=bool)
    member[rows] = True
    near = neighbours[rows]  # (s, k)
    both = (near >= 0) & member[near]
    back = (neighbours[near] == np.asarray(rows)[:, None, None]).any(axis=2)  # (s, k): whether the neighbour lists it
    return int((both & back).any(axis=1).sum())

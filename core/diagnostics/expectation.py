"""The modes that each class should have, and what an embedding has left of them: columns of the table of classes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float, Int64

from core.diagnostics.modes import Listed, mode_recall, mode_sizes, neighbour_votes
from core.diagnostics.recovery import mode_recovery
from core.diagnostics.survival import VOTERS, Survival, group_votes, survival
from core.neighbours.index import KnnGraph

Members = list[Int64[np.ndarray, "_"]]
"""Rows of each class that count."""


@dataclass(frozen=True)
class Expected:
    """The modes of all items: those known by name, or else the sub-clusters of a reference space."""

    modes: Int64[np.ndarray, "n"]
    """Within the class or over all of them; -1 = none."""
    names: np.ndarray
    """Of the modes, as texts."""

    @classmethod
    def of_reference(cls, subclusters: Int64[np.ndarray, "n"]) -> "Expected":
        """subclusters: within the class, -1 = none."""
        return cls(subclusters, np.array([f"s{number + 1}" for number in range(int(subclusters.max(initial=-1)) + 1)]))


def mode_columns(
    points: Float[np.ndarray, "n d"],
    members: Members,
    modes: Int64[np.ndarray, "n"] | None,
    graph: KnnGraph,
    *,
    prefix: str,
) -> dict[str, Any]:
    """The number of modes of each class, and their recall by nearest neighbours within the class."""
    found = np.full((len(members), 3), np.nan)
    counts = np.full(len(members), np.nan)
    if modes is not None:
        for c, rows in enumerate(members):
            assigned = rows[modes[rows] >= 0]
            counts[c] = len(mode_sizes(modes[assigned])[0])
            listed = Listed.of(graph, assigned)
            found[c] = mode_recall(points[assigned], modes[assigned], listed=listed)
    names = ["modes", "recall", "excess", "chance"]
    columns = [pd.array(counts, dtype="Int64"), *found.T]
    return {f"{prefix}_{name}": column for name, column in zip(names, columns, strict=True)}


def expected_columns(
    points: Float[np.ndarray, "n d"],
    members: Members,
    expected: Expected | None,
    subclusters: Int64[np.ndarray, "n"],
    graph: KnnGraph,
    *,
    recover: bool,
    seed: int,
) -> dict[str, Any]:
    """Which of the modes of each class are told apart, and whether clustering finds them again.

    recover: whether the latter is computed. Missing values where nothing tells what to expect.
    """
    counts, families, recovery = [], [], np.full(len(members), np.nan)
    for c, rows in enumerate(members):
        names, rows, codes = _modes_of(rows, expected)
        counts.append(len(names))
        told = Survival(())
        if len(names) > 1:
            votes = neighbour_votes(points[rows], codes, VOTERS, listed=Listed.of(graph, rows))
            told = survival(codes, [votes, group_votes(codes, subclusters[rows])])
            if recover:
                recovery[c] = mode_recovery(points[rows], codes, np.random.default_rng(seed + c))
        families.append((told, names))
    unknown = expected is None
    return {
        "expected_modes": pd.array([None if unknown else n for n in counts], dtype="Int64"),
        "modes_apart": pd.array([len(told.families) or None for told, _ in families], dtype="Int64"),
        "mode_survival": [told.share for told, _ in families],
        "merged_modes": _texts([tuple(tuple(names[list(f)]) for f in told.merged) for told, names in families]),
        "mode_recovery": recovery,
    }


def _modes_of(
    rows: Int64[np.ndarray, "_"], expected: Expected | None
) -> tuple[np.ndarray, Int64[np.ndarray, "m"], Int64[np.ndarray, "m"]]:
    """Names of the modes of one class that are large enough to count, the rows of their items, and those' codes."""
    if expected is None:
        return np.empty(0, dtype=str), rows[:0], rows[:0]
    rows = rows[expected.modes[rows] >= 0]
    counted, _ = mode_sizes(expected.modes[rows])
    rows = rows[np.isin(expected.modes[rows], counted)]
    return expected.names[counted], rows, np.searchsorted(counted, expected.modes[rows])


def _texts(cells: list[tuple[tuple[str, ...], ...]]) -> np.ndarray:
    """A column whose cells are nested tuples, which numpy would take for a matrix."""
    column = np.empty(len(cells), dtype=object)
    for place, cell in enumerate(cells):
        column[place] = tuple(tuple(str(name) for name in family) for family in cell)
    return column

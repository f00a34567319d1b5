"""What the points of the maps can be coloured by."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from app.components.twin_map import Field
from core.analysis.palette import BLUE, RED, VERDICT_COLOURS
from core.analysis.search import nearest_agrees
from core.storage.study import Study

OWN = "own."
"""Before the names of fields that are columns of the user's own table."""
MOST_OWN, TITLE = 20, 40
MOST_VALUES = 1000
"""Different words of a column beyond which a legend says nothing."""


def map_fields(study: Study, rows: np.ndarray, arms: Sequence[str]) -> list[Field]:
    """How the neighbourhoods change is only asked of two arms."""
    items = study.items.iloc[rows]
    finest, what = ("sublabel", "mode") if "sublabel" in items else ("label", "class")
    known = [("mode", "Mode", "sublabel"), ("class", "Class", "label")]
    return [
        *(Field(name, title, [items[column].to_numpy(object)]) for name, title, column in known if column in items),
        Field("subcluster", "Sub-cluster", [_subclusters(study, arm, rows) for arm in arms]),
        Field(
            "verdict",
            "Verdict of the class",
            [_verdicts(study, arm, items["label"]) for arm in arms],
            order=list(VERDICT_COLOURS),
            colours=VERDICT_COLOURS,
        ),
        Field(
            "hit",
            "Nearest neighbour",
            [_hits(study, arm, finest, what) for arm in arms],
            order=[f"same {what}", f"other {what}"],
            colours={f"same {what}": BLUE, f"other {what}": RED},
        ),
        *([_change(study, rows, *arms)] if len(arms) == 2 else []),
        *_own_columns(study, rows),
    ]


def _change(study: Study, rows: np.ndarray, left: str, right: str) -> Field:
    return Field(
        "change",
        "Neighbourhood change",
        [1 - study.overlap(left, right)[rows]],
        limits=(0.0, 1.0),
        note="share of an item's 10 nearest neighbours that the other arm does not share; 1 = all changed",
    )


def _own_columns(study: Study, rows: np.ndarray) -> list[Field]:
    """The columns of the user's own table in which items have something in common: numbers, and words that recur."""
    found = []
    for name, column in study.metadata.iloc[rows].items():
        values = column.to_numpy() if column.dtype == float else column.replace("", None).to_numpy(object)
        distinct = column.nunique()
        if distinct > 1 and (column.dtype == float or distinct <= min(MOST_VALUES, len(rows) / 2)):
            found.append(Field(f"{OWN}{name}", str(name)[:TITLE], [values]))
    return found[:MOST_OWN]


def _subclusters(study: Study, arm: str, rows: np.ndarray) -> np.ndarray:
    labels, groups = study.items["label"].to_numpy()[rows], study.subclusters(arm)[rows]
    named = [f"{label} {group + 1}" if group >= 0 else None for label, group in zip(labels, groups, strict=True)]
    return np.array(named, dtype=object)


def _verdicts(study: Study, arm: str, labels: pd.Series) -> np.ndarray:
    classes = study.diagnostics[study.diagnostics["arm"] == arm].set_index("label")["verdict"]
    return labels.map(classes).to_numpy(object)


def _hits(study: Study, arm: str, column: str, what: str) -> np.ndarray:
    return np.where(nearest_agrees(study, arm, column), f"same {what}", f"other {what}").astype(object)

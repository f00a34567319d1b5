"""Summary table of a study: retrieval and collapse of its arms and references."""

from collections.abc import Sequence

import pandas as pd

from core.diagnostics import compare_retrieval
from core.storage.study import Study

COLUMNS = {
    "recall@1": "Coarse R@1",
    "map@r": "Coarse MAP@R",
    "sub_recall@1": "Fine R@1",
    "sub_map@r": "Fine MAP@R",
    "kappa": "Kappa",
    "subclusters": "Sub-clusters",
    "destroyed": "Destroyed",
    "coincident": "Coincident",
    "blurred": "Blurred",
    "partial": "Partial",
    "compressed": "Compressed",
}
"""Column -> heading. Coarse: of classes; fine: of modes. kappa and sub-clusters: mean over classes; the
rest: number of classes with that verdict."""


COUNTED = ("destroyed", "coincident", "blurred", "partial", "compressed")
WORST_FIRST = (*COUNTED, "preserved", "unimodal", "too small")
"""Verdicts in order of severity."""


def summarise(study: Study) -> pd.DataFrame:
    """One row per arm and reference, indexed by name, over the evaluated items; columns of COLUMNS.

    Fine figures are left out where no modes are known.
    """
    rows = {name: _row(study, name) for name in [*study.arms, *study.references]}
    table = pd.DataFrame.from_dict(rows, orient="index")
    return table[[column for column in COLUMNS if column in table]]


def rank_arms(study: Study) -> pd.DataFrame:
    """`summarise`, the highest fine MAP@R first, or coarse where no modes are known; equal ones as in the study."""
    table = summarise(study)
    by = "sub_map@r" if "sub_map@r" in table else "map@r"
    return table.sort_values(by, ascending=False, kind="stable", na_position="last")


def worst_first(study: Study, arms: Sequence[str]) -> list[str]:
    """The classes by the worst of their verdicts in these arms, and by label where those are equal."""
    table = study.diagnostics[study.diagnostics["arm"].isin(arms)]
    rank = table["verdict"].map({word: i for i, word in enumerate(WORST_FIRST)})
    return rank.groupby(table["label"].astype(str)).min().sort_values(kind="stable").index.tolist()


def compare(study: Study, first: str, second: str) -> pd.DataFrame:
    """Significance test of the difference in retrieval of two arms; see `core.diagnostics.compare_retrieval`."""
    return compare_retrieval(study.queries(first), study.queries(second))


def _row(study: Study, name: str) -> dict[str, float]:
    classes = study.diagnostics[study.diagnostics["arm"] == name]
    verdicts = classes["verdict"].value_counts()
    return {
        **study.arm(name).metrics,
        "kappa": classes["kappa"].mean(),
        "subclusters": classes["subclusters"].mean(),
        **{word: int(verdicts.get(word, 0)) for word in COUNTED},
    }

"""Whether a table of a study fits its items and arms, or has rows of another, too few or too many."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from jaxtyping import Bool

from core.storage.layout import DIAGNOSTICS, MAP, QUERIES, SUBCLUSTERS


def misfit(
    name: str, table: pd.DataFrame, items: pd.DataFrame, evaluated: Bool[np.ndarray, "n"], arms: Sequence[str]
) -> str:
    """What is wrong, in a few words; empty where nothing is. table: of the format of that name."""
    there = set(table["arm"].unique())
    if missing := [arm for arm in arms if arm not in there]:
        return f"has no rows of {missing[0]}"
    if name == DIAGNOSTICS:
        return _of_classes(table, set(items["label"][evaluated]), arms)
    if table.duplicated(["arm", "id"]).any():
        return "has two rows for one item"
    if not table["id"].isin(np.flatnonzero(evaluated)).all():
        return "has rows for items that are not evaluated"
    return _OF_ITEMS[name](table, int(evaluated.sum()), len(arms))


def _of_classes(table: pd.DataFrame, classes: set[str], arms: Sequence[str]) -> str:
    if table.duplicated(["arm", "label"]).any():
        return "has two rows for one class"
    if (table["n"] < 1).any():
        return "has a class without items"
    of_arm = table.groupby("arm")["label"].agg(set)
    return "" if all(of_arm[arm] == classes for arm in arms) else "does not have the classes of the items"


def _of_all_items(table: pd.DataFrame, n: int, arms: int) -> str:
    return "" if len(table) == n * arms else "does not have a row for every evaluated item of every arm"


def _of_groups(table: pd.DataFrame, n: int, arms: int) -> str:
    numbers = [table["subcluster"].to_numpy()]
    if "readings" in table:
        numbers += table["readings"].tolist()
    every = np.concatenate(numbers) if len(table) else np.zeros(0, int)
    if every.dtype.kind != "i" or not ((every >= -1) & (every < n)).all():
        return "has sub-clusters that cannot be"
    return _of_all_items(table, n, arms)


_OF_ITEMS: dict[str, Callable[[pd.DataFrame, int, int], str]] = {
    MAP: _of_all_items,
    SUBCLUSTERS: _of_groups,
    QUERIES: lambda table, n, arms: "",
}

"""Tables that are sound, but of other items, arms or classes."""

import numpy as np
import pandas as pd
import pytest

from core.storage.fit import misfit
from core.storage.layout import DIAGNOSTICS, MAP, QUERIES, SUBCLUSTERS

ITEMS = pd.DataFrame({"id": range(4), "label": ["a", "a", "b", "b"]})
EVALUATED = np.array([False, True, True, True])
ARMS = ["standard", "nearest"]
PER_ITEM = pd.DataFrame({"arm": np.repeat(ARMS, 3), "id": [1, 2, 3] * 2})
TABLES = {
    MAP: PER_ITEM.assign(x=0.5, y=[np.nan, 1, 2] * 2),
    SUBCLUSTERS: PER_ITEM.assign(subcluster=[-1, 0, 1] * 2, readings=[np.array([0, -1])] * 6),
    QUERIES: PER_ITEM.iloc[1:],
    DIAGNOSTICS: pd.DataFrame({"arm": np.repeat(ARMS, 2), "label": ["a", "b"] * 2, "n": [1, 2] * 2}),
}


def fault(name: str, table: pd.DataFrame) -> str:
    return misfit(name, table, ITEMS, EVALUATED, ARMS)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_these_items_fits(name: str):
    assert fault(name, TABLES[name]) == ""


@pytest.mark.parametrize(
    ("name", "change", "expected"),
    [
        (MAP, lambda t: t[t["arm"] == "standard"], "has no rows of nearest"),
        (MAP, lambda t: pd.concat([t, t]), "has two rows for one item"),
        (MAP, lambda t: t.assign(id=t["id"] + 1), "has rows for items that are not evaluated"),
        (MAP, lambda t: t.assign(id=t["id"] - 1), "has rows for items that are not evaluated"),
        (MAP, lambda t: t.iloc[1:], "does not have a row for every evaluated item of every arm"),
        (SUBCLUSTERS, lambda t: t.assign(subcluster=2**40), "has sub-clusters that cannot be"),
        (SUBCLUSTERS, lambda t: t.assign(subcluster=-2), "has sub-clusters that cannot be"),
        (SUBCLUSTERS, lambda t: t.assign(readings=[np.array(["x"])] * 6), "has sub-clusters that cannot be"),
        (DIAGNOSTICS, lambda t: t.assign(label=["a", "c"] * 2), "does not have the classes of the items"),
        (DIAGNOSTICS, lambda t: pd.concat([t, t]), "has two rows for one class"),
        (DIAGNOSTICS, lambda t: t.assign(n=0), "has a class without items"),
    ],
)
def test_a_table_of_others_does_not(name: str, change, expected: str):
    assert fault(name, change(TABLES[name])) == expected

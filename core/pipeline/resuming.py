"""Whether the data of a run that is resumed are those that it began with."""

from pathlib import Path

import pandas as pd

from core.common.errors import DataError
from core.data.collection import first_names
from core.storage.layout import ITEMS, TABLES
from core.storage.tables import read_table


def require_same_items(folder: Path, items: pd.DataFrame) -> None:
    """Raise DataError where an interrupted run in `folder` began with other items, labels, split or pictures."""
    path = folder / ITEMS
    if not path.exists():
        return
    before = read_table(path, TABLES[ITEMS], owner="the interrupted run")
    if changes := _changes(before, items):
        raise DataError(
            f"the data are not what the interrupted run began with: {changes}; restore them, or run without --resume "
            "to start afresh"
        )


def _changes(before: pd.DataFrame, after: pd.DataFrame) -> str:
    """What differs, empty if nothing does."""
    if list(before.columns) != list(after.columns):
        return "they have other columns, or it was begun by another version"
    if before.astype(str).equals(after.astype(str)):
        return ""
    key = "path" if "path" in after else "id"
    old, new = (table.astype(str).set_index(key) for table in (before, after))
    found = {"new": new.index.difference(old.index), "gone": old.index.difference(new.index)}
    both = old.index.intersection(new.index)
    for column, what in (
        ("digest", "with other content"),
        ("label", "of another class"),
        ("sublabel", "of another mode"),
    ):
        if column in new:
            found[what] = both[(old.loc[both, column] != new.loc[both, column]).to_numpy()]
    if not any(map(len, found.values())):  # new items move others to the other side of the split
        found["on another side of the split"] = both[(old.loc[both, "split"] != new.loc[both, "split"]).to_numpy()]
    said = [
        f"{len(names):,} {'item is' if len(names) == 1 else 'items are'} {what} ({first_names(list(names), limit=1)})"
        for what, names in found.items()
        if len(names)
    ]
    return ", ".join(said) or "their order differs"

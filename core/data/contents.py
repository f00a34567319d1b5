"""What reading every picture once tells of a data set: copies, and grey levels that use a part of their range."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from jaxtyping import Bool, Int64

from core.data.collection import Problem, first_names
from core.data.decoding import Look

PART_OF_RANGE = 0.26
"""Share of the 16-bit range up to which its use needs a warning: that of 14 bits, and a little for rounding."""

SAME = ("digest", "path", "name")
"""Columns of items whose equal values mean the same picture or item."""


def same_items(items: pd.DataFrame) -> Int64[np.ndarray, "n"]:
    """A code per row, equal for rows that show the same: of equal content, path or name."""
    from scipy.sparse import coo_matrix  # only here: the app's first page waits for no scipy
    from scipy.sparse.csgraph import connected_components

    rows, values, offset = [], [], len(items)
    for column in (column for column in SAME if column in items):
        codes = pd.factorize(items[column].replace("", None))[0]
        known = np.flatnonzero(codes >= 0)
        rows.append(known)
        values.append(codes[known] + offset)
        offset += int(codes.max(initial=-1)) + 1
    if not rows:
        return np.arange(len(items))
    ends = np.concatenate(rows), np.concatenate(values)
    shared = coo_matrix((np.ones(len(ends[0]), bool), ends), shape=(offset, offset))
    return pd.factorize(connected_components(shared, directed=False)[1][: len(items)])[0].astype(np.int64)


def has_copy(codes: Int64[np.ndarray, "n"], among: Bool[np.ndarray, "n"]) -> Bool[np.ndarray, "n"]:
    """Of each row, whether another of the rows `among` has its code."""
    counts = np.bincount(codes[among], minlength=int(codes.max(initial=0)) + 1)
    return counts[codes] > among


def copy_problems(items: pd.DataFrame) -> list[Problem]:
    """Warnings about copies on both sides of the split, and about one picture in two classes."""
    codes = same_items(items)
    found = []
    if "split" in items:
        train = (items["split"] == "train").to_numpy()
        copies = np.flatnonzero(has_copy(codes, train) & ~train)
        if len(copies):
            said = "1 test item is a copy" if len(copies) == 1 else f"{len(copies):,} test items are copies"
            remedy = "remove them from one side: what was trained on is no test"
            found.append(Problem(_names(items, copies), "warning", f"{said} of training items", remedy))
    label = items["clean_label" if "clean_label" in items else "label"]
    labels = label.groupby(codes).transform("nunique").to_numpy()
    if (labels > 1).any():
        rows = np.flatnonzero(labels > 1)
        fault = f"{len(rows):,} items are the same as an item of another class"
        found.append(Problem(_names(items, rows), "warning", fault, "keep each in one class"))
    return found


def range_problems(looks: Sequence[Look]) -> list[Problem]:
    """A warning where most 16-bit pictures use a small part of their range, as 12-bit values do."""
    used = [look.used for look in looks if look.used is not None]
    if not used:
        return []
    low, high = np.median(used, axis=0).tolist()
    if high - low > PART_OF_RANGE * 255:
        return []
    fault = (
        f"most 16-bit pictures use grey levels from some {round(low * 257):,} to {round(high * 257):,} of 65,535, so "
        f"{round(high - low) + 1} of 256 levels are left of them"
    )
    return [Problem(f"{len(used):,} pictures", "warning", fault, "stretch all by the same factor, and save them again")]


def _names(items: pd.DataFrame, rows: Int64[np.ndarray, "m"]) -> str:
    column = next((column for column in ("path", "name") if column in items), None)
    names = items[column].iloc[rows] if column else (rows + 1).astype(str)
    return ("" if column else "items ") + first_names(list(names))

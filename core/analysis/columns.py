"""What the columns of the user's own table hold, for people to read."""

import numpy as np
import pandas as pd
from jaxtyping import Int

from core.data.metadata import metadata
from core.storage.study import Study

COMMONEST = 3
"""Values of a column of words that are named."""
LONGEST = 60
"""Characters of such a value."""


def describe_columns(study: Study) -> list[tuple[str, str]]:
    """Name of each column of the evaluated items' metadata, and what it holds in a few words."""
    table = study.metadata[study.evaluated]
    return [
        (str(name), _numbers(column) if column.dtype == float else _words(column)) for name, column in table.items()
    ]


def known_of(study: Study, ids: Int[np.ndarray, "m"]) -> list[str]:
    """What the metadata says of each item beside its caption, as "price 12 · brand Acme"; "" where it says nothing."""
    table = metadata(study.items.iloc[ids]).drop(columns=study.caption or [])
    return [
        " · ".join(f"{name} {_value(value)}" for name, value in row.items() if pd.notna(value) and value != "")
        for row in table.to_dict("records")
    ]


def _numbers(column: pd.Series) -> str:
    known = column.dropna()
    if not len(known):
        return "empty"
    low, middle, high = known.quantile([0, 0.5, 1])
    return f"{_value(low)} to {_value(high)}, median {_value(middle)}{_empty(len(column) - len(known))}"


def _words(column: pd.Series) -> str:
    counts = column[column != ""].value_counts()
    if not len(counts):
        return "empty"
    empty = _empty(int((column == "").sum()))
    if counts.iloc[0] == 1:
        return f"{len(counts):,} values, each different{empty}"
    named = ", ".join(f"{_value(value)} ({count:,})" for value, count in counts.iloc[:COMMONEST].items())
    more = f" and {len(counts) - COMMONEST:,} others" if len(counts) > COMMONEST else ""
    return f"{named}{more}{empty}"


def _empty(count: int) -> str:
    return f"; {count:,} empty" if count else ""


def _value(value: object) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else " ".join(str(value).split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"

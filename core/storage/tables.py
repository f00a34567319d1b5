"""Parquet tables of a study: the one place that reads them."""

from pathlib import Path

import pandas as pd

from core.common.errors import StudyError
from core.storage.damage import reason


def read_table(path: Path, *, owner: str) -> pd.DataFrame:
    """A table with all its columns. owner: what it belongs to, such as "the arm nearest". Raises StudyError."""
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError, KeyError, TypeError) as error:  # the last two: its pandas metadata are damaged
        raise StudyError(f"{path.name} of {owner} cannot be read ({reason(error)})") from None

"""Parquet tables of a study: the one place that reads them."""

from pathlib import Path

import pandas as pd

from core.common.errors import StudyError
from core.storage.damage import reason
from core.storage.table_format import TableFormat


def read_table(path: Path, form: TableFormat, *, owner: str) -> pd.DataFrame:
    """A table with all its columns, each of its kind.

    owner: what the table belongs to, such as "the arm nearest". Raises StudyError.
    """
    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError, KeyError, TypeError, NotImplementedError) as error:  # its pandas metadata are damaged
        raise StudyError(f"{path.name} of {owner} cannot be read ({reason(error)})") from None
    if fault := form.fault(table):
        raise StudyError(f"{path.name} of {owner} {fault}; make the study again")
    return table

"""What a table calls its columns, where not as they are known."""

import streamlit as st

from app.widgets import errors
from core.common.errors import UncollapseError


def show(key: str) -> dict[str, str] | None:
    """A field for known column -> its name in the table; None while what is written there cannot be read."""
    lines = st.text_area(
        "Columns with other names in the table, one to a line: COLUMN=NAME",
        placeholder="label=Class",
        height=68,
        key=key,
        help="The same as `--columns` on the command line. What a table calls otherwise is never guessed.",
    )
    from core.data.columns import parse_columns

    try:
        return parse_columns([line.strip().removeprefix("--columns ") for line in lines.splitlines() if line.strip()])
    except UncollapseError as error:
        errors.show_error(error)
        return None

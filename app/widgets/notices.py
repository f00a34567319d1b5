"""Notices on a page: each in the colour of its severity."""

from collections.abc import Iterable

import streamlit as st

from app.widgets.markdown import escape_markdown
from core.common.notices import Notice

BOXES = {
    "info": (st.info, ":material/lightbulb:"),
    "warning": (st.warning, ":material/warning:"),
    "error": (st.error, ":material/error:"),
}


def show_notices(notices: Iterable[Notice]) -> None:
    """A coloured box for each."""
    for notice in notices:
        box, icon = BOXES[notice.severity]
        box(escape_markdown(notice.message), icon=icon)

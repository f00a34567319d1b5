"""The browser's history, where one gesture of the user is one step, and a word that it keeps for the next visit."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import streamlit as st

from app.components.bundle import component

__all__ = ["history", "remembered"]

COOKIE = "uncollapse-last"

_component = component(Path(__file__).parent)


def history(*, address: tuple[str, str] | None, remember: str | None, on_ready: Callable[[], None]) -> None:
    """Let one gesture be one step of the history, however often a script changes the address for it.

    address: last part of the path, and the query to be shown there in place of what the page was opened with; None
    leaves the address alone. on_ready: called before the run, once that is done. remember: what `remembered` is to
    return at the next visit; None leaves what it returns now.
    """
    page, query = address or (None, "")
    data = {"page": page, "query": query, "remember": remember, "cookie": COOKIE}
    _component(key="history", data=data, on_ready_change=on_ready)


def remembered() -> str | None:
    """What this browser was to remember, by any server of this machine; None at a first visit."""
    kept = st.context.cookies.get(COOKIE)
    return unquote(kept) if kept else None

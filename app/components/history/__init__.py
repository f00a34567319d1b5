"""The browser's history, where one gesture of the user is one step, and a word that it keeps for the next visit."""

from pathlib import Path
from urllib.parse import unquote

import streamlit as st

from app.components.bundle import component

__all__ = ["history", "remembered"]

COOKIE = "uncollapse-last"

_component = component(Path(__file__).parent)


def history(*, address: str, remember: str | None) -> None:
    """Let one gesture be one step of the history, however often a script changes the address for it.

    address: to be shown in place of the one that the page was opened with; empty: leave it. remember: what `remembered`
    is to return at the next visit; None leaves what it returns now.
    """
    _component(key="history", data={"address": address, "remember": remember, "cookie": COOKIE})


def remembered() -> str | None:
    """What this browser was to remember, by any server of this machine; None at a first visit."""
    kept = st.context.cookies.get(COOKIE)
    return unquote(kept) if kept else None

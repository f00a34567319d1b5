"""What went wrong, in words on the page: a study is damaged, a run deleted, a disk full while the page is open."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st

from app.text import plain
from core.errors import UncollapseError


@contextmanager
def shown() -> Iterator[None]:
    """Say what is wrong instead of drawing the rest; for a page, and in each fragment, which is drawn without it."""
    try:
        yield
    except UncollapseError as error:
        tell(error)


def tell(error: UncollapseError) -> None:
    """Put an error on the page."""
    st.error(plain(str(error)), icon=":material/error:")


def attempt(action: Callable[[], Any]) -> None:
    """Do what a button asks for; where it cannot be done, the page says why when it is drawn next."""
    try:
        action()
    except UncollapseError as error:
        st.session_state["notice"] = error


def button(label: str, icon: str, action: Callable[[], Any], *, key: str, **options: Any) -> None:
    """A button for what may fail. icon: a Material symbol; options: Streamlit's own."""
    st.button(label, icon=f":material/{icon}:", on_click=attempt, args=(action,), key=key, **options)


def show_notice() -> None:
    """What `attempt` had to report; for the top of a page."""
    if notice := st.session_state.pop("notice", None):
        tell(notice)


def page_if_noticed() -> None:
    """In a fragment: the whole page again where there is something to report, for only that can."""
    if "notice" in st.session_state:
        st.rerun()

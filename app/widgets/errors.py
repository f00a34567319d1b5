"""What went wrong, in words on the page: a study is damaged, a run deleted, a disk full while the page is open.

Faults of the program itself are said too, and go to the server's log with all that helps to find them.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st

from app.widgets.markdown import escape_markdown
from core.common.errors import UncollapseError

UNEXPECTED = "unforeseen error in the app"
_log = logging.getLogger(__name__)


@contextmanager
def shown() -> Iterator[None]:
    """Say what is wrong instead of drawing the rest; for a page, and in each fragment, which is drawn without it."""
    try:
        yield
    except Exception as error:
        tell(_noted(error))


def tell(error: Exception) -> None:
    """Put an error on the page."""
    st.error(escape_markdown(_sentence(error)), icon=":material/error:")


def _noted(error: Exception) -> Exception:
    """The same error, now in the server's log if nobody has foreseen it."""
    if not isinstance(error, UncollapseError):
        _log.error(UNEXPECTED, exc_info=error)
    return error


def _sentence(error: Exception) -> str:
    if isinstance(error, UncollapseError):
        return str(error)
    return (
        f"Something went wrong that should not ({type(error).__name__}): a fault of Uncollapse, not of your data. The "
        "log of the server, in the terminal that runs the app, says where. Load the page again; if it comes back, the "
        "other pages and studies still work."
    )


def attempt(action: Callable[[], Any]) -> None:
    """Do what a button asks for; where it cannot be done, the page says why when it is drawn next."""
    try:
        action()
    except Exception as error:
        st.session_state["notice"] = _noted(error)


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

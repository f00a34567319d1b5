"""Errors as a sentence on the page: a damaged study, a deleted run, a full disk while the page is open.

Faults of the program itself are shown too, and logged on the server with their traceback.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st

from app.widgets.markdown import escape_markdown
from core.common.errors import UncollapseError

UNEXPECTED = "unexpected error in the app"
KEPT = "kept-error"
"""In the session state: an error to be shown when the page is drawn next."""
_log = logging.getLogger(__name__)


@contextmanager
def error_boundary() -> Iterator[None]:
    """Show an error in place of the rest. Pages and fragments each need one: a fragment reruns without its page."""
    try:
        yield
    except Exception as error:
        show_error(_logged(error))


def show_error(error: Exception) -> None:
    """Put an error on the page."""
    st.error(escape_markdown(_sentence(error)), icon=":material/error:")


def _logged(error: Exception) -> Exception:
    """The same error, logged on the server unless it is an UncollapseError."""
    if not isinstance(error, UncollapseError):
        _log.error(UNEXPECTED, exc_info=error)
    return error


def _sentence(error: Exception) -> str:
    if isinstance(error, UncollapseError):
        return str(error)
    return (
        f"Unexpected error ({type(error).__name__}): a fault of Uncollapse, not of your data. The server's log, in the "
        "terminal that runs the app, says where. Load the page again; if the error comes back, the other pages and "
        "studies still work."
    )


def attempt(action: Callable[[], Any]) -> None:
    """Run a button's action; an error is kept, to be shown when the page is drawn next."""
    try:
        action()
    except Exception as error:
        keep_error(_logged(error))


def keep_error(error: Exception) -> None:
    """Have an error shown when the page is drawn next."""
    st.session_state[KEPT] = error


def button(label: str, icon: str, action: Callable[[], Any], *, key: str, **options: Any) -> None:
    """A button whose action may fail. icon: a Material symbol; options: passed to `st.button`."""
    st.button(label, icon=f":material/{icon}:", on_click=attempt, args=(action,), key=key, **options)


def show_kept_error() -> None:
    """Show the error that `attempt` kept; for the top of a page."""
    if error := st.session_state.pop(KEPT, None):
        show_error(error)


def rerun_page_if_kept() -> None:
    """In a fragment: rerun the whole page where an error is kept, since only the page shows it."""
    if KEPT in st.session_state:
        st.rerun()

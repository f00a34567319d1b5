"""Parts of a page: what is done in one draws it alone again, while the rest of the page stands."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Concatenate, ParamSpec

import streamlit as st

from app.state import View
from core.errors import UncollapseError

P = ParamSpec("P")


def part(draw: Callable[Concatenate[View, P], None]) -> Callable[Concatenate[View, P], None]:
    """Make a function that draws one view a part of its page.

    What it is called with is what it is called with again, until the whole page runs: what a click changes, the
    function has to read itself, from the address or the session. It may fill the Export popover of the view.
    """

    @st.fragment
    @wraps(draw)
    def drawn(view: View, *args: P.args, **kwargs: P.kwargs) -> None:
        view.exports.reserve()
        with errors_said():
            draw(view, *args, **kwargs)

    return drawn


@contextmanager
def errors_said() -> Iterator[None]:
    """Says on the page what is wrong, e.g. with a study that was damaged or deleted while it is open."""
    try:
        yield
    except UncollapseError as error:
        st.error(str(error), icon=":material/error:")

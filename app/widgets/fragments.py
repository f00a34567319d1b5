"""Parts of a page: what is done in one draws it alone again, while the rest of the page stands."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

import streamlit as st

from app.state.view import View
from app.widgets import errors

P = ParamSpec("P")


def part(draw: Callable[Concatenate[View, P], None]) -> Callable[Concatenate[View, P], None]:
    """Make a function that draws one view a part of its page.

    What it is called with is what it is called with again, until the whole page runs: what a click changes, the
    function has to read itself, from the address or the session. It may fill the Export popover of the view.
    Where the study has changed on disk, the whole page is drawn again.
    """

    @st.fragment
    @wraps(draw)
    def drawn(view: View, *args: P.args, **kwargs: P.kwargs) -> None:
        if view.is_stale:
            st.rerun()
        view.exports.reserve()
        with errors.shown():
            draw(view, *args, **kwargs)

    return drawn

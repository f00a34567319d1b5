"""Fragments of a page: a click inside one reruns it alone."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

import streamlit as st

from app.state.view import View
from app.widgets import errors

P = ParamSpec("P")


def view_fragment(draw: Callable[Concatenate[View, P], None]) -> Callable[Concatenate[View, P], None]:
    """Make a function that draws one view a fragment of its page.

    A fragment reruns with the same arguments until the whole page runs, so the function has to read whatever a click
    changes from the address or the session. It may fill the Export popover of the view. Where the study has changed on
    disk, the whole page is drawn again.
    """

    @st.fragment
    @wraps(draw)
    def drawn(view: View, *args: P.args, **kwargs: P.kwargs) -> None:
        if view.is_stale:
            st.rerun()
        view.exports.reserve()
        with errors.error_boundary():
            draw(view, *args, **kwargs)

    return drawn

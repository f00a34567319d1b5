"""What Streamlit runs for each visitor: the pages that this one may see, and the one that is open."""

from pathlib import Path

import streamlit as st
from streamlit import config

from app.access import visitor
from app.components.history import history
from app.state import address
from app.widgets import errors
from core.access.policy import Role
from core.common.errors import AccessError

STATIC = Path(__file__).resolve().parent / "static"
HOME = "compare"
LOOK = {
    "compare": ("Compare", ":material/compare:"),
    "search": ("Search", ":material/image_search:"),
    "classes": ("Classes", ":material/category:"),
    "lab": ("Lab", ":material/science:"),
}
CHANGE = {"data": ("Data", ":material/database:"), "train": ("Train", ":material/model_training:")}
"""Pages that only those who may change something see."""


def _draw() -> None:
    if config._server_mode == "starlette-managed" or visitor.role() is Role.NOBODY:
        raise AccessError(
            "nothing is shown without access control: start the server as app/main.py, and sign in where it has a login"
        )
    titles = LOOK | (CHANGE if visitor.may_change() else {})
    # No folder is called "pages": opened at a deep link, a fresh server would run its files without this one.
    page = st.navigation(
        [
            st.Page(f"{name}/{name}.py", title=title, icon=icon, default=name == HOME)
            for name, (title, icon) in titles.items()
        ],
        position="top",
    )
    address.arrive(next(name for name, (title, _) in titles.items() if title == page.title))
    errors.show_kept_error()
    with errors.error_boundary():
        page.run()
    if name := visitor.name():
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="right"):
            st.text(f"Signed in as {name}", width="content")
            st.button("Sign out", on_click=st.logout, type="tertiary", key="sign-out")
    _history()


@st.fragment
def _history() -> None:
    """A fragment, or its word that it is ready would run the whole page."""
    pending = address.unsettled()
    if pending is not None and pending[0] == HOME:
        pending = ("", pending[1])
    history(address=pending, remember=st.session_state.get("study-shown"), on_ready=address.settle)


st.set_page_config(page_title="Uncollapse", page_icon=str(STATIC / "icon.png"), layout="wide")
scheme = "dark" if st.context.theme.type == "dark" else "light"
st.logo(str(STATIC / f"logo-{scheme}.svg"), size="large")
st.html(STATIC / "page.css")
st.html(f"<style>:root {{ color-scheme: {scheme}; }}</style>")  # for popovers, which Streamlit leaves without one
with errors.error_boundary():
    _draw()

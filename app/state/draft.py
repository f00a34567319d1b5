"""A recipe that another page hands over to the form of the Train page."""

import streamlit as st

from app.state import address
from core.recipe.recipe import Recipe


def hand_over(recipe: Recipe) -> None:
    """Let the form show this recipe when Train is drawn next; call it before Train is drawn."""
    st.session_state["draft"] = recipe
    address.write(view="new")


def take() -> Recipe | None:
    """The recipe handed over since the last call."""
    return st.session_state.pop("draft", None)

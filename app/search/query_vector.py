"""A vector of the user's own as the query, for arms whose network is not here."""

import numpy as np
import streamlit as st

from app.state import navigation
from app.state.view import View
from app.widgets.markdown import escape_markdown
from core.common.errors import DataError
from core.data.one_vector import vector_from_file, vector_from_text


def ask(view: View) -> dict[str, np.ndarray]:
    """Ask for one; returns it for the arm that it belongs to, or nothing, with the reason where it is refused."""
    with st.expander("Search by a vector", icon=":material/numbers:"):
        arms = view.shown
        arm = st.selectbox("Embedded by", arms, key="vector-arm", on_change=_search_anew) if len(arms) > 1 else arms[0]
        size = view.study.arm(arm).embeddings.shape[1]
        text = st.text_area(
            f"{size:,} numbers, separated by commas",
            help="The embedding of your query by the network of this arm. Its length is set to 1.",
            placeholder="0.12, -0.5, ...",
            height=80,
            key="vector-text",
            on_change=_search_anew,
        )
        file = st.file_uploader("Or a .npy file", type="npy", key="vector-file", on_change=_search_anew)
        if not file and not text.strip():
            return {}
        try:
            vector = vector_from_file(file.getvalue()) if file else vector_from_text(text)
        except DataError as error:
            _refuse(f"This is no vector: {error}")
            return {}
        if len(vector) != size:
            _refuse(f"This vector has {len(vector):,} numbers, and {arm} takes {size:,}")
            return {}
    return {arm: vector}


def _refuse(reason: str) -> None:
    st.error(f"{escape_markdown(reason)}.", icon=":material/error:")


def _search_anew() -> None:
    """A new vector is the query, and no longer the item."""
    navigation.choose_item(None)

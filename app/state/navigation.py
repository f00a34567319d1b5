"""The address and the trail of queries: which item is the query, and which arm is on which side."""

import streamlit as st

from core.storage.study import Study


def swap_arms() -> None:
    """Swap the two arms, and run the whole page, since all of it shows them."""
    st.session_state["left"], st.session_state["right"] = st.session_state["right"], st.session_state["left"]
    st.rerun()


def chosen_item(study: Study) -> int | None:
    """The item in the address, where the study evaluates it."""
    text = st.query_params.get("item", "")
    if not (text.isascii() and text.isdigit()) or int(text) >= len(study.items):
        return None
    return int(text) if study.evaluated[int(text)] else None


def choose_item(id: int | None) -> None:
    """Make an item the query, remembering the one before for the way back; None clears it."""
    if id is None:
        st.query_params.pop("item", None)
        trail().clear()
    elif st.query_params.get("item") != str(id):
        trail().append(st.query_params.get("item"))
        st.query_params["item"] = str(id)


def step_back() -> None:
    """Return to the query before, which may be an uploaded picture or none."""
    if not trail():
        return
    before = trail().pop()
    if before is None:
        st.query_params.pop("item", None)
    else:
        st.query_params["item"] = before


def trail() -> list[str | None]:
    """The items queried before the present one, oldest first; None = no item, or an uploaded picture."""
    return st.session_state.setdefault("trail", [])

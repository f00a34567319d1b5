"""Sections of one page, of which one is shown: a switch whose choice stays in the address."""

from collections.abc import Callable

import streamlit as st

Sections = dict[str, tuple[str, Callable[[], None]]]
"""Name in the address -> what the switch says, and what draws the section."""


def choose_section(label: str, sections: Sections, *, key: str, default: str) -> str:
    """Draw the switch; returns the name of the section to show. key: of the session's state and of the address."""
    if st.session_state.get(key) not in sections:
        asked = st.query_params.get(key)
        st.session_state[key] = asked if asked in sections else default
    chosen = st.segmented_control(
        label,
        [*sections],
        format_func=lambda name: sections[name][0],
        key=key,
        required=True,
        label_visibility="collapsed",
    )
    if st.query_params.get(key) != chosen:  # each writing sends the whole address, which may lag behind other widgets
        st.query_params[key] = chosen
    return str(chosen)

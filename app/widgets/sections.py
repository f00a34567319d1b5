"""Sections of a page: a switch shows one of them, and its choice is kept in the address."""

from collections.abc import Callable

import streamlit as st

Sections = dict[str, tuple[str, Callable[[], None]]]
"""Name in the address -> label of the switch, and the function that draws the section."""


def choose_section(label: str, sections: Sections, *, key: str, default: str) -> str:
    """Draw the switch; returns the name of the section to show. key: in the session state and in the address."""
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
    # Only where it changes: every write sends the whole address, which may be older than other widgets' values.
    if st.query_params.get(key) != chosen:
        st.query_params[key] = chosen
    return str(chosen)

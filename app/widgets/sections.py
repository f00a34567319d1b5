"""Sections of a page: a switch shows one of them, and its choice is kept in the address."""

from collections.abc import Callable

import streamlit as st

from app.state import address

Sections = dict[str, tuple[str, Callable[[], None]]]
"""Name in the address -> label of the switch, and the function that draws the section."""


def choose_section(label: str, sections: Sections, *, key: str, default: str) -> str:
    """Draw the switch; returns the name of the section to show. key: in the session state and in the address."""
    chosen = st.segmented_control(
        label,
        [*sections],
        format_func=lambda name: sections[name][0],
        required=True,
        label_visibility="collapsed",
        **address.bound(key, [*sections], default),
    )
    address.write(**{key: chosen})
    return str(chosen)

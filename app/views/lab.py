"""Lab: see why classes collapse, by theory that answers at once and by experiments that take seconds."""

import streamlit as st

from app.components import lab_presets, lab_theory

VIEWS = {
    "theory": (":material/function: Why it happens", lab_theory.show),
    "experiments": (":material/science: Watch it happen", lab_presets.show),
}


def page() -> None:
    if st.session_state.get("lab") not in VIEWS:
        asked = st.query_params.get("lab")
        st.session_state["lab"] = asked if asked in VIEWS else "theory"
    view = st.segmented_control(
        "What to look at",
        [*VIEWS],
        format_func=lambda name: VIEWS[name][0],
        key="lab",
        required=True,
        label_visibility="collapsed",
    )
    if st.query_params.get("lab") != view:  # each writing sends the whole address, which may lag behind the sliders
        st.query_params["lab"] = view
    VIEWS[view][1]()


page()

"""Data: bring pictures to train on, or the embeddings of a model of one's own; both are checked first."""

import streamlit as st

from app.components import import_form, picture_check

VIEWS = {
    "pictures": (":material/photo_library: Pictures to train on", picture_check.show),
    "embeddings": (":material/scatter_plot: Embeddings of my own model", import_form.show),
}


def page() -> None:
    if st.session_state.get("kind") not in VIEWS:
        asked = st.query_params.get("kind")
        st.session_state["kind"] = asked if asked in VIEWS else "pictures"
    kind = st.segmented_control(
        "What to bring",
        [*VIEWS],
        format_func=lambda name: VIEWS[name][0],
        key="kind",
        required=True,
        label_visibility="collapsed",
    )
    if st.query_params.get("kind") != kind:
        st.query_params["kind"] = kind
    VIEWS[kind][1]()


page()

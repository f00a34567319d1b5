"""Train: write a recipe, start it, watch the runs, and clear away what is no longer wanted."""

import streamlit as st

from app.components import new_run, runs, study_list

VIEWS = {
    "runs": (":material/monitoring: Runs", runs.show),
    "new": (":material/add_circle: New run", new_run.show),
    "studies": (":material/folder_open: Studies", study_list.show),
}


def page() -> None:
    if st.session_state.get("view") not in VIEWS:
        asked = st.query_params.get("view")
        st.session_state["view"] = asked if asked in VIEWS else "runs" if runs.any_yet() else "new"
    view = st.segmented_control(
        "What to look at",
        [*VIEWS],
        format_func=lambda name: VIEWS[name][0],
        key="view",
        required=True,
        label_visibility="collapsed",
    )
    st.query_params["view"] = view
    if view != "runs":
        st.query_params.pop("run", None)
    if notice := st.session_state.pop("notice", None):
        st.error(notice, icon=":material/error:")
    VIEWS[view][1]()


page()

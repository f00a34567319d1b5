"""The studies on this machine, to open or to delete."""

import streamlit as st

from app.access import changes
from app.state import address, cache
from app.widgets import errors
from app.widgets.markdown import escape_markdown
from core import jobs
from core.common.errors import UncollapseError
from core.storage.catalogue import StudySummary, studies_root


def show() -> None:
    summaries = cache.studies()
    if not summaries:
        st.info(f"There are no studies in {escape_markdown(str(studies_root()))} yet. Start a run to make one.")
        return
    st.caption(f"Newest first, in {escape_markdown(str(studies_root()))}")
    for summary in summaries:
        _row(summary)
    asked = st.session_state.get("delete-study")
    if asked in {summary.id for summary in summaries}:
        _confirm(next(summary for summary in summaries if summary.id == asked))


def _row(summary: StudySummary) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        with st.container(gap=None):
            st.markdown(f"**{escape_markdown(summary.name or summary.id)}**")
            if summary.error:
                st.caption(f":material/error: {escape_markdown(summary.error)}")
            else:
                arms = ", ".join(map(escape_markdown, summary.arms))
                when = summary.created[:16].replace("T", " ")
                st.caption(f"{escape_markdown(summary.id)} · {summary.n_items:,} items · {arms} · {when}")
        if not summary.error:
            open_button(summary.id, key=f"open-{summary.id}")
        st.button(
            "Delete",
            icon=":material/delete:",
            key=f"delete-{summary.id}",
            on_click=_ask,
            args=(summary.id,),
        )


def open_button(id: str, *, key: str, type: str = "secondary") -> None:
    """A button that opens a study in Compare."""
    if st.button("Open in Compare", icon=":material/compare:", key=key, type=type):
        address.open_page("compare", **address.another_study(id))


def _ask(id: str | None) -> None:
    st.session_state["delete-study"] = id


@st.dialog("Delete this study?", on_dismiss=lambda: _ask(None))
def _confirm(summary: StudySummary) -> None:
    st.write(
        f"**{escape_markdown(summary.name or summary.id)}**, in the folder {escape_markdown(summary.id)}: "
        "its networks, embeddings and "
        "everything computed from them are removed from the disk **for good**. Its recipe goes with it."
    )
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep it", key="keep-study"):
            _ask(None)
            st.rerun()
        if st.button("Delete for good", type="primary", icon=":material/delete_forever:", key="really-delete-study"):
            _ask(None)
            remove(summary.id)
            st.rerun()


def remove(id: str) -> None:
    """Delete a study, and the record of the run that made it."""
    root = studies_root()
    try:
        changes.delete_study(root, id)
        changes.delete_run(jobs.get_job(root, id))
    except UncollapseError as error:
        if (root / id).exists():
            errors.keep_error(error)

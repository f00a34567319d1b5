"""With no study yet: make the default one in the background and show its progress."""

import streamlit as st

from app.access import changes, visitor
from app.widgets import errors, run_progress
from core import jobs
from core.jobs.status import Status
from core.storage.catalogue import studies_root

DEFAULT = "mnist-parity"


def show() -> None:
    """Start the default study, once for all sessions, and show its progress."""
    if not visitor.may_change():
        st.info("There are no studies here yet. Whoever runs this server can make one.")
        return
    st.title("Your first study is being made")
    st.write(
        "The same small network is trained twice on real handwritten digits. Its labels say only whether a digit "
        "is even or odd, and 10 % of them are wrong. The two arms differ in one rule: how an anchor picks "
        "its positive. **standard** takes a random item of its class, **nearest** the closest one. Then both are "
        "examined for class collapse: are the ten digits still distinct?"
    )
    _follow(changes.start_once(DEFAULT, studies_root()))


@st.fragment(run_every=1.5)
def _follow(job: jobs.Job) -> None:
    errors.rerun_page_if_kept()
    status = job.status()
    if status.state == "done" or not job.folder.is_dir():  # deleted elsewhere
        st.rerun()
    run_progress.progress(job, status)
    _buttons(job, status)
    run_progress.curves(job, status.history, run_progress.RESULTS, columns=2, height=340, key="first")


def _buttons(job: jobs.Job, status: Status) -> None:
    if status.over:
        errors.button("Resume", "play_arrow", lambda: changes.resume(job), key="first-resume", type="primary")
    else:
        errors.button("Cancel", "stop", lambda: changes.cancel(job, discard=False), key="first-cancel")

"""Experiments that each tell one story in seconds: start one, watch both arms, open the study."""

import streamlit as st

from app.components import run_view
from app.components.study_list import open_button
from app.text import plain
from core import jobs
from core.errors import UncollapseError
from core.jobs import Job
from core.lab import PRESETS, Preset
from core.status import Status
from core.studies import studies_root

LIVE_SECONDS = 0.7
FIGURES = ("kappa", "sub_recall@1", "loss")


def show() -> None:
    st.markdown(
        "Two classes of four known groups each, made to order, so that the truth is known. Every experiment trains two "
        "arms on the same 2,000 items, which takes some seconds; what comes out is a study like any other."
    )
    if notice := st.session_state.pop("lab-notice", None):
        st.error(plain(notice), icon=":material/error:")
    latest = _latest()
    for begin in range(0, len(PRESETS), 2):
        for column, preset in zip(st.columns(2, gap="medium"), PRESETS[begin : begin + 2], strict=False):
            with column, st.container(border=True, height="stretch"):
                _card(preset, latest.get(preset.name))


def _latest() -> dict[str, Job]:
    """The newest run of every preset."""
    found: dict[str, Job] = {}
    for job in jobs.list_jobs(studies_root()):
        for preset in PRESETS:
            name = preset.recipe().name
            if job.id == name or job.id.startswith(f"{name}-"):
                found.setdefault(preset.name, job)
    return found


def _card(preset: Preset, job: Job | None) -> None:
    st.markdown(f"##### {preset.title}")
    st.markdown(preset.story)
    if job is None:
        _start_button(preset, "Run it", "primary")
        return
    live = not job.status().over
    st.fragment(_follow, run_every=LIVE_SECONDS if live else None)(preset, job, live)


def _follow(preset: Preset, job: Job, was_live: bool) -> None:
    status = job.status()
    if was_live and status.over:
        st.rerun()
    if status.state != "done":
        run_view.progress(job, status)
    run_view.curves(status.history, FIGURES, columns=3, height=190, key=f"lab-{preset.name}")
    with st.container(horizontal=True):
        _buttons(preset, job, status)


def _buttons(preset: Preset, job: Job, status: Status) -> None:
    if not status.over:
        st.button("Cancel", icon=":material/stop:", key=f"cancel-{preset.name}", on_click=job.cancel)
        return
    if status.state == "done" and job.study.exists():
        open_button(job.id, key=f"open-{preset.name}", type="primary")
    _start_button(preset, "Run it again", "secondary")


def _start_button(preset: Preset, label: str, type: str) -> None:
    st.button(
        label, icon=":material/play_arrow:", key=f"start-{preset.name}", type=type, on_click=_start, args=(preset,)
    )


def _start(preset: Preset) -> None:
    try:
        jobs.start(preset.recipe(), root=studies_root())
    except UncollapseError as error:
        st.session_state["lab-notice"] = str(error)

"""An experiment of the Lab as a run: start it, follow it, cancel it, open its study."""

import re

import streamlit as st

from app.access import changes, visitor
from app.widgets import errors, live_maps, run_progress
from app.widgets.study_list import open_button
from core import jobs
from core.jobs import prefork
from core.jobs.job import Job
from core.jobs.status import Status
from core.recipe.recipe import Recipe
from core.storage.catalogue import studies_root

LIVE_SECONDS = 1
FIGURES = ("loss", "active")
"""Curves below the maps, which already show kappa and fine recall."""


def latest(names: list[str]) -> dict[str, Job]:
    """The newest run of each of these recipes that has one, by the recipe's name."""
    found: dict[str, Job] = {}
    for job in jobs.list_jobs(studies_root()):
        name = re.sub(r"-\d+$", "", job.id)
        if name in names:
            found.setdefault(name, job)
    return found


def begin() -> None:
    """Prepare a process for the next run: called before the experiments of a page are drawn."""
    if not visitor.may_change():
        return
    if all(job.status().over for job in jobs.list_jobs(studies_root())):  # else it would take the cores from a run
        prefork.prepare()


def show(recipe: Recipe | None, job: Job | None, *, key: str) -> None:
    """The button that starts the recipe, disabled for None, and below it the newest run, if there is one."""
    if job is None:
        _start_button(recipe, "Run it", "primary", key=key)
        return
    live = not job.status().over
    st.fragment(_follow, run_every=LIVE_SECONDS if live else None)(recipe, job, live, key=key)


def _follow(recipe: Recipe | None, job: Job, was_live: bool, *, key: str) -> None:
    status = job.status()
    if was_live and status.over:
        st.rerun()
    with st.container():  # kept when it is empty, or the maps would move up at the end and be drawn anew
        if status.state != "done":
            run_progress.progress(job, status)
        if not status.over:
            st.caption(run_progress.timing(status))
        with st.container(horizontal=True):
            _buttons(recipe, job, status, key=key)
    live_maps.show(job, key=key)
    run_progress.curves(job, status.history, FIGURES, columns=2, height=220, key=f"lab-{key}")


def _buttons(recipe: Recipe | None, job: Job, status: Status, *, key: str) -> None:
    if not status.over:
        if visitor.may_change():
            errors.button("Cancel", "stop", lambda: changes.cancel(job), key=f"cancel-{key}")
            run_progress.start_now(job, status, key=f"now-{key}")
        return
    if status.state == "done" and job.study.exists():
        open_button(job.id, key=f"open-{key}", type="primary")
    _start_button(recipe, "Run it again", "secondary", key=key)


def _start_button(recipe: Recipe | None, label: str, type: str, *, key: str) -> None:
    if not visitor.may_change():
        return
    pressed = st.button(label, icon=":material/play_arrow:", key=f"start-{key}", type=type, disabled=recipe is None)
    if pressed and recipe is not None:
        errors.attempt(lambda: changes.start(recipe, root=studies_root()))
        st.rerun()  # the whole page: a fragment by itself would keep showing the earlier run

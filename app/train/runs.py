"""The list of runs and the progress of the chosen one, all read from disk, so that a reload loses nothing."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from app.access import changes
from app.state import address, draft
from app.widgets import errors, run_progress, study_list
from app.widgets.markdown import escape_markdown
from core import jobs
from core.common.errors import UncollapseError
from core.jobs.job import Job
from core.jobs.status import Status
from core.recipe.recipe import Recipe
from core.storage.catalogue import studies_root

SHOWN = 30
"""Runs listed at first, and with every press on "Show older"."""
LIVE_SECONDS, IDLE_SECONDS = 1.5, 6.0
FIGURES = ("loss", "tuples", "active", "kappa", "sub_recall@1", "sub_map@r")
WITHOUT_MODES = ("loss", "tuples", "active", "kappa", "recall@1", "map@r")
STATES = {
    "queued": ":material/schedule:",
    "running": ":material/progress_activity:",
    "done": ":material/check_circle:",
    "failed": ":material/error:",
    "cancelled": ":material/pause_circle:",
}


def any_yet() -> bool:
    """Whether there is any run."""
    return bool(jobs.list_jobs(studies_root()))


def show() -> None:
    asked = address.text("run")
    known = {job.id for job in jobs.list_jobs(studies_root())}
    if asked and asked not in known:
        st.warning(
            f"There is no run called {escape_markdown(asked[:100])}: it may have been deleted.",
            icon=":material/warning:",
        )
        address.write(run=None)
    st.session_state.pop("whole-page", None)  # this is the rerun of the whole page that it requests
    is_live = any(not status.over for _, status in _statuses())
    st.fragment(_panel, run_every=LIVE_SECONDS if is_live else IDLE_SECONDS)(is_live)
    _dialogs()


def _statuses() -> list[tuple[Job, Status]]:
    """The newest runs, with as many older ones as requested, or as needed to show the one in the address."""
    found = jobs.list_jobs(studies_root())
    asked = next((n for n, job in enumerate(found) if job.id == address.text("run")), 0)
    shown = max(st.session_state.get("runs-shown", SHOWN), asked + 1)
    return [(job, job.status()) for job in found[:shown]]


def _show_older(shown: int) -> None:
    st.session_state["runs-shown"] = shown + SHOWN


@errors.error_boundary()
def _panel(was_live: bool) -> None:
    """The list and the chosen run: a fragment that reruns by itself."""
    errors.rerun_page_if_kept()
    statuses = _statuses()
    is_live = any(not status.over for _, status in statuses)
    if is_live != was_live or address.text("view") != "runs" or st.session_state.pop("whole-page", False):
        st.rerun()
    if not statuses:
        _empty()
        return
    listing, detail = st.columns([1, 2.6], gap="large")
    with listing:
        chosen = _list(statuses)
    with detail:
        _detail(*next(pair for pair in statuses if pair[0].id == chosen))


def _empty() -> None:
    st.info("There are no runs yet. A run trains the arms of a recipe and examines them for class collapse.")
    st.button("Write a recipe", type="primary", icon=":material/add:", on_click=_go, args=("new",), key="first-run")


def _go(view: str) -> None:
    address.write(view=view)


def _list(statuses: list[tuple[Job, Status]]) -> str:
    by_id = {job.id: (job, status) for job, status in statuses}
    chosen = st.radio(
        "Runs, newest first",
        [*by_id],
        format_func=escape_markdown,  # the same while a run goes on: what is chosen is told to Streamlit by its label
        captions=[f"{STATES[status.state]} {_line(job, status)}" for job, status in statuses],
        **address.bound("run", [*by_id], statuses[0][0].id),
    )
    address.write(run=chosen)
    if older := len(jobs.list_jobs(studies_root())) - len(statuses):
        st.button(
            f"Show older ({older:,})",
            icon=":material/expand_more:",
            on_click=_show_older,
            args=(len(statuses),),
            type="tertiary",
            key="older-runs",
        )
    return chosen


def _line(job: Job, status: Status) -> str:
    match status.state:
        case "running":
            return f"running, {100 * status.fraction:.0f} %"
        case "queued":
            return run_progress.place(job)
        case "done":
            return f"done in {run_progress.duration(status.elapsed())}"
    return status.state


def _detail(job: Job, status: Status) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader(escape_markdown(job.id), anchor=False, width="content")
        with st.container(horizontal=True, width="content"):
            _buttons(job, status)
    run_progress.progress(job, status)
    if status.state == "running":
        st.caption(run_progress.timing(status))
    elif status.state == "done":
        gone = "" if job.study.exists() else " Its study has been deleted since."
        st.caption(f"Done in {run_progress.duration(status.elapsed())}.{gone}")
    if status.history:
        names = FIGURES if any("sub_map@r" in row for row in status.history) else WITHOUT_MODES
        run_progress.curves(job, status.history, names, columns=3, height=240, key=f"curves-{job.id}")
        st.caption(run_progress.MEANINGS)
    elif status.state == "running":
        st.caption("The first figures come after the first epoch.")
    _log_and_recipe(job, status)


def _log_and_recipe(job: Job, status: Status) -> None:
    if log := job.log_tail(30):
        with st.expander("Log", icon=":material/article:", expanded=status.state == "failed", key=f"log-{job.id}"):
            st.code(log, language=None, wrap_lines=True)
    try:
        recipe = Recipe.load(job.recipe)
    except UncollapseError:
        return
    with st.expander("Recipe", icon=":material/description:", key=f"recipe-{job.id}"):
        st.button(
            "Use in a new run", icon=":material/edit:", on_click=draft.hand_over, args=(recipe,), key=f"use-{job.id}"
        )
        st.code(recipe.to_toml(), language="toml", height=400)


def _buttons(job: Job, status: Status) -> None:
    match status.state:
        case "queued":
            run_progress.start_now(job, status, key=f"start-now-{job.id}")
            _button("Cancel", "stop", job, lambda: changes.cancel(job))
        case "running":
            _button("Cancel", "stop", job, lambda: _ask("cancel", job))
        case "failed" | "cancelled":
            _button("Resume", "play_arrow", job, lambda: changes.resume(job), type="primary")
        case "done" if job.study.exists():
            study_list.open_button(job.id, key=f"compare-{job.id}", type="primary")
    if status.over:
        _button("Delete", "delete", job, lambda: _ask("delete", job))


def _button(label: str, icon: str, job: Job, action: Callable[[], Any], *, type: Any = "secondary") -> None:
    errors.button(label, icon, action, key=f"{label.lower().replace(' ', '-')}-{job.id}", type=type)


def _ask(what: str | None, job: Job | None = None) -> None:
    """Open a dialog. It is drawn outside of the fragment, which reruns every few seconds."""
    st.session_state["question"] = (what, job.id) if what and job else None
    st.session_state["whole-page"] = True


def _dialogs() -> None:
    what, id = st.session_state.get("question") or (None, "")
    try:
        job = jobs.get_job(studies_root(), id) if what else None
    except UncollapseError:
        job = None
    if job is not None:
        (_cancel_dialog if what == "cancel" else _delete_dialog)(job)


def _forget() -> None:
    st.session_state["question"] = None


@st.dialog("Cancel this run?", on_dismiss=_forget)
def _cancel_dialog(job: Job) -> None:
    st.write(
        f"**{escape_markdown(job.id)}** ends at once. *Keep* what it has done, and it can be resumed after its last "
        "complete epoch; *discard* it, and a resumed run starts from the beginning."
    )
    with st.container(horizontal=True, horizontal_alignment="right"):
        _answer("Go on", "go-on", lambda: None)
        _answer("Cancel and discard", "discard", lambda: changes.cancel(job, discard=True))
        _answer("Cancel and keep", "keep", lambda: changes.cancel(job, discard=False), type="primary")


@st.dialog("Delete this run?", on_dismiss=_forget)
def _delete_dialog(job: Job) -> None:
    st.write(f"The record of **{escape_markdown(job.id)}** is removed for good: its recipe, curves and log.")
    too = job.study.exists() and st.checkbox(
        "Delete its study as well: networks, embeddings and all that was computed from them"
    )
    with st.container(horizontal=True, horizontal_alignment="right"):
        _answer("Keep it", "keep-run", lambda: None)
        _answer("Delete", "really-delete", lambda: _delete(job, with_study=too), type="primary")


def _delete(job: Job, *, with_study: bool) -> None:
    if with_study:
        study_list.remove(job.id)
    else:
        changes.delete_run(job)


def _answer(label: str, key: str, action: Callable[[], Any], *, type: Any = "secondary") -> None:
    if st.button(label, key=f"answer-{key}", type=type):
        _forget()
        errors.attempt(action)
        st.rerun()

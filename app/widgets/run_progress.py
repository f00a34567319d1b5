"""Progress of a run, and its arms' figures epoch by epoch, side by side."""

from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from app.access import changes
from app.widgets import errors
from app.widgets.markdown import escape_markdown
from app.widgets.vega import scale_of
from core.analysis.palette import ARM_COLOURS, GREY
from core.common.errors import UncollapseError
from core.jobs.job import Job
from core.jobs.status import Row, Status
from core.recipe.recipe import Recipe

FIGURES = {
    "sub_map@r": ("Fine MAP@R", "of held-out items", ".2f"),
    "sub_recall@1": ("Fine R@1", "of held-out items", ".2f"),
    "map@r": ("Coarse MAP@R", "of held-out items", ".2f"),
    "recall@1": ("Coarse R@1", "of held-out items", ".2f"),
    "kappa": ("Kappa", "mean of the classes, held out", ".2f"),
    "loss": ("Loss", "mean of the batches", ".3~f"),
    "tuples": ("Tuples per batch", "mean of the batches", "~s"),
    "active": ("Active tuples", "share of a batch", ".0%"),
}
"""Columns of an epoch's row: title, subtitle and number format."""
RESULTS = ("sub_map@r", "sub_recall@1")
MEANINGS = (
    "*Fine* figures ask for the mode, which no arm is given; *coarse* ones for the class. *Kappa* is the spread of a "
    "class over the distance to the nearest other one: 0 = collapsed to a point. A *tuple* is an anchor with a "
    "positive and a negative; it is *active* while its loss is above zero."
)


def duration(seconds: float) -> str:
    """As 0:07, 12:30 or 1:02:03."""
    hours, rest = divmod(round(seconds), 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def progress(job: Job, status: Status) -> None:
    """A bar for a running job, its place in the queue for a waiting one, the reason for one that failed."""
    match status.state:
        case "failed":
            st.error(escape_markdown(status.error), icon=":material/error:")
        case "cancelled":
            st.info(
                "The run was cancelled. "
                + (
                    "What it had done is kept: resume goes on from there."
                    if status.history
                    else "Nothing was kept: resume starts from the beginning."
                ),
                icon=":material/pause:",
            )
        case "queued":
            st.progress(0.0, text=_waiting(job))
        case "running":
            st.progress(status.fraction, text=_caption(status))


def start_now(job: Job, status: Status, *, key: str) -> None:
    """A button that lets a waiting run begin beside the one it waits for."""
    if status.state == "queued" and job.ahead():
        errors.button("Start now", "bolt", lambda: changes.go_now(job), key=key)


def place(job: Job) -> str:
    """The place of a run in the queue."""
    ahead = [other.status().state for other in job.ahead()]
    return f"queued, {_ordinal(1 + ahead.count('queued'))} in line" if ahead else "starting"


def _waiting(job: Job) -> str:
    """Its place in the queue, and what it waits for."""
    return f"{place(job)}: it begins when the run before it is over" if job.ahead() else place(job)


def _ordinal(n: int) -> str:
    suffix = "th" if 10 <= n % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{suffix}"


def _caption(status: Status) -> str:
    epoch = f", epoch {status.epoch} of {status.epochs}" if status.stage == "train" and status.epoch else ""
    return f"{escape_markdown(status.message) or 'starting'}{epoch}"


def timing(status: Status) -> str:
    """Time taken so far, and time left at this rate."""
    left = status.time_left()
    return f"{duration(status.elapsed())} so far" + ("" if left is None else f", about {duration(left)} left")


def recipe_of(job: Job) -> Recipe | None:
    """The recipe of the run; None for an import, and where it can no longer be read."""
    try:
        return _read_recipe(job.recipe, job.recipe.stat().st_mtime_ns)
    except (OSError, UncollapseError):
        return None


@st.cache_data(max_entries=64, show_spinner=False)
def _read_recipe(path: Path, stamp: int) -> Recipe:
    return Recipe.load(str(path))


def curves(job: Job, history: list[Row], names: tuple[str, ...], *, columns: int, height: int, key: str) -> None:
    """One plot for each of these figures that the run reports, every arm a line in it."""
    rows = pd.DataFrame(history)
    shown = [name for name in names if name in rows and rows[name].notna().any()]
    recipe = recipe_of(job)
    # In the recipe's order: a colour must not depend on which arm reports first.
    arms = list(recipe.trained) if recipe else sorted(rows["arm"].unique()) if shown else []
    epochs = [*rows["epoch"], *([recipe.train.epochs] if recipe else [])] if shown else []
    for begin in range(0, len(shown), columns):
        for column, name in zip(st.columns(columns), shown[begin : begin + columns], strict=False):
            title, subtitle, number = FIGURES[name]
            column.vega_lite_chart(
                rows[["epoch", "arm"]].assign(value=rows[name].astype(float)),
                _line_chart(title, subtitle, number, arms, epochs, rows[name].astype(float)),
                height=height,
                key=f"{key}-{name}",
                alt=f"{title}, {subtitle}, over epochs, for {', '.join(arms)}",
            )


def _line_chart(
    title: str, subtitle: str, number: str, arms: list[str], epochs: list[int], values: pd.Series
) -> dict[str, Any]:
    """epochs: all that the horizontal axis has to hold."""
    return {
        "title": {"text": title, "subtitle": subtitle, "subtitleColor": GREY, "offset": 6},
        "mark": {"type": "line", "point": True, "tooltip": True},
        "encoding": {
            "x": {
                "field": "epoch",
                "type": "quantitative",
                "title": "Epoch",
                "axis": {"tickMinStep": 1},
                "scale": {"domain": [min(epochs), max(*epochs, 2)], "nice": False},
            },
            "y": {
                "field": "value",
                "type": "quantitative",
                "title": None,
                "axis": {"format": number, "tickCount": 4},
                "scale": scale_of(values),
            },
            "color": {
                "field": "arm",
                "type": "nominal",
                "title": None,
                "scale": {"domain": arms, "range": list(ARM_COLOURS)},
                "legend": {"orient": "top", "offset": 2, "padding": 0},
            },
        },
    }

"""Maps of a run while it trains, from the snapshots so far, following the newest epoch."""

from pathlib import Path

import streamlit as st

from app.components.playback import Measure, PlaybackData, playback
from app.widgets import run_progress
from core.analysis.playback import playback_of_run
from core.jobs.job import Job
from core.jobs.status import Row
from core.storage.snapshots import kept_epochs
from core.storage.workspace import unfinished

FIGURES = {
    "kappa": ("Kappa", "spread of a class over the distance to the next; 0 = collapsed to a point"),
    "sub_recall@1": ("Fine recall", "share of items whose nearest neighbour is of their mode; 1 = all"),
}
"""Columns of an epoch's row that show collapse: title and meaning."""


def show(job: Job, *, key: str, height: int = 260) -> None:
    """The maps of all arms, from the study's folder once the run is done; nothing before the first snapshot.

    Call it in the fragment that follows the run; only epochs that are new are sent to the browser.
    """
    recipe = run_progress.recipe_of(job)
    folder = job.study if job.study.is_dir() else unfinished(job.study)
    kept = {} if recipe is None else kept_epochs(folder, list(recipe.arms))
    if recipe is None or not kept:
        return
    data = _playback_data(folder, tuple(kept.items()), recipe.seed)
    if data is None:
        return
    playback(
        data,
        measures=measures(job.status().history),
        epochs=recipe.train.epochs,
        follow=True,
        height=height,
        key=f"live-{key}",
    )


def measures(history: list[Row]) -> list[Measure]:
    """The figures that show collapse, from rows with arm and epoch."""
    return [
        Measure(title, note, {arm: line_of(history, arm, name) for arm in dict.fromkeys(row["arm"] for row in history)})
        for name, (title, note) in FIGURES.items()
        if any(row.get(name) is not None for row in history)
    ]


def line_of(history: list[Row], arm: str, name: str) -> list[tuple[int, float]]:
    """(epoch, value) of one arm's figure, for the epochs that have it."""
    rows = [row for row in history if row["arm"] == arm and row.get(name) is not None]
    return [(int(row["epoch"]), float(row[name])) for row in rows if row[name] == row[name]]  # not NaN


@st.cache_resource(max_entries=16, show_spinner=False)
def _playback_data(
    folder: Path, kept: tuple[tuple[str, tuple[tuple[int, int], ...]], ...], seed: int
) -> PlaybackData | None:
    """kept: by arm, the epochs and when they were written, so that a new run is not mistaken for an earlier one."""
    found = playback_of_run(folder, [arm for arm, _ in kept], seed=seed)
    return None if found is None else PlaybackData.build(found)

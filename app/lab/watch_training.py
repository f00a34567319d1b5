"""The training of a finished study played back epoch by epoch, with its figures beneath."""

import time

import pandas as pd
import streamlit as st

from app.components.playback import Measure, playback
from app.state import address, cache, navigation
from app.state.view import View
from app.widgets import errors
from app.widgets.live_maps import line_of, measures
from app.widgets.markdown import escape_markdown
from app.widgets.opening import open_view
from core.analysis.curves import change, counted_epochs, mean_subclusters
from core.storage.study import Study, labels_and_modes

SLICE_SECONDS = 0.6
"""Seconds of counting sub-clusters between two updates of the page."""

EXPLANATION = """
Every dot is an item that the networks {unseen}. Press play: both arms start from the same weights, and training draws
the classes apart. Colour by **class** to see that, and by **mode** to see what becomes of the natural groups inside a
class, which no arm is given. Where a class **collapses**, its modes end in one tight heap with their colours mixed:
what distinguished them is gone. Where it does not, they keep places of their own. Beneath, the same in figures: in a
collapsing class **kappa** goes towards 0, few **sub-clusters** are left, and **fine recall** falls.
"""


def show() -> None:
    view = open_view()
    if view is None:
        return
    arms = [name for name in view.shown if len(view.study.arm(name).snapshots)]
    if not arms:
        _explain_missing(view)
        return
    unseen = "have not been trained on" if not view.study.evaluated.all() else "were trained on"
    st.markdown(EXPLANATION.format(unseen=unseen))
    for name in view.shown:
        if name not in arms:
            st.caption(f"{escape_markdown(name)} kept no snapshots, so it cannot be played.")
    counting = _missing(view, arms)
    st.fragment(_follow, run_every=0.2 if counting else None)(view, arms, bool(counting))


def _explain_missing(view: View) -> None:
    st.info(
        "**This study cannot be played back: its arms kept no snapshots of their embeddings.** "
        + (
            "Its embeddings were imported, so their training is not known here."
            if view.study.recipe is None
            else "Set `train.snapshots = 1` (keep every epoch) in its recipe, or leave the line out, and run it again."
        ),
        icon=":material/movie_off:",
    )


def _follow(view: View, arms: list[str], was_counting: bool) -> None:
    """The player; then count sub-clusters for a while, as the maps play in the browser."""
    if view.is_stale:
        st.rerun()
    with errors.error_boundary():
        data = cache.playback_data(view, tuple(arms))
        lines = [row for name in arms for row in _history(view.study, name)]
        playback(
            data,
            measures=[*measures(lines), _counts_measure(view, arms)],
            colour=address.text("colour"),
            on_colour=navigation.colour_by,
            key="playback",
        )
        _summary(lines, arms)
        if was_counting:
            _continue_counting(view, arms)


def _history(study: Study, name: str) -> list[dict[str, float | str]]:
    history: pd.DataFrame = study.arm(name).history
    return history.assign(arm=name).to_dict("records")


def _summary(rows: list[dict[str, float | str]], arms: list[str]) -> None:
    """One line for each arm: what changed, and in which epoch."""
    sentences = []
    for name in arms:
        parts = []
        for figure, word in (("kappa", "kappa"), ("sub_recall@1", "fine recall")):
            if found := change(line_of(rows, name, figure)):
                first, last = f"{found.first:.2f}", f"{found.last:.2f}"
                moved = f"went from {first} to {last}, half of it by epoch {found.half}"
                parts.append(f"{word} " + (f"stayed at {last}" if first == last else moved))
        if parts:
            sentences.append(f"- **{escape_markdown(name)}**: {'; '.join(parts)}.")
    if sentences:
        st.markdown("\n".join(["**What happened, from the first epoch to the last**", *sentences]))


def _counts_measure(view: View, arms: list[str]) -> Measure:
    known, missing = cache.subcluster_counts(view), _missing(view, arms)
    lines = {}
    for name in arms:
        epochs = view.study.arm(name).snapshots.epochs
        lines[name] = sorted((epochs[at], count) for (arm, at), count in known.items() if arm == name)
    done = sum(map(len, lines.values()))
    note = f"counting: {done} of {done + len(missing)}" if missing else "mean over classes; 1 = no separate modes"
    return Measure("Sub-clusters", note, lines, digits=1)


def _missing(view: View, arms: list[str]) -> list[tuple[str, int]]:
    """(arm, position among its snapshots) of what is not counted yet, by epoch."""
    known = cache.subcluster_counts(view)
    wanted = [(name, at) for name in arms for at in counted_epochs(view.study.arm(name).snapshots.epochs)]
    return sorted((key for key in wanted if key not in known), key=lambda key: key[1])


def _continue_counting(view: View, arms: list[str]) -> None:
    known, until = cache.subcluster_counts(view), time.monotonic() + SLICE_SECONDS
    labels, _ = labels_and_modes(view.study.items[view.study.evaluated])
    for name, at in _missing(view, arms):
        known[name, at] = mean_subclusters(view.study.arm(name).snapshots[at], labels)
        if time.monotonic() > until:
            return
    st.rerun()  # all counted: the page need not refresh any more

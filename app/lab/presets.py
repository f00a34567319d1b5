"""Experiments that show one effect each, in seconds: start one, follow both arms, open the study."""

import streamlit as st

from app.lab import run
from core.authoring.presets import PRESETS, Preset
from core.jobs.job import Job


def show() -> None:
    st.markdown(
        "Synthetic classes of four groups each, so that the truth is known. Every experiment trains two "
        "arms on the same items, 2,000 at most, which takes some seconds; what comes out is a study like any other."
    )
    run.begin()
    latest = run.latest([preset.recipe().name for preset in PRESETS])
    for preset in PRESETS:
        with st.container(border=True, key=f"preset-{preset.name}"):
            _card(preset, latest.get(preset.recipe().name))


def _card(preset: Preset, job: Job | None) -> None:
    """The text of a preset, and beside it its last run."""
    story, outcome = st.columns([1, 1.6], gap="large") if job else (st.container(), st.container())
    with story:
        st.markdown(f"##### {preset.title}")
        st.markdown(preset.story)
    with outcome:
        run.show(preset.recipe(), job, key=preset.name)

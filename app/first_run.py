"""While there is no study yet: the default one is made in the background, and its progress shown."""

from typing import Any

import pandas as pd
import streamlit as st

from core import jobs
from core.errors import UncollapseError
from core.studies import studies_root

DEFAULT = "mnist-parity"
ARM_COLOURS = ["#e69f00", "#3b93d6", "#009e73", "#cc79a7"]
TERMS = {"sub_map@r": "Fine MAP@R on held-out items", "sub_recall@1": "Fine R@1 on held-out items"}


def show() -> None:
    """Start the default study, once however many sessions ask, and follow it."""
    st.title("Your first study is being made")
    st.write(
        "The same small network is trained twice on real handwritten digits. It is told only whether a digit is "
        "even or odd, and 10 % of what it is told is wrong. The two arms differ in one rule: how an anchor picks "
        "its positive. **standard** takes a random item of its class, **nearest** the closest one. Then both are "
        "examined for class collapse: can the ten digits still be told apart?"
    )
    try:
        job = jobs.start_once(DEFAULT, studies_root())
    except UncollapseError as error:
        st.error(str(error), icon=":material/error:")
        return
    _follow(job)


@st.fragment(run_every=1.5)
def _follow(job: jobs.Job) -> None:
    status = job.status()
    if status.state == "done":
        st.rerun()
    if status.state == "failed":
        st.error(status.error, icon=":material/error:")
    elif status.state == "cancelled":
        st.info("The run was cancelled. What it had done is kept.", icon=":material/pause:")
    else:
        st.progress(status.fraction, text=_caption(status))
    _buttons(job, status)
    _curves(status.history)


def _caption(status: jobs.Status) -> str:
    epoch = f", epoch {status.epoch} of {status.epochs}" if status.stage == "train" and status.epoch else ""
    return f"{status.message or 'starting'}{epoch}"


def _buttons(job: jobs.Job, status: jobs.Status) -> None:
    if status.over:
        st.button("Resume", on_click=jobs.resume, args=(job,), icon=":material/play_arrow:", type="primary")
    else:
        st.button("Cancel", on_click=job.cancel, kwargs={"discard": False}, icon=":material/stop:")


def _curves(history: list[jobs.Row]) -> None:
    """The arms' figures epoch by epoch, side by side."""
    rows = pd.DataFrame(history)
    if rows.empty or "sub_map@r" not in rows:
        return
    for column, (name, title) in zip(st.columns(len(TERMS)), TERMS.items(), strict=True):
        figures = rows[["epoch", "arm"]].assign(value=rows[name])
        column.vega_lite_chart(figures, _line_chart(title, rows["arm"].unique().tolist()), height=340)


def _line_chart(title: str, arms: list[str]) -> dict[str, Any]:
    return {
        "title": title,
        "mark": {"type": "line", "point": True},
        "encoding": {
            "x": {"field": "epoch", "type": "quantitative", "title": "Epoch", "axis": {"tickMinStep": 1}},
            "y": {"field": "value", "type": "quantitative", "title": None, "axis": {"format": ".2f"}},
            "color": {
                "field": "arm",
                "type": "nominal",
                "title": "Arm",
                # Sorted, for a colour must not depend on which arm reports first.
                "scale": {"domain": sorted(arms, reverse=True), "range": ARM_COLOURS},
                "legend": {"orient": "bottom"},
            },
        },
    }

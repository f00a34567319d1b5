"""An experiment of one's own: set everything, see the data and what theory says at once, then run it."""

from functools import partial
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from app.lab import form, run, theory
from app.lab.charts import modes_figure
from app.widgets import run_progress
from app.widgets.markdown import escape_markdown
from app.widgets.notices import show_notices
from core.authoring.presets import OWN, Preset, own_experiment
from core.authoring.recipe_notices import recipe_notices
from core.common.errors import RecipeError
from core.common.notices import Notice
from core.recipe.data import DataConfig
from core.recipe.recipe import Recipe

if TYPE_CHECKING:
    from core.data.preview import Sheet


@st.fragment
def show() -> None:
    st.markdown(
        "Define classes of several modes, make some of the labels wrong, and train two arms on them. The arms start "
        "from the same weights and see the same batches: they differ only in what you choose for each. Everything on "
        "the right but the run itself is updated at once."
    )
    run.begin()
    first_time = form.is_new()
    preset, values, arms = form.chosen()
    recipe, problems = _recipe(preset, values, arms)
    left, right = st.columns([1, 1.7], gap="large")
    parts = [(right, partial(_answer, recipe)), (left, partial(form.controls, values, problems))]
    if first_time:
        parts.reverse()  # the answer comes first, since the controls take longer; but at first it has libraries to load
    for place, draw in parts:
        with place:
            draw()


def _recipe(preset: Preset, values: form.Values, arms: form.Arms) -> tuple[Recipe | None, tuple[Notice, ...]]:
    """The experiment, or what is wrong with it."""
    try:
        return own_experiment(preset, values, arms), ()
    except RecipeError as error:
        return None, error.problems


def _answer(recipe: Recipe | None) -> None:
    _run(recipe)
    if recipe is not None:
        _picture(recipe.data)
        _theory(recipe)


def _run(recipe: Recipe | None) -> None:
    job = run.latest([OWN]).get(OWN)
    with st.container(border=True):
        if recipe is None:
            st.markdown("##### This cannot be run: the controls say what is wrong")
        else:
            st.markdown(f"##### {escape_markdown(recipe.title)}")
            first, second = recipe.arms.values()
            if first == second:
                st.warning("Both arms are the same; choose another rule or loss for one.", icon=":material/warning:")
        if job is not None and (last := run_progress.recipe_of(job)) != recipe:
            st.caption(f"What is shown here is the last run: {escape_markdown(last.title if last else job.id)}.")
        run.show(recipe, job, key="own")
        if recipe is not None:
            st.download_button(
                "Download the recipe",
                recipe.to_toml().encode(),
                file_name=f"{OWN}.toml",
                mime="application/toml",
                icon=":material/download:",
                on_click="ignore",
                type="tertiary",
                key="own.download",
                help=f"The same study from the command line: python -m core run {OWN}.toml",
            )


def _picture(data: DataConfig) -> None:
    st.subheader("The data", anchor="data")
    if data.source == "synthetic-vectors":
        items, share = _flat(data)
        st.caption(
            f"Each cloud is a mode, coloured by the label that the loss is given; crosses are wrong labels. Seen along "
            f"two axes, which hold {100 * share:.0f} % of what sets the modes apart: clouds that overlap here need not "
            "overlap."
        )
        st.plotly_chart(modes_figure(items), config={"displaylogo": False}, key="own.modes")
        return
    st.caption("Each row is a mode. Pictures in a frame carry the wrong label: they belong to another class.")
    sheets = _sheets(data)
    for column, sheet in zip(st.columns(max(2, len(sheets)), gap="medium"), sheets, strict=False):
        with column:
            st.markdown(f"**{escape_markdown(sheet.label)}**")
            st.image(sheet.picture, width="stretch")
            more = f", and {sheet.hidden} more" if sheet.hidden else ""
            st.caption(escape_markdown(", ".join(sheet.modes) + more))
    classes = data.synthetic.classes if data.synthetic else 0
    if classes > len(sheets):
        st.caption(f"The first {len(sheets)} of {classes} classes.")


@st.cache_data(max_entries=64, show_spinner=False)
def _flat(data: DataConfig) -> tuple[pd.DataFrame, float]:
    from core.data.preview import project_modes  # imports what decodes pictures

    return project_modes(data)


@st.cache_data(max_entries=64, show_spinner=False)
def _sheets(data: DataConfig) -> "list[Sheet]":
    from core.data.preview import sheets

    return sheets(data)


def _theory(recipe: Recipe) -> None:
    st.subheader("What theory says", anchor="theory")
    for column, arm in zip(st.columns(2, gap="medium"), recipe.arms, strict=True):
        with column, st.container(border=True, height="stretch"):
            theory.show_arm(recipe, arm)
    show_notices(recipe_notices(recipe))

"""A new run: where the recipe comes from, the form, its errors and notices, and the start."""

import tomllib
from typing import Any

import streamlit as st

from app.access import changes
from app.state import address, cache, draft
from app.train.recipe_form import Arms, fill, recipe_form
from app.widgets import errors
from app.widgets.markdown import escape_markdown
from app.widgets.notices import show_notices
from core import jobs
from core.authoring.form_schema import assemble, missing_paths
from core.authoring.recipe_notices import recipe_notices
from core.common.errors import RecipeError, UncollapseError
from core.common.notices import Notice
from core.recipe.reading import recipe_names
from core.recipe.recipe import Recipe
from core.storage.catalogue import open_study, studies_root

DEFAULT = "mnist-parity"


def show() -> None:
    draft_recipe = draft.take()
    if draft_recipe or "recipe.slots" not in st.session_state:
        fill(draft_recipe or Recipe.load(DEFAULT))
    form, side = st.columns([3, 2], gap="large")
    with form:
        _source()
        values, arms = recipe_form()
    with side:
        _check_and_start(values, arms)


def _source() -> None:
    studies = {summary.id: summary for summary in cache.studies() if summary.has_recipe}
    origins = [*(f"recipe {name}" for name in recipe_names()), *(f"study {id}" for id in studies)]
    choose, paste = st.columns([3, 1.4], vertical_alignment="bottom")
    choose.selectbox(
        "Start from",
        origins,
        index=None,
        placeholder="a shipped recipe, or that of a study",
        format_func=lambda origin: _origin(origin, studies),
        key="origin",
        on_change=_load_origin,
        help="Fills in the form; what was typed there is replaced.",
    )
    with paste.popover("From TOML", icon=":material/data_object:", width="stretch"):
        text = st.text_area("Paste a recipe", key="toml", height=220, placeholder='name = "products"\n\n[data]\n...')
        file = st.file_uploader("or upload one", key="toml-file", type="toml", max_upload_size=1)
        st.button(
            "Fill in the form",
            on_click=_load_toml,
            args=(file.getvalue() if file else text.encode("utf-8", "replace"),),
            disabled=not (file or text.strip()),
            type="primary",
        )
        if problem := st.session_state.get("toml-error"):
            st.error(problem, icon=":material/error:")


def _origin(origin: str, studies: dict[str, Any]) -> str:
    kind, _, id = origin.partition(" ")
    if kind == "recipe":
        return f"{id} (shipped)"
    name = studies[id].name
    return f"{name} (study {id})" if name != id else f"{id} (study)"


def _load_origin() -> None:
    kind, _, id = (st.session_state["origin"] or "").partition(" ")
    try:
        recipe = Recipe.load(id) if kind == "recipe" else open_study(studies_root(), id).recipe if kind else None
    except UncollapseError as error:
        errors.keep_error(error)
        return
    if recipe is not None:
        fill(recipe)


def _load_toml(data: bytes) -> None:
    try:
        fill(Recipe.from_dict(tomllib.loads(data.decode("utf-8"))))
        st.session_state["toml-error"] = ""
    except RecipeError as error:
        st.session_state["toml-error"] = escape_markdown(str(error))
    except (ValueError, RecursionError) as error:  # no text, no TOML, or brackets nested too deep
        st.session_state["toml-error"] = escape_markdown(f"this is not valid TOML: {error}")


def _check_and_start(values: dict[str, Any], arms: Arms) -> None:
    """The recipe that was filled in: its errors and notices, its TOML, and the button to start it."""
    try:
        recipe = assemble(values, arms)
        problems = missing_paths(recipe)
    except RecipeError as error:
        recipe, problems = None, [*error.problems]
    _start(recipe, problems)
    show_notices(problems)
    if recipe is None:
        return
    show_notices(recipe_notices(recipe))
    text = recipe.to_toml()
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown("##### The recipe")
        st.download_button(
            "Download",
            text.encode(),
            file_name=f"{recipe.name}.toml",
            mime="application/toml",
            icon=":material/download:",
            on_click="ignore",
            help=f"The same study from the command line: python -m core run {recipe.name}.toml",
        )
    st.code(text, language="toml", wrap_lines=True)


def _start(recipe: Recipe | None, problems: list[Notice]) -> None:
    busy = [] if recipe is None else jobs.would_wait_for(recipe, root=studies_root())
    with st.container(horizontal=True, vertical_alignment="center"):
        reason = "The recipe has errors, which are listed below." if problems else None
        st.button(
            "Add to the queue" if busy else "Start the run",
            type="primary",
            icon=":material/schedule:" if busy else ":material/play_arrow:",
            on_click=_begin,
            args=(recipe,),
            disabled=bool(problems),
            help=reason,
            key="start",
        )
        if busy:
            st.button(
                "Start now",
                icon=":material/bolt:",
                on_click=_begin,
                args=(recipe,),
                kwargs={"at_once": True},
                disabled=bool(problems),
                help=reason or "Do not wait: both runs share the machine and take longer.",
                key="start-now",
            )
    if recipe is not None and not problems:
        id = jobs.next_id(studies_root(), recipe.name)
        waits = f", after {len(busy)} other run{'s' if len(busy) > 1 else ''}" if busy else ""
        st.caption(f"Will be saved as **{escape_markdown(id)}**{waits}.")


def _begin(recipe: Recipe, *, at_once: bool = False) -> None:
    try:
        job = changes.start(recipe, root=studies_root(), at_once=at_once)
    except UncollapseError as error:
        errors.keep_error(error)
        return
    address.write(view="runs", run=job.id)

"""How every page begins: with the first run where there is no study yet, else with the pickers."""

from collections import Counter

import streamlit as st

from app.components.export import Exports
from app.state import cache, navigation
from app.state.view import View, stamp_of
from app.widgets import first_run
from app.widgets.markdown import escape_markdown
from core.common.errors import StudyError
from core.storage.catalogue import StudySummary


def open_view() -> View | None:
    """The study and arms to show; None where the page is already filled with what there is to say instead.

    Raises StudyError where the study cannot be opened.
    """
    summaries = cache.studies()
    if not summaries:
        first_run.show()
        return None
    return _choose_view(summaries)


def _choose_view(summaries: list[StudySummary]) -> View:
    """The pickers of study and arms. Raises StudyError where the study cannot be opened."""
    names = _names(summaries)
    _follow_address(names)
    study_column, left_column, swap_column, right_column, export_column = st.columns(
        [4.4, 2.4, 0.8, 2.4, 1.5], vertical_alignment="bottom", gap="small"
    )
    id = study_column.selectbox(
        "Study",
        list(names),
        format_func=lambda id: names[id],
        key="study",
        bind="query-params",
        on_change=lambda: st.session_state.pop("study-missed", None),
    )
    st.session_state["study-shown"] = id
    stamp = stamp_of(id)
    study = cache.cached_study(id, stamp)
    exports = Exports(export_column, study=id, check=lambda: _check_unchanged(id, stamp))
    choices = [*study.arms, *study.references]
    if len(choices) == 1:
        left_column.selectbox("Arm", choices, key="only")
        return View(id, study, stamp, choices[0], choices[0], exports)
    with left_column:
        left = st.selectbox("Left arm", choices, index=0, key="left", bind="query-params")
    swap_column.button(
        "",
        icon=":material/swap_horiz:",
        help="Swap the two arms",
        on_click=navigation.swap_arms,
        key="swap",
        width="stretch",
    )
    with right_column:
        right = st.selectbox("Right arm", choices, index=1, key="right", bind="query-params")
    return View(id, study, stamp, left, right, exports)


def _check_unchanged(id: str, stamp: int) -> None:
    if stamp_of(id) != stamp:
        raise StudyError(f"the study {id} has changed on disk since this page was drawn: load the page again")


def _follow_address(names: dict[str, str]) -> None:
    """The study in the address, by its folder too, for Streamlit knows it only by what it is called here."""
    asked = st.query_params.get("study")
    if asked in names and "study" not in st.session_state:
        st.session_state["study"] = asked
    wanted = st.session_state.get("study-shown") or asked
    if wanted and wanted not in names and wanted not in names.values():
        st.session_state["study-missed"] = wanted
    if missed := st.session_state.get("study-missed"):
        st.warning(
            f"The study {escape_markdown(missed[:100])} is not here: it may have been deleted or renamed. "
            "This is another one.",
            icon=":material/folder_off:",
        )


def _names(summaries: list[StudySummary]) -> dict[str, str]:
    """What to call each study: its title, with its folder where another has the same."""
    titles = {summary.id: summary.name or summary.id for summary in summaries}
    count = Counter(titles.values())
    return {id: title if count[title] == 1 else f"{title} ({id})" for id, title in titles.items()}

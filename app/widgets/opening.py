"""The top of every page: the pickers of study and arms, or the first run where there is no study yet."""

from collections import Counter

import streamlit as st

from app.components.export import Exports
from app.components.history import remembered
from app.state import address, cache, navigation
from app.state.view import View, stamp_of
from app.widgets import first_run
from app.widgets.markdown import escape_markdown
from core.common.errors import StudyError
from core.storage.catalogue import StudySummary


def open_view() -> View | None:
    """The study and arms to show; None where something else fills the page: the first run, or a study that is gone.

    Raises StudyError where the study cannot be opened.
    """
    summaries = cache.studies()
    if not summaries:
        first_run.show()
        return None
    names = _names(summaries)
    id = asked_study(names)
    if id is None:
        warn_of_gone()
        _pick_study(names, None)
        return None
    return _choose_view(names, id)


def asked_study(names: dict[str, str]) -> str | None:
    """The study in the address, else the one that this browser showed last, else the first; None for one not there.

    names: id and name of those to choose from, the newest first.
    """
    asked = address.text("study")
    if asked is None:
        last = remembered()
        found = last if last in names else next(iter(names))
    else:
        titled = [id for id, name in names.items() if name == asked]  # as addresses of old have it
        found = asked if asked in names else titled[0] if len(titled) == 1 else None
    if found is not None:
        address.write(study=found)
    return found


def warn_of_gone() -> None:
    """No other study takes the place of one that is not here, or its figures would be taken for those of the other."""
    asked = escape_markdown((address.text("study") or "")[:100])
    st.warning(
        f"The study {asked} is not here: it may have been deleted or renamed. Choose one of those that are.",
        icon=":material/folder_off:",
    )


def _pick_study(names: dict[str, str], id: str | None) -> None:
    address.set_widget("study", id, names)
    st.selectbox(
        "Study",
        list(names),
        format_func=names.get,
        placeholder="Choose a study",
        key="study",
        on_change=lambda: address.write(**address.another_study(st.session_state["study"])),
    )


def _choose_view(names: dict[str, str], id: str) -> View:
    """The pickers of study and arms. Raises StudyError where the study cannot be opened."""
    with st.container(key="pickers"):
        study_column, left_column, swap_column, right_column, export_column = st.columns(
            [4.4, 2.4, 0.8, 2.4, 1.5], vertical_alignment="bottom", gap="small"
        )
    with study_column:
        _pick_study(names, id)
    stamp = stamp_of(id)
    study = cache.cached_study(id, stamp)
    st.session_state["study-shown"] = id
    exports = Exports(export_column, study=id, check=lambda: _check_unchanged(id, stamp))
    choices = [*study.arms, *study.references]
    if len(choices) == 1:
        left_column.selectbox("Arm", choices, key="only")
        return View(id, study, stamp, choices[0], choices[0], exports)
    left, right = address.value("left", choices, choices[0]), address.value("right", choices, choices[1])
    address.write(left=left, right=right)
    left_column.selectbox("Left arm", choices, **address.bound("left", choices, None))
    swap_column.button(
        "",
        icon=":material/swap_horiz:",
        help="Swap the two arms",
        on_click=navigation.swap_arms,
        key="swap",
        width="stretch",
    )
    right_column.selectbox("Right arm", choices, **address.bound("right", choices, None))
    return View(id, study, stamp, left, right, exports)


def _check_unchanged(id: str, stamp: int) -> None:
    if stamp_of(id) != stamp:
        raise StudyError(f"the study {id} has changed on disk since this page was drawn: load the page again")


def _names(summaries: list[StudySummary]) -> dict[str, str]:
    """The name of each study in the list: its title, with its folder where two have the same."""
    titles = {summary.id: summary.name or summary.id for summary in summaries}
    count = Counter(titles.values())
    return {id: title if count[title] == 1 else f"{title} ({id})" for id, title in titles.items()}

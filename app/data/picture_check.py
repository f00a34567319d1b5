"""Pictures to train on: their location, their problems row by row, and a first recipe."""

from typing import TYPE_CHECKING

import streamlit as st

from app.data import column_names
from app.state import address, draft
from app.widgets import errors
from app.widgets.markdown import escape_markdown
from app.widgets.uploading import stored_permanently
from core.analysis.tables import to_csv
from core.common.errors import UncollapseError

if TYPE_CHECKING:
    from core.authoring.dataset_check import DatasetCheck

LAYOUT = """\
products/
├── shoes/            a class
│   ├── boots/        a mode, if known
│   │   └── 1.jpg
│   └── sandals/
│       └── 9.jpg
└── bags/
    └── 2.jpg
"""


LINES_OF_TEXT = 62
"""Height of a row in pixels, for sentences of up to three lines."""
_SKIPPED = "The recipe says so (data.skip_broken), and the study keeps the list of what was left out."


def show() -> None:
    where, how = st.columns([3, 2], gap="large")
    with where:
        typed = st.text_input(
            "Folder, zip or table on the machine that runs the app",
            placeholder="/data/products, products.zip or items.csv",
            **address.bound_text("pictures-path"),
        )
        file = st.file_uploader("or upload a zip of such a folder", key="pictures-file", type="zip")
    with how:
        st.markdown("A folder or zip is laid out like this:")
        st.code(LAYOUT, language=None)
        st.caption(
            "A table is CSV or Parquet with the columns *path* and *label*, and where known *sublabel* (the mode) and "
            "*split* (train or test)."
        )
    try:
        path = str(stored_permanently(file)) if file is not None else typed.strip()
    except UncollapseError as error:
        errors.show_error(error)
        return
    columns: dict[str, str] | None = {}
    if path.lower().endswith((".csv", ".parquet")):
        with where:
            columns = column_names.show("pictures-columns")
    if columns is None:
        return
    if not path:
        st.info("Nothing is trained or changed here: the pictures are read once, and what is wrong is listed.")
        return
    _report(path, columns)


def _report(path: str, columns: dict[str, str]) -> None:
    from core.authoring.dataset_check import stamp_of  # reads tables

    seen = stamp_of(path, columns)
    skip = st.session_state.get("skip-broken") == path
    check = _examined(path, columns, skip, seen)
    wrong = int((check.problems["severity"] == "error").sum())
    if check.said:
        st.caption(escape_markdown(check.said))
    if check.usable:
        found = check.understood
        modes = f", {found.modes:,} known modes" if found.modes else ""
        st.success(
            f"{found.items:,} pictures of {len(found.classes):,} classes{modes} can be used{_left_out(check)}.",
            icon=":material/check:",
        )
    else:
        st.error(f"The data cannot be used yet: {wrong:,} error{'s' if wrong > 1 else ''}.", icon=":material/error:")
    _choices(check, path, columns, seen, skip=skip)
    if check.understood.items:
        st.code("\n".join(check.understood.sentences()), language=None, wrap_lines=True)
    if len(check.problems):
        st.dataframe(
            check.problems,
            hide_index=True,
            row_height=LINES_OF_TEXT,
            column_config={
                "where": st.column_config.TextColumn("Where", width="medium"),
                "severity": "Severity",
                "problem": st.column_config.TextColumn("What is wrong", width="large"),
                "remedy": st.column_config.TextColumn("What to do", width="large"),
            },
        )
        st.download_button(
            "The list as CSV",
            to_csv(check.problems),
            file_name="problems.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
    if check.recipe is None:
        return
    for column, (label, picture) in zip(st.columns(8), check.examples, strict=False):
        column.image(picture, width="stretch")
        column.caption(escape_markdown(label[:60]))
    if st.button("Write a recipe for it", type="primary", icon=":material/arrow_forward:", key="write-recipe"):
        draft.hand_over(check.recipe)
        address.open_page("train")  # where the recipe is shown


def _left_out(check: "DatasetCheck") -> str:
    count = int((check.problems["severity"] == "left out").sum())
    return f"; {count:,} that cannot be read {'are' if count > 1 else 'is'} left out" if count else ""


def _choices(check: "DatasetCheck", path: str, columns: dict[str, str], seen: str, *, skip: bool) -> None:
    """Read it all again, or leave out what is broken, or no longer."""
    with st.container(horizontal=True):
        if st.button("Check again", icon=":material/refresh:", key="check-again"):
            _examined.clear(path, columns, skip, seen)
            st.rerun()
        if skip:
            label, chosen = "Do not leave anything out", None
        elif check.skippable:
            label, chosen = "Leave out what is broken", path
        else:
            return
        if st.button(label, icon=":material/filter_alt:", key="skip-broken-button", help=_SKIPPED):
            st.session_state["skip-broken"] = chosen
            st.rerun()


@st.cache_data(max_entries=8, show_spinner="Reading every picture")
def _examined(path: str, columns: dict[str, str], skip_broken: bool, stamp: str) -> "DatasetCheck":
    """stamp: of all that is read, so that what has been mended is read again."""
    from core.authoring.dataset_check import examine  # reads pictures and tables

    return examine(path, columns, skip_broken=skip_broken)

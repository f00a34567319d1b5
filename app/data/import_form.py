"""Embeddings of the user's own model: table and matrices, a check, and the running imports."""

import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from app.access import changes
from app.data import column_names
from app.widgets import errors, run_progress
from app.widgets.markdown import escape_markdown
from app.widgets.study_list import open_button
from app.widgets.uploading import session_folder, stored
from core import jobs
from core.access.allowed_paths import check_import_spec
from core.common.errors import UncollapseError, shown
from core.jobs.job import Job
from core.jobs.status import Status
from core.recipe.import_spec import ImportSpec
from core.storage.catalogue import studies_root

PLACES = {"upload": "Upload them", "server": "On the machine that runs the app"}
NO_REFERENCE = "none"
LIVE_SECONDS = 1.0


def show() -> None:
    form, side = st.columns([3, 2], gap="large")
    with form:
        place = st.segmented_control(
            "Where the files are", [*PLACES], format_func=PLACES.get, default="upload", required=True, key="place"
        )
        try:
            table, matrices = _uploaded() if place == "upload" else _on_disk()
        except UncollapseError as error:
            errors.show_error(error)
            table, matrices = "", {}
        reference, images, title = _details(matrices)
        columns = column_names.show("import-columns")
    with side:
        spec = _spec(table, matrices, reference, images, title)
        if spec is None or columns is None:
            _explain()
        else:
            _check_and_start(replace(spec, columns=columns))
    _imports()


def _uploaded() -> tuple[str, dict[str, str]]:
    table = st.file_uploader("Table of items: CSV or Parquet", type=["csv", "parquet"], key="import-table")
    files = st.file_uploader(
        "Matrices, one for each model: .npy or Parquet, a row for each row of the table",
        type=["npy", "parquet"],
        accept_multiple_files=True,
        key="import-matrices",
    )
    matrices: dict[str, str] = {}
    for file in files:
        name = st.text_input(f"Name of {escape_markdown(file.name)}", value=_slug(file.name), key=f"arm-{file.file_id}")
        while name in matrices:
            name += "-2"
        matrices[name] = str(stored(file))
    return (str(stored(table)) if table else ""), matrices


def _slug(name: str) -> str:
    from core.authoring.dataset_check import slug

    return slug(Path(name).stem)


def _on_disk() -> tuple[str, dict[str, str]]:
    table = st.text_input("Table of items", placeholder="/data/items.csv", key="import-table-path")
    lines = st.text_area(
        "Matrices, one to a line: NAME=FILE", placeholder="mine=/data/mine.npy", key="import-matrix-paths"
    )
    from core.pipeline.importing import parse_sources

    sources = parse_sources([line.strip() for line in lines.splitlines() if line.strip()], option="matrix")
    return table.strip(), {name: str(path) for name, path in sources.items()}


def _details(matrices: dict[str, str]) -> tuple[str, str, str]:
    left, right = st.columns(2, vertical_alignment="bottom")
    reference = left.selectbox(
        "Reference, from before any training",
        [NO_REFERENCE, *matrices],
        key="import-reference",
        help="A matrix of the untrained network, say. What modes it has, the others are expected to keep.",
    )
    images = right.text_input(
        "Folder or zip of the pictures, on the machine that runs the app",
        key="import-images",
        help="Where the table's column path leads. Without it, items are shown by name; with it and no reference, raw "
        "pixels are the reference.",
    )
    title = st.text_input("Title", key="import-title", placeholder="one line for people")
    return reference, images.strip(), title.strip()


def _spec(table: str, matrices: dict[str, str], reference: str, images: str, title: str) -> ImportSpec | None:
    arms = {name: path for name, path in matrices.items() if name != reference}
    if not table or not arms:
        return None
    return ImportSpec(table, arms, {reference: matrices[reference]} if reference in matrices else {}, images, title)


def _explain() -> None:
    st.markdown("The table needs one column, **label**: the class of each row. It may also have")
    st.markdown(
        "- **sublabel**: the mode, where it is known\n"
        "- **split**: only rows marked `test` are measured\n"
        "- **path**: the picture, and **id**: what the item is called"
    )
    st.caption("Give a table and at least one matrix. They are checked before anything is computed.")


def _check_and_start(spec: ImportSpec) -> None:
    try:
        check_import_spec(spec)
    except UncollapseError as error:
        errors.show_error(error)
        return
    with st.spinner("Reading the files"):
        check = _checked(spec.to_toml(), _stamps(spec))
    items, wrong = check.items, check.faults
    for fault in wrong:
        st.error(escape_markdown(_named(fault, spec)), icon=":material/error:")
    for warning in check.warnings:
        st.warning(escape_markdown(_named(warning, spec)), icon=":material/warning:")
    if check.said:
        st.caption(escape_markdown(_named(check.said, spec)))
    if len(items):
        modes = f", {items['sublabel'].nunique():,} modes" if "sublabel" in items else ""
        found = f"{len(items):,} items of {items['label'].nunique():,} classes{modes}"
        if wrong:
            st.caption(f"The table itself is right: {found}.")
        else:
            arms = len(spec.embeddings)
            st.success(f"{found}; {arms} arm{'s' if arms > 1 else ''}.", icon=":material/check:")
        st.dataframe(items.head(5), hide_index=True)
    note = "What is wrong is listed above." if wrong else None
    begin = partial(_begin, spec)
    errors.button("Import", "download", begin, key="import", type="primary", disabled=bool(wrong), help=note)


def _named(fault: str, spec: ImportSpec) -> str:
    """Uploaded files by the names they came with."""
    for path in (spec.table, *spec.embeddings.values(), *spec.reference.values()):
        if Path(path).is_relative_to(session_folder()):
            fault = fault.replace(shown(path), shown(Path(path).name))
    return fault


@st.cache_data(max_entries=8, show_spinner=False)
def _checked(spec: str, stamps: tuple[int, ...]) -> Any:
    import tomllib

    from core.pipeline.importing import check_import

    sources = ImportSpec(**tomllib.loads(spec)).sources()
    return check_import(**sources)


def _stamps(spec: ImportSpec) -> tuple[int, ...]:
    paths = [Path(p) for p in (spec.table, *spec.embeddings.values(), *spec.reference.values(), spec.images) if p]
    return tuple(path.stat().st_mtime_ns if os.path.exists(path) else 0 for path in paths)


def _begin(spec: ImportSpec) -> None:
    own = session_folder()
    uploaded = own if own in Path(spec.table).parents else None
    name = _slug(spec.title or Path(spec.table).stem)
    changes.start_import(spec, root=studies_root(), name=name, files=uploaded)


def _imports() -> None:
    if not jobs.list_imports(studies_root()):
        return
    st.subheader("Imports", anchor="imports")
    live = any(not job.status().over for job in jobs.list_imports(studies_root()))
    st.fragment(_list, run_every=LIVE_SECONDS if live else None)(live)


@errors.error_boundary()
def _list(was_live: bool) -> None:
    errors.rerun_page_if_kept()
    statuses = [(job, job.status()) for job in jobs.list_imports(studies_root())]
    if not statuses or (was_live and all(status.over for _, status in statuses)):
        st.rerun()  # the whole page: it may need the list no longer, or its updates
    for job, status in statuses:
        with st.container(border=True):
            with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                st.markdown(f"**{escape_markdown(job.id)}**", width="content")
                with st.container(horizontal=True, width="content"):
                    _buttons(job, status)
            if status.state == "done":
                st.caption(f"Done in {run_progress.duration(status.elapsed())}.")
            else:
                run_progress.progress(job, status)


def _buttons(job: Job, status: Status) -> None:
    if status.state == "done" and job.study.exists():
        open_button(job.id, key=f"open-import-{job.id}", type="primary")
    if status.over:
        note = "Take it off this list, with the files that were uploaded for it. The study stays."
        errors.button("Clear", "close", lambda: changes.delete_run(job), key=f"clear-{job.id}", help=note)
    else:
        run_progress.start_now(job, status, key=f"now-{job.id}")
        errors.button("Cancel", "stop", lambda: changes.cancel(job), key=f"cancel-{job.id}")

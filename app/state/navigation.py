"""What the pages share: the chosen study and arms, kept in the address, and what is cached for all sessions."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from PIL import Image

from app.components.atlas import ImageAtlas
from app.components.export import Exports
from app.components.playback import PlaybackData
from app.components.twin_map import Field, MapPoints
from app.widgets.markdown import escape_markdown
from core.analysis.search import nearest_agrees
from core.analysis.summary import compare
from core.common.errors import StudyError, UncollapseError
from core.recipe.recipe import Recipe
from core.storage.catalogue import StudySummary, fingerprint, list_studies, open_study, studies_root
from core.storage.study import Study

THUMBNAIL_SIDE = 48
VERDICT_COLOURS = {
    "preserved": "#009e73",
    "compressed": "#e69f00",
    "blurred": "#cc79a7",
    "destroyed": "#d55e00",
    "unimodal": "#0072b2",
    "too small": "#8a9099",
}


@dataclass(frozen=True)
class View:
    """The study on screen and its two arms."""

    id: str
    study: Study
    stamp: int
    """Of the study as it was read."""
    left: str
    right: str
    exports: Exports
    """What the page lets one take away."""

    @property
    def arms(self) -> tuple[str, str]:
        return self.left, self.right

    @property
    def is_single(self) -> bool:
        """Whether there is one arm to look at instead of two."""
        return self.left == self.right


def studies() -> list[StudySummary]:
    """The studies to choose from, looked at again only when one has changed."""
    root = studies_root()
    names = sorted(p.name for p in root.iterdir() if not p.name.startswith(".")) if root.is_dir() else []
    return _studies(root, tuple((name, _stamp(name)) for name in names))


@st.cache_data(max_entries=8, show_spinner=False)
def _studies(root: Path, stamps: tuple[tuple[str, int], ...]) -> list[StudySummary]:
    return list_studies(root)


def choose_view(summaries: list[StudySummary]) -> View:
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
    stamp = _stamp(id)
    study = cached_study(id, stamp)
    exports = Exports(export_column, study=id, check=lambda: _check_unchanged(id, stamp))
    choices = [*study.arms, *study.references]
    if len(choices) == 1:
        left_column.selectbox("Arm", choices, key="only")
        return View(id, study, stamp, choices[0], choices[0], exports)
    with left_column:
        left = st.selectbox("Left arm", choices, index=0, key="left", bind="query-params")
    swap_column.button(
        "", icon=":material/swap_horiz:", help="Swap the two arms", on_click=swap_arms, key="swap", width="stretch"
    )
    with right_column:
        right = st.selectbox("Right arm", choices, index=1, key="right", bind="query-params")
    return View(id, study, stamp, left, right, exports)


def is_stale(view: View) -> bool:
    """Whether the study has changed on disk since, so that it must not be read any more as it was."""
    return _stamp(view.id) != view.stamp


def _check_unchanged(id: str, stamp: int) -> None:
    if _stamp(id) != stamp:
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


def swap_arms() -> None:
    """Let the two arms change places: everything on the page is about them."""
    st.session_state["left"], st.session_state["right"] = st.session_state["right"], st.session_state["left"]
    st.rerun()


def chosen_item(study: Study) -> int | None:
    """The item in the address, where the study evaluates it."""
    text = st.query_params.get("item", "")
    if not (text.isascii() and text.isdigit()) or int(text) >= len(study.items):
        return None
    return int(text) if study.evaluated[int(text)] else None


def choose_item(id: int | None) -> None:
    """Make an item the query, remembering the one before for the way back; None clears it."""
    if id is None:
        st.query_params.pop("item", None)
        trail().clear()
    elif st.query_params.get("item") != str(id):
        trail().append(st.query_params.get("item"))
        st.query_params["item"] = str(id)


def step_back() -> None:
    """Return to the query before, which may be an uploaded picture or none."""
    if not trail():
        return
    before = trail().pop()
    if before is None:
        st.query_params.pop("item", None)
    else:
        st.query_params["item"] = before


def trail() -> list[str | None]:
    """The items queried before the present one, oldest first; None = no item, or an uploaded picture."""
    return st.session_state.setdefault("trail", [])


def map_points(view: View) -> MapPoints:
    """The maps' points, sent to the browser once."""
    return _map_points(view.id, _stamp(view.id), view.left, view.right)


def atlas(view: View) -> ImageAtlas | None:
    """Thumbnails of the study's items; None where it has no pictures or they cannot be read."""
    return _atlas(view.id, _stamp(view.id))


def comparison(view: View) -> pd.DataFrame:
    """Whether the arms differ by more than chance, one row per figure of retrieval."""
    return _comparison(view.id, _stamp(view.id), view.left, view.right)


def recipe(id: str) -> Recipe | None:
    """What a study was trained by; None for imported ones, and for one that can no longer be opened."""
    return _recipe(id, _stamp(id))


def report(view: View) -> bytes:
    """The whole study as one HTML page."""
    return _report(view.id, _stamp(view.id))


def reel(view: View, arms: tuple[str, ...]) -> PlaybackData:
    """The training of these arms, to be played; all of them kept snapshots. Raises StudyError."""
    return _reel(view.id, _stamp(view.id), arms)


def subcluster_counts(view: View) -> dict[tuple[str, int], float]:
    """(arm, position among its snapshots) -> sub-clusters per class, as far as counted; for all sessions to add to."""
    return _subcluster_counts(view.id, _stamp(view.id))


def anatomy(view: View, what: str, *arguments: str) -> Any:
    """What a function of `core.analysis.class_report` says of a class; arguments: those after the study."""
    return _anatomy(view.id, _stamp(view.id), what, arguments)


def embedded(view: View, picture: Image.Image) -> dict[str, np.ndarray]:
    """A picture's vector in every space that can take it; the networks are asked once, not at every click."""
    return _embedded(view.id, _stamp(view.id), picture)


@st.cache_data(max_entries=32, show_spinner="Embedding the picture")
def _embedded(id: str, stamp: int, picture: Image.Image) -> dict[str, np.ndarray]:
    return {name: vectors[0] for name, vectors in cached_study(id, stamp).embed([picture]).items()}


@st.cache_data(max_entries=256, show_spinner=False)
def _recipe(id: str, stamp: int) -> Recipe | None:
    try:
        return open_study(studies_root(), id).recipe
    except UncollapseError:
        return None


@st.cache_resource(max_entries=8, show_spinner="Preparing the maps")
def _reel(id: str, stamp: int, arms: tuple[str, ...]) -> PlaybackData:
    from core.analysis.playback import build_playback  # imports scientific libraries

    study = cached_study(id, stamp)
    return PlaybackData.build(build_playback(study.items, {name: study.arm(name).snapshots for name in arms}))


@st.cache_resource(max_entries=64, show_spinner=False)
def _subcluster_counts(id: str, stamp: int) -> dict[tuple[str, int], float]:
    return {}


@st.cache_data(max_entries=4, show_spinner=False)
def _report(id: str, stamp: int) -> bytes:
    from core.analysis.html_report import report  # imports scientific libraries

    return report(cached_study(id, stamp)).encode()


@st.cache_data(max_entries=512, show_spinner=False)
def _anatomy(id: str, stamp: int, what: str, arguments: tuple[str, ...]) -> Any:
    from core.analysis import class_report  # imports scientific libraries

    return getattr(class_report, what)(cached_study(id, stamp), *arguments)


@st.cache_data(max_entries=32, show_spinner=False)
def _comparison(id: str, stamp: int, left: str, right: str) -> pd.DataFrame:
    return compare(cached_study(id, stamp), left, right)


@st.cache_resource(max_entries=8, show_spinner=False)
def cached_study(id: str, stamp: int) -> Study:
    """One copy of a study for all sessions; its matrices are read-only. Raises StudyError."""
    return open_study(studies_root(), id)


@st.cache_resource(max_entries=8, show_spinner="Reading the pictures")
def _atlas(id: str, stamp: int) -> ImageAtlas | None:
    study = cached_study(id, stamp)
    try:
        thumbnails = study.thumbnails(side=THUMBNAIL_SIDE)
    except UncollapseError:
        return None  # the pictures have moved since; maps and figures are still there
    if thumbnails is None:
        return None
    return ImageAtlas.build(thumbnails, study.items["id"].to_numpy()[study.evaluated])


@st.cache_resource(max_entries=16, show_spinner="Preparing the maps")
def _map_points(id: str, stamp: int, left: str, right: str) -> MapPoints:
    study = cached_study(id, stamp)
    rows = np.flatnonzero(study.evaluated)
    return MapPoints.build(
        study.items["id"].to_numpy()[rows],
        left=study.map(left)[rows],
        right=study.map(right)[rows],
        fields=_fields(study, rows, left, right),
        atlas=_atlas(id, stamp),
        names=study.items["name"].iloc[rows].tolist() if "name" in study.items else None,
    )


def _fields(study: Study, rows: np.ndarray, left: str, right: str) -> list[Field]:
    items = study.items.iloc[rows]
    finest, what = ("sublabel", "mode") if "sublabel" in items else ("label", "class")
    known = [("mode", "Mode", "sublabel"), ("class", "Class", "label")]
    return [
        *(Field(name, title, items[column].to_numpy(object)) for name, title, column in known if column in items),
        Field("subcluster", "Sub-cluster", *(_subclusters(study, arm, rows) for arm in (left, right))),
        Field(
            "verdict",
            "Verdict of the class",
            *(_verdicts(study, arm, items["label"]) for arm in (left, right)),
            order=list(VERDICT_COLOURS),
            colours=VERDICT_COLOURS,
        ),
        Field(
            "hit",
            "Nearest neighbour",
            *(_hits(study, arm, finest, what) for arm in (left, right)),
            order=[f"same {what}", f"other {what}"],
            colours={f"same {what}": "#0072b2", f"other {what}": "#d55e00"},
        ),
        Field(
            "change",
            "Neighbourhood change",
            1 - study.overlap(left, right)[rows],
            limits=(0.0, 1.0),
            note="share of an item's 10 nearest neighbours that the other arm does not share; 1 = all changed",
        ),
    ]


def _subclusters(study: Study, arm: str, rows: np.ndarray) -> np.ndarray:
    labels, groups = study.items["label"].to_numpy()[rows], study.subclusters(arm)[rows]
    named = [f"{label} {group + 1}" if group >= 0 else None for label, group in zip(labels, groups, strict=True)]
    return np.array(named, dtype=object)


def _verdicts(study: Study, arm: str, labels: pd.Series) -> np.ndarray:
    classes = study.diagnostics[study.diagnostics["arm"] == arm].set_index("label")["verdict"]
    return labels.map(classes).to_numpy(object)


def _hits(study: Study, arm: str, column: str, what: str) -> np.ndarray:
    return np.where(nearest_agrees(study, arm, column), f"same {what}", f"other {what}").astype(object)


def _stamp(id: str) -> int:
    """Changes when a study changes on disk, so that no stale or damaged one is read."""
    return fingerprint(studies_root() / id)

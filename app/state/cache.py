"""What is computed once for all sessions, keyed by a study and its stamp, which changes with its files."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from PIL import Image

from app.components.atlas import ImageAtlas
from app.components.playback import PlaybackData
from app.components.twin_map import MapPoints
from app.state.map_fields import map_fields
from app.state.view import View, stamp_of
from core.access.allowed_paths import check_study
from core.analysis.called import called
from core.analysis.evidence import evidence_of
from core.analysis.label_noise import PhasePoint
from core.analysis.label_noise import phase_point as read_phase_point
from core.analysis.summary import compare
from core.common.errors import UncollapseError
from core.recipe.recipe import Recipe
from core.storage.catalogue import StudySummary, list_studies, open_study, studies_root
from core.storage.study import Study

THUMBNAIL_SIDE = 48


def studies() -> list[StudySummary]:
    """The studies to choose from, read again only after one has changed."""
    root = studies_root()
    names = sorted(p.name for p in root.iterdir() if not p.name.startswith(".")) if root.is_dir() else []
    return _studies(root, tuple((name, stamp_of(name)) for name in names))


@st.cache_data(max_entries=8, show_spinner=False)
def _studies(root: Path, stamps: tuple[tuple[str, int], ...]) -> list[StudySummary]:
    return list_studies(root)


def map_points(view: View, arms: tuple[str, ...]) -> MapPoints:
    """The points of these arms' maps, sent to the browser once."""
    return _map_points(view.id, stamp_of(view.id), arms)


def thumbnails(view: View) -> ImageAtlas | None:
    """Thumbnails of the study's items; None where it has no pictures or they cannot be read."""
    return _thumbnails(view.id, stamp_of(view.id))


def comparison(view: View) -> pd.DataFrame:
    """Whether the arms differ by more than chance, one row per figure of retrieval."""
    return _comparison(view.id, stamp_of(view.id), view.left, view.right)


def recipe(id: str) -> Recipe | None:
    """The recipe of a study; None for imported ones, and for one that can no longer be opened."""
    return _recipe(id, stamp_of(id))


def phase_point(id: str) -> PhasePoint | None:
    """Where a study lies in the theory's diagram; None where nothing is known, or it can no longer be opened."""
    return _phase_point(id, stamp_of(id))


def report(view: View) -> bytes:
    """The whole study as one HTML page."""
    return _report(view.id, stamp_of(view.id))


def playback_data(view: View, arms: tuple[str, ...]) -> PlaybackData:
    """The playback of these arms, which all have snapshots. Raises StudyError."""
    return _playback_data(view.id, stamp_of(view.id), arms)


def subcluster_counts(view: View) -> dict[tuple[str, int], float]:
    """(arm, position among its snapshots) -> sub-clusters per class, as far as counted; for all sessions to add to."""
    return _subcluster_counts(view.id, stamp_of(view.id))


def class_report(view: View, what: str, *arguments: str | int | None) -> Any:
    """The result of a function of `core.analysis.class_report`; arguments: those after the study."""
    return _class_report(view.id, stamp_of(view.id), what, arguments)


def class_evidence(view: View, arm: str, label: str) -> str:
    """What speaks for the verdict on a class, in one sentence."""
    return _class_evidence(view.id, stamp_of(view.id), arm, label)


def misses(view: View, arm: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The misses of an arm with their causes, and what mending each cause would give; see `core.analysis.mending`."""
    return _misses(view.id, stamp_of(view.id), arm)


def embedded(view: View, picture: Image.Image) -> dict[str, np.ndarray]:
    """A picture's vector in every space that takes pictures; embedded once, not at every click."""
    return _embedded(view.id, stamp_of(view.id), picture)


@st.cache_data(max_entries=32, show_spinner="Embedding the picture")
def _embedded(id: str, stamp: int, picture: Image.Image) -> dict[str, np.ndarray]:
    return {name: vectors[0] for name, vectors in cached_study(id, stamp).embed([picture]).items()}


@st.cache_data(max_entries=256, show_spinner=False)
def _recipe(id: str, stamp: int) -> Recipe | None:
    try:
        return open_study(studies_root(), id).recipe
    except UncollapseError:
        return None


@st.cache_data(max_entries=256, show_spinner=False)
def _phase_point(id: str, stamp: int) -> PhasePoint | None:
    try:
        return read_phase_point(open_study(studies_root(), id))
    except UncollapseError:
        return None


@st.cache_resource(max_entries=8, show_spinner="Preparing the maps")
def _playback_data(id: str, stamp: int, arms: tuple[str, ...]) -> PlaybackData:
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


@st.cache_data(max_entries=32, show_spinner="Looking at every miss")
def _misses(id: str, stamp: int, arm: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    from core.analysis.mending import arm_table  # imports scientific libraries
    from core.analysis.misses import explain_misses

    study = cached_study(id, stamp)
    found = explain_misses(study, arm, _suspects(id, stamp))
    return found.table, arm_table(study, found)


@st.cache_data(max_entries=8, show_spinner=False)
def _suspects(id: str, stamp: int) -> Any:
    from core.analysis.misses import suspects  # imports scientific libraries

    return suspects(cached_study(id, stamp))


@st.cache_data(max_entries=512, show_spinner=False)
def _class_report(id: str, stamp: int, what: str, arguments: tuple[str | int | None, ...]) -> Any:
    from core.analysis import class_report as functions  # imports scientific libraries

    return getattr(functions, what)(cached_study(id, stamp), *arguments)


@st.cache_data(max_entries=512, show_spinner=False)
def _class_evidence(id: str, stamp: int, arm: str, label: str) -> str:
    return evidence_of(cached_study(id, stamp), arm, label)


@st.cache_data(max_entries=32, show_spinner=False)
def _comparison(id: str, stamp: int, left: str, right: str) -> pd.DataFrame:
    return compare(cached_study(id, stamp), left, right)


@st.cache_resource(max_entries=8, show_spinner=False)
def cached_study(id: str, stamp: int) -> Study:
    """One copy of a study for all sessions; its matrices are read-only.

    Raises StudyError, and DataError where its pictures lie outside of what this server may read.
    """
    study = open_study(studies_root(), id)
    check_study(study)
    return study


@st.cache_resource(max_entries=8, show_spinner="Reading the pictures")
def _thumbnails(id: str, stamp: int) -> ImageAtlas | None:
    study = cached_study(id, stamp)
    try:
        tiles = study.thumbnails(side=THUMBNAIL_SIDE)
    except UncollapseError:
        return None  # the pictures were moved; maps and figures work without them
    if tiles is None:
        return None
    return ImageAtlas.build(tiles, study.items["id"].to_numpy()[study.evaluated])


@st.cache_resource(max_entries=16, show_spinner="Preparing the maps")
def _map_points(id: str, stamp: int, arms: tuple[str, ...]) -> MapPoints:
    study = cached_study(id, stamp)
    rows = np.flatnonzero(study.evaluated)
    return MapPoints.build(
        study.items["id"].to_numpy()[rows],
        maps=[study.map(arm)[rows] for arm in arms],
        fields=map_fields(study, rows, arms),
        atlas=_thumbnails(id, stamp),
        names=called(study, rows) if "name" in study.items or study.caption else None,
    )

"""Uploaded files, stored on disk for `core` to read."""

from pathlib import Path
from typing import Any

import streamlit as st

from app.access import changes
from core.access.uploads import picture_folder
from core.storage.catalogue import studies_root


def session_folder() -> Path:
    """The folder of this session's uploads; a new one after an import has moved the last. Raises StudyError."""
    folder = st.session_state.get("upload-folder")
    if folder is None or not folder.is_dir():
        folder = st.session_state["upload-folder"] = changes.upload_folder(studies_root())
    return folder


def stored(file: Any) -> Path:
    """Store an uploaded file until an import moves it; returns its path. Raises StudyError."""
    return changes.save_upload(session_folder(), file.name, file.getbuffer())


def stored_permanently(file: Any) -> Path:
    """Store an uploaded file for as long as studies may need it; returns its path. Raises StudyError."""
    return changes.save_upload(picture_folder(studies_root()), file.name, file.getbuffer())

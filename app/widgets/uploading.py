"""Uploaded files on the disk, where the rest of the program can read them."""

from pathlib import Path
from typing import Any

import streamlit as st

from core.access.uploads import picture_folder, save_upload, upload_folder
from core.storage.catalogue import studies_root


def session_folder() -> Path:
    """This session's own folder; a new one once an import has taken the last. Raises StudyError."""
    folder = st.session_state.get("upload-folder")
    if folder is None or not folder.is_dir():
        folder = st.session_state["upload-folder"] = upload_folder(studies_root())
    return folder


def stored(file: Any) -> Path:
    """Where an uploaded file now lies, until an import takes it. Raises StudyError."""
    return save_upload(session_folder(), file.name, file.getbuffer())


def stored_for_good(file: Any) -> Path:
    """Where an uploaded file now lies, as long as the studies that need it. Raises StudyError."""
    return save_upload(picture_folder(studies_root()), file.name, file.getbuffer())

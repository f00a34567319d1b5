"""A file made on demand is there until the browser has fetched it.

Streamlit deletes such a file when, after it was made, any two runs of anybody's page have ended. On a server with
twenty visitors that is within half a second, and the download fails.
"""

import time
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from streamlit.runtime.media_file_manager import MediaFileManager

KEPT_SECONDS = 120.0
_HOLDER = "downloads"
"""In the manager's list of sessions: the one that holds on to made files, each under the time until which it does."""

_make, _clean_up = MediaFileManager.execute_deferred, MediaFileManager.remove_orphaned_files


def keep_made_files() -> None:
    """Keep files made on demand for a while. To be called once, before the server starts."""
    MediaFileManager.execute_deferred = _make_and_hold  # type: ignore[method-assign]
    MediaFileManager.remove_orphaned_files = _release_and_clean_up  # type: ignore[method-assign]


def _make_and_hold(manager: MediaFileManager, file_id: str) -> str:
    url = _make(manager, file_id)
    made = PurePosixPath(urlsplit(url).path).stem
    with manager._lock:
        held = manager._files_by_session_and_coord[_HOLDER]
        held[repr(time.monotonic() + KEPT_SECONDS)] = made
    return url


def _release_and_clean_up(manager: MediaFileManager) -> None:
    with manager._lock:
        held = manager._files_by_session_and_coord.get(_HOLDER, {})
        for until in [until for until in held if float(until) < time.monotonic()]:
            del held[until]
    _clean_up(manager)

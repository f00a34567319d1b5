"""A picture or a file made on demand is there until the browser has fetched it.

Streamlit deletes what no page refers to as soon as any visitor's run ends: a picture of a page that was just left, for
which the browser is still asking, and a file made on demand, to which no page refers at all. On a server with twenty
visitors that is within half a second, and the download fails.
"""

import time
from weakref import WeakKeyDictionary

from streamlit.runtime.media_file_manager import MediaFileManager

KEPT_SECONDS = 60.0

_unused: WeakKeyDictionary[MediaFileManager, dict[str, float]] = WeakKeyDictionary()
"""For each file to which no page refers, since when."""


def keep_files_for_a_while() -> None:
    """Delete files only some time after nothing refers to them. To be called once, before the server starts."""
    MediaFileManager.remove_orphaned_files = _clean_up


def _clean_up(manager: MediaFileManager) -> None:
    now = time.monotonic()
    with manager._lock:
        before = _unused.get(manager, {})
        since = {id: before.get(id, now) for id in manager._get_inactive_file_ids()}
        for id in [id for id, began in since.items() if now - began > KEPT_SECONDS]:
            manager._delete_file(id)
            del since[id]
        _unused[manager] = since
        manager._remove_orphaned_deferred_callables()

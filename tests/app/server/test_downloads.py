"""A file made on demand while other visitors' pages come and go."""

import pytest
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from app.server import downloads
from app.server.downloads import KEPT_SECONDS, keep_made_files


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> MediaFileManager:
    for name in ("execute_deferred", "remove_orphaned_files"):
        monkeypatch.setattr(MediaFileManager, name, getattr(MediaFileManager, name))  # undone after the test
    monkeypatch.setattr("streamlit.runtime.media_file_manager._get_session_id", lambda: "a visitor")
    return MediaFileManager(MemoryMediaFileStorage("/media"))


def made(manager: MediaFileManager) -> str:
    id = manager.add_deferred(lambda: b"a,b\n1,2\n", "text/csv", "0.0", file_name="table.csv")
    return manager.execute_deferred(id).rsplit("/", 1)[1]


def is_there(manager: MediaFileManager, name: str) -> bool:
    return manager.read_file(name.split(".")[0]) is not None


def other_pages_end(manager: MediaFileManager, times: int) -> None:
    for _ in range(times):
        manager.clear_session_refs("another visitor")
        manager.remove_orphaned_files()


def test_streamlit_itself_deletes_it(manager: MediaFileManager) -> None:
    name = made(manager)
    assert is_there(manager, name)
    other_pages_end(manager, 2)
    assert not is_there(manager, name)


def test_it_stays_for_a_while(manager: MediaFileManager, monkeypatch: pytest.MonkeyPatch) -> None:
    keep_made_files()
    now = 1000.0
    monkeypatch.setattr(downloads.time, "monotonic", lambda: now)
    name = made(manager)
    other_pages_end(manager, 5)
    assert is_there(manager, name)
    now += KEPT_SECONDS + 1
    other_pages_end(manager, 2)
    assert not is_there(manager, name)

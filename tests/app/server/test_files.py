"""Files that the browser has yet to fetch, while visitors' pages come and go."""

import pytest
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from app.server import files
from app.server.files import KEPT_SECONDS, keep_files_for_a_while


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> MediaFileManager:
    monkeypatch.setattr(MediaFileManager, "remove_orphaned_files", MediaFileManager.remove_orphaned_files)  # undone
    monkeypatch.setattr("streamlit.runtime.media_file_manager._get_session_id", lambda: "a visitor")
    return MediaFileManager(MemoryMediaFileStorage("/media"))


def made(manager: MediaFileManager) -> str:
    """A file made on demand."""
    id = manager.add_deferred(lambda: b"a,b\n1,2\n", "text/csv", "0.0", file_name="table.csv")
    return manager.execute_deferred(id).rsplit("/", 1)[1].split(".")[0]


def shown(manager: MediaFileManager) -> str:
    """A picture on a page."""
    return manager.add(b"picture", "image/png", "0.1").rsplit("/", 1)[1].split(".")[0]


def is_there(manager: MediaFileManager, id: str) -> bool:
    return manager.read_file(id) is not None


def pages_end(manager: MediaFileManager, visitor: str, times: int = 1) -> None:
    for _ in range(times):
        manager.clear_session_refs(visitor)
        manager.remove_orphaned_files()


def test_streamlit_itself_deletes_them(manager: MediaFileManager) -> None:
    file, picture = made(manager), shown(manager)
    pages_end(manager, "another visitor", 2)
    assert not is_there(manager, file)
    pages_end(manager, "a visitor")
    assert not is_there(manager, picture)


def test_they_stay_for_a_while(manager: MediaFileManager, monkeypatch: pytest.MonkeyPatch) -> None:
    keep_files_for_a_while()
    now = 1000.0
    monkeypatch.setattr(files.time, "monotonic", lambda: now)
    file, picture = made(manager), shown(manager)
    pages_end(manager, "another visitor", 5)
    now += KEPT_SECONDS / 2
    pages_end(manager, "a visitor")
    assert is_there(manager, file)
    assert is_there(manager, picture)
    now += KEPT_SECONDS / 2 + 1
    pages_end(manager, "another visitor")
    assert not is_there(manager, file)
    assert is_there(manager, picture), "it has been out of use for half of the time only"
    now += KEPT_SECONDS / 2
    pages_end(manager, "another visitor")
    assert not is_there(manager, picture)


def test_what_a_page_shows_again_is_not_counted_as_unused(
    manager: MediaFileManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_files_for_a_while()
    now = 1000.0
    monkeypatch.setattr(files.time, "monotonic", lambda: now)
    picture = shown(manager)
    pages_end(manager, "a visitor")
    now += KEPT_SECONDS - 1
    assert shown(manager) == picture
    pages_end(manager, "another visitor")
    now += KEPT_SECONDS - 1
    pages_end(manager, "a visitor")
    assert is_there(manager, picture)

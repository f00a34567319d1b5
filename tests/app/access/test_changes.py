"""Who may only look changes nothing, whatever a page shows, and sees nothing that would."""

import ast
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.access import changes, visitor
from core import jobs
from core.access.policy import Role
from core.common.errors import AccessError
from core.storage.catalogue import list_studies

REPO = Path(__file__).parents[3]
SCRIPT = str(REPO / "app" / "script.py")
CHANGING = {
    *("start", "start_once", "start_import", "resume", "delete", "cancel", "go_now"),
    *("delete_study", "upload_folder", "save_upload", "keep_selection", "remove_selection", "undo_selection"),
}
"""What changes anything on the server, as `core` calls it."""
GUARDED = [name for name, value in vars(changes).items() if hasattr(value, "__wrapped__")]


@pytest.fixture
def viewer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitor, "role", lambda: Role.VIEWER)


@pytest.mark.parametrize("name", GUARDED)
def test_no_change_is_made_for_a_viewer(viewer: None, root: Path, name: str) -> None:
    job = jobs.Job("tiny", root)
    arguments = {"start": ("digits-parity",), "delete_study": (root, "tiny"), "upload_folder": (root,)}
    with pytest.raises(AccessError, match="you may look at everything here, but not change it"):
        getattr(changes, name)(*arguments.get(name, (job,)))
    assert [study.id for study in list_studies(root)] == ["tiny"]
    assert [path.name for path in root.iterdir()] == ["tiny"]


def test_the_app_changes_things_in_one_place_only() -> None:
    assert {
        action.__wrapped__.__name__ for action in vars(changes).values() if hasattr(action, "__wrapped__")
    } == CHANGING
    for path in (REPO / "app").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if path.name != "changes.py" and isinstance(call, ast.Attribute | ast.Name):
                name = call.attr if isinstance(call, ast.Attribute) else call.id
                owner = call.value.id if isinstance(call, ast.Attribute) and isinstance(call.value, ast.Name) else ""
                assert name not in CHANGING or owner == "changes", f"{path}: {owner}.{name}"


def test_a_viewer_is_shown_what_there_is_to_look_at(viewer: None, root: Path) -> None:
    app = AppTest.from_file(SCRIPT, default_timeout=60).run()
    assert not app.exception
    assert not app.error
    assert app.metric


@pytest.mark.parametrize("page", ["train", "data"])
def test_a_viewer_has_no_page_that_changes_anything(viewer: None, root: Path, page: str) -> None:
    app = AppTest.from_file(SCRIPT, default_timeout=60).switch_page(f"{page}/{page}.py").run()
    assert {button.key for button in app.button} <= {"swap", "watch-training", "explain-misses"}, "this is not Compare"


@pytest.mark.parametrize("lab", ["experiments", "own"])
def test_a_viewer_starts_no_experiment(viewer: None, root: Path, lab: str) -> None:
    app = AppTest.from_file(SCRIPT, default_timeout=60).switch_page("lab/lab.py")
    app.query_params["lab"] = lab
    app.run()
    assert not app.exception
    assert not [button.key for button in app.button if button.key and button.key.startswith(("start", "cancel"))]


def test_without_any_study_a_viewer_starts_none(viewer: None, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = root / "empty"
    empty.mkdir()
    monkeypatch.setenv("UNCOLLAPSE_STUDIES", str(empty))
    app = AppTest.from_file(SCRIPT, default_timeout=60).run()
    assert not app.error
    assert "no studies here yet" in app.info[0].value
    assert not list(empty.iterdir())


def test_nobody_sees_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitor, "role", lambda: Role.NOBODY)
    app = AppTest.from_file(SCRIPT, default_timeout=60).run()
    assert "nothing is shown without access control" in app.error[0].value
    assert not app.metric
    assert not app.button


def test_a_study_whose_pictures_lie_outside_is_not_opened(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    description = root / "tiny" / "study.json"
    text = description.read_text("utf-8")
    description.write_text(text.replace('"image_root": null', '"image_root": "/"'), "utf-8")
    assert description.read_text("utf-8") != text
    monkeypatch.setenv("UNCOLLAPSE_DATA", str(tmp_path / "data"))
    app = AppTest.from_file(SCRIPT, default_timeout=60).run()
    assert '"/" is outside of what this server may read' in app.error[0].value
    assert not app.metric

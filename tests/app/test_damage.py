"""A study that is damaged or deleted while a page shows it: one clear sentence, and the rest goes on."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.storage.study import Study

MAIN = str(Path(__file__).parents[2] / "app" / "script.py")
PAGES = {
    "compare": {},
    "search": {},
    "classes": {},
    "lab": {"lab": "playback"},
}
Damage = Callable[[Path], object]


def cut(path: Path) -> None:
    """As a full disk or a broken copy leaves a file, in place: whoever has it mapped reads past its end."""
    os.truncate(path, path.stat().st_size // 2)


DAMAGES: dict[str, tuple[str, Damage]] = {
    "matrix": ("embeddings", lambda study: cut(study / "arms" / "nearest" / "embeddings.npy")),
    "table": ("items.parquet", lambda study: (study / "items.parquet").write_bytes(b"gone wrong")),
    "map": ("map.parquet", lambda study: (study / "map.parquet").unlink()),
    "description": ("study.json", lambda study: cut(study / "study.json")),
    "arm": ("embeddings.npy", lambda study: shutil.rmtree(study / "arms" / "standard")),
}


def open_page(root: Path, name: str, study: str = "tiny") -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=60).switch_page(f"{name}/{name}.py")
    item = np.flatnonzero(Study.load(root / study).evaluated)[3]
    for key, value in {"study": study, "item": str(item), **PAGES[name]}.items():
        app.query_params[key] = value
    return app.run()


def errors(app: AppTest) -> str:
    assert not app.exception
    return " ".join(error.value.replace("\\", "") for error in app.error)


@pytest.mark.parametrize("name", PAGES)
def test_a_study_damaged_while_open_says_what_is_wrong_until_it_is_whole_again(
    root: Path, study_folder: Path, name: str
) -> None:
    app = open_page(root, name)
    assert not errors(app)
    for word, damage in DAMAGES.values():
        damage(root / "tiny")
        assert word in errors(app.run())
        assert "tiny" in errors(app)
        shutil.rmtree(root / "tiny")
        shutil.copytree(study_folder, root / "tiny")
        assert not errors(app.run())
        assert not app.warning


@pytest.mark.parametrize("name", PAGES)
def test_a_study_deleted_while_open_is_named_and_no_other_takes_its_place(root: Path, name: str) -> None:
    shutil.copytree(root / "tiny", root / "other")
    app = open_page(root, name)
    assert app.selectbox(key="study").value == "tiny"
    shutil.rmtree(root / "tiny")
    app.run()
    assert not errors(app)
    assert "tiny" in app.warning[0].value
    assert app.selectbox(key="study").value is None
    assert "tiny" in app.run().warning[0].value
    app.selectbox(key="study").select("other").run()
    assert not errors(app)
    assert not app.warning
    assert app.selectbox(key="study").value == "other"


def test_an_address_of_a_study_that_is_not_here_says_so(root: Path) -> None:
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params["study"] = "<b>gone</b>"
    app.run()
    assert "gone" in app.warning[0].value
    assert "<b>" not in app.warning[0].value
    assert app.selectbox(key="study").value is None

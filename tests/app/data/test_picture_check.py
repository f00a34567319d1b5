"""The check of pictures on Data: made again once a file has changed, and what is broken can be left out."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

SCRIPT = str(Path(__file__).parents[3] / "app" / "script.py")


@pytest.fixture
def folder(tmp_path: Path, root: Path) -> Path:
    """Two classes of ten pictures, one of which is none. root: so that there is a study to look at."""
    rng = np.random.default_rng(0)
    for label in "ab":
        (tmp_path / "set" / label).mkdir(parents=True)
        for i in range(10):
            picture = Image.fromarray(rng.integers(0, 255, (12, 12), dtype=np.uint8))
            picture.save(tmp_path / "set" / label / f"{i}.png")
    (tmp_path / "set" / "a" / "3.png").write_bytes(b"nothing")
    return tmp_path / "set"


def check(folder: Path) -> AppTest:
    app = AppTest.from_file(SCRIPT, default_timeout=60).switch_page("data/data.py")
    app.query_params["pictures-path"] = str(folder)
    app.query_params["kind"] = "pictures"
    return app.run()


def test_what_is_broken_can_be_left_out_and_taken_back(folder: Path) -> None:
    app = check(folder)
    assert not app.exception
    assert "1 error" in app.error[0].value
    app.button(key="skip-broken-button").click().run()
    assert not app.error
    assert "1 that cannot be read is left out" in app.success[0].value
    assert app.button(key="write-recipe")
    app.button(key="skip-broken-button").click().run()
    assert app.error


def test_a_mended_file_is_seen_without_being_asked(folder: Path) -> None:
    app = check(folder)
    assert app.error
    (folder / "a" / "3.png").write_bytes((folder / "a" / "4.png").read_bytes())
    app.run()
    assert not app.error
    assert "20 pictures of 2 classes" in app.success[0].value


def test_check_again_reads_everything_again(folder: Path) -> None:
    app = check(folder)
    app.button(key="check-again").click().run()
    assert not app.exception
    assert app.error

"""The page of the ready-made experiments, without a browser."""

import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import jobs
from core.authoring.presets import PRESETS
from core.jobs.status import StatusWriter

PAGE = str(Path(__file__).parents[3] / "app" / "lab" / "lab.py")


def test_each_preset_can_be_run_and_its_last_run_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNCOLLAPSE_STUDIES", str(tmp_path))
    app = AppTest.from_file(PAGE, default_timeout=60)
    app.query_params["lab"] = "experiments"
    app.run()
    assert not app.exception
    assert not app.error
    assert [button.label for button in app.button if button.key.startswith("start-")] == ["Run it"] * len(PRESETS)

    job = jobs.start(PRESETS[0].recipe(), root=tmp_path, command=(sys.executable, "-c", ""))
    job.cancel()
    StatusWriter(job.folder / "status.json").failed("the disk is full")
    app.run()
    assert not app.exception
    assert [error.value for error in app.error] == ["the disk is full"]
    assert app.button(key=f"start-{PRESETS[0].name}").label == "Run it again"

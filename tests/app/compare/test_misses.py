"""The misses of both arms: explained when asked to, in core's own figures; a picked cause is selected on the maps."""

from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app.compare import maps
from core.analysis.mending import misses_table
from core.analysis.misses import CAUSES, explain_misses, suspects
from core.storage.study import Study

SCRIPT = str(Path(__file__).parents[3] / "app" / "script.py")


def explained(app: AppTest) -> pd.DataFrame | None:
    return next((frame.value for frame in app.dataframe if ("", "Cause") in frame.value), None)


def test_causes_of_both_arms_stand_side_by_side(root: Path) -> None:
    study = Study.load(root / "tiny")
    app = AppTest.from_file(SCRIPT, default_timeout=60).run()
    assert not app.exception
    assert explained(app) is None, "before it is asked for"
    shares = [f"{100 * (1 - study.arm(arm).metrics['recall@1']):.1f} % in {arm}" for arm in ("standard", "nearest")]
    assert any(f"{', '.join(shares)}." in caption.value for caption in app.caption)
    app.button(key="explain-misses").click().run()
    assert not app.exception
    shown = explained(app)
    assert shown is not None
    expected = misses_table(study, ["standard", "nearest"])
    assert shown["", "Cause"].tolist() == ["All, as it is", *(cause.title for cause in CAUSES.values())]
    for arm in ("standard", "nearest"):
        own = expected[expected["arm"] == arm]
        assert shown["Misses", arm].tolist() == own["misses"].tolist()
        for figure, heading in (("recall@1", "R@1 if mended"), ("map@r", "MAP@R if mended")):
            assert shown[heading, arm].dropna().tolist() == own[figure].dropna().round(3).tolist()
    assert any("Misses" in text.value for text in app.markdown), "they can be exported"


def test_a_picked_row_is_selected_on_the_maps(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = Study.load(root / "tiny")
    told: list[list[int]] = []
    drawn = maps.twin_map
    monkeypatch.setattr(
        maps, "twin_map", lambda *args, **options: (told.append(options["selected"]), drawn(*args, **options))[1]
    )
    app = AppTest.from_file(SCRIPT, default_timeout=60).run()
    app.button(key="explain-misses").click().run()
    app.session_state["misses"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    app.run()
    assert not app.exception
    doubt = suspects(study)
    expected = {id for arm in ("standard", "nearest") for id in explain_misses(study, arm, doubt).table.index}
    assert sorted(expected) in told
    assert any(caption.value.startswith("**All, as it is**") for caption in app.caption)

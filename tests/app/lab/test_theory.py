"""Why it happens, without a browser: where the study on screen lies, and what its labels ask for."""

import json
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app.lab.charts import phase_figure
from core.analysis.label_noise import PhasePoint, phase_point, wrong_labels
from core.analysis.recommendations import samples_for_every_class
from core.storage.study import Study

PAGE = str(Path(__file__).parents[3] / "app" / "lab" / "lab.py")
NOISE, SAMPLES = np.geomspace(0.001, 0.49, 12), np.arange(2, 65)


def open_lab(**session: object) -> AppTest:
    app = AppTest.from_file(PAGE, default_timeout=120)
    for key, value in session.items():
        app.session_state[key] = value
    return app.run()


def figure(*studies: PhasePoint, chosen: PhasePoint | None = None):
    slopes = np.zeros((len(SAMPLES), len(NOISE)))
    return phase_figure(NOISE, SAMPLES, slopes, here=(0.1, 8), studies=[*studies], chosen=chosen)


def marks(found) -> list[tuple[str, list[float], list[float]]]:
    """Symbol and place of all that is marked but the cross."""
    drawn = [trace for trace in found.data if getattr(trace, "mode", "") == "markers"]
    shown = [trace for trace in drawn if trace.marker.symbol != "cross-thin"]
    return [(trace.marker.symbol or "circle", [*trace.x], [*trace.y]) for trace in shown]


def band(found) -> list[float] | None:
    return next(([*trace.x[1:3]] for trace in found.data if getattr(trace, "fill", "") == "toself"), None)


def test_the_chosen_study_is_a_band_and_a_diamond_among_dots():
    own, other = PhasePoint("own", 0.1, 0.08, 0.12, 32), PhasePoint("other", 0.2, 0.2, 0.2, 100)
    found = figure(own, other, chosen=own)
    assert marks(found) == [("circle", [20.0], [100]), ("diamond", [10.0], [32])]
    assert band(found) == pytest.approx([8, 12])


def test_a_limit_is_no_estimate_and_embeddings_made_elsewhere_have_no_batches():
    limit = PhasePoint("own", None, 0.0, 0.3, 32)
    found = figure(limit, chosen=limit)
    assert marks(found) == [("triangle-left", [30.0], [32])]
    assert band(found) == pytest.approx([0.1, 30])  # from the diagram's edge
    imported = PhasePoint("own", 0.1, 0.08, 0.12, None)
    found = figure(imported, chosen=imported)
    assert marks(found) == []
    assert band(found) == pytest.approx([8, 12])


def test_clean_labels_lie_at_the_edge():
    clean = PhasePoint("own", 0.0, 0.0, 0.0, 80)
    assert marks(figure(clean, chosen=clean)) == [("diamond", [pytest.approx(0.1)], [64])]
    assert marks(figure(clean)) == []


def test_the_page_says_what_the_study_s_labels_ask_for(root: Path) -> None:
    study = Study.load(root / "tiny")
    app = open_lab(address={"study": ["tiny"]})
    assert not app.exception
    said = " ".join(text.value.replace("\\", "") for text in app.markdown)
    for found in (wrong_labels(study), samples_for_every_class(study)):
        assert found is not None
        assert found.sentence in said


def test_a_study_without_a_recipe_is_there_once_its_labels_were_looked_at(root: Path) -> None:
    path = root / "tiny" / "study.json"
    facts = json.loads(path.read_text())
    del facts["recipe"]
    path.write_text(json.dumps(facts))
    assert phase_point(Study.load(root / "tiny")) is not None
    app = open_lab()
    assert not app.exception
    assert app.selectbox(key="lab-study").value == "tiny"
    del facts["label_noise"]
    path.write_text(json.dumps(facts) + " ")
    app = open_lab()
    assert not app.exception
    assert [info.value for info in app.info if "Train or import a study" in info.value]


def test_a_choice_outlives_a_study_that_is_gone(root: Path) -> None:
    app = open_lab(**{"lab-study": "gone"})
    assert not app.exception
    assert app.selectbox(key="lab-study").value == "tiny"

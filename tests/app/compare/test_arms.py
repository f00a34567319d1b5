"""All arms of a study, ranked: references among them, and which are on screen."""

from pathlib import Path

from streamlit.testing.v1 import AppTest

from core.analysis.summary import rank_arms, summarise
from core.storage.study import Study

SCRIPT = str(Path(__file__).parents[3] / "app" / "script.py")


def test_the_ranking_is_the_study_s_own(root: Path) -> None:
    study = Study.load(root / "tiny")
    table = rank_arms(study)
    assert table["sub_map@r"].is_monotonic_decreasing
    assert set(table.index) == {*study.arms, *study.references}
    assert table.loc["nearest"].equals(summarise(study).loc["nearest"])
    app = AppTest.from_file(SCRIPT, default_timeout=60).run()
    assert not app.exception
    shown = app.dataframe[-1].value
    assert shown.index.tolist() == table.index.tolist()
    assert shown.loc[["standard", "nearest", "pixels"], "shown"].tolist() == ["left", "right", ""]

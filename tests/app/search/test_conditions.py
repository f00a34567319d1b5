"""The condition on the hits of Search: kept in the address, and a wrong one is said without filtering."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.storage.study import Study

SCRIPT = str(Path(__file__).parents[3] / "app" / "script.py")


def search(root: Path, **query: str) -> AppTest:
    study = Study.load(root / "tiny")
    app = AppTest.from_file(SCRIPT, default_timeout=60).switch_page("search/search.py")
    app.query_params["item"] = str(int(study.items["id"][study.evaluated].iloc[0]))
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def faults(app: AppTest) -> list[str]:
    return [caption.value for caption in app.caption if "Nothing is filtered" in caption.value]


def test_a_condition_comes_from_the_address_and_goes_there(root: Path) -> None:
    app = search(root, where="label = 'even'")
    assert not app.exception
    assert app.text_input(key="where").value == "label = 'even'"
    assert not faults(app)
    app.session_state["address-settled"] = True  # as after the first run in a browser
    app.text_input(key="where").set_value("id < 200").run()
    assert app.query_params["where"] in ("id < 200", ["id < 200"])


@pytest.mark.parametrize("where", ["cost < 3", "label =", "true); drop table items; select (1", "[x](y) **", "\0"])
def test_a_wrong_condition_is_said(root: Path, where: str) -> None:
    app = search(root, where=where)
    assert not app.exception
    assert not app.error
    assert len(faults(app)) == 1

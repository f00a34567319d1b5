"""The address and the memory of it, without a browser: what a page is opened with, what it writes, what Back brings."""

import json
import re
import shutil
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from app.components import history
from app.state import address
from core.storage.study import Study

REPO = Path(__file__).parents[3]
MAIN = str(REPO / "app" / "script.py")
ELSEWHERE = re.compile(r"query_params|query-params")


def open_page(page: str = "compare", **query: str | list[str]) -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=60).switch_page(f"{page}/{page}.py")
    for name, value in query.items():
        app.query_params[name] = value
    app.session_state["address-settled"] = True
    app.run()
    assert not app.exception
    return app


def shown(app: AppTest) -> dict[str, str | list[str]]:
    return dict(app.query_params)


def go(app: AppTest, page: str) -> AppTest:
    """As by the navigation at the top, which drops the query."""
    app.query_params.clear()
    app.switch_page(f"{page}/{page}.py").run()
    assert not app.exception
    return app


def go_back(app: AppTest, monkeypatch: pytest.MonkeyPatch, **query: str) -> AppTest:
    """As the browser's Back: it brings an address of its own."""
    app.query_params.clear()
    for name, value in query.items():
        app.query_params[name] = value
    with monkeypatch.context() as patch:
        patch.setattr(address, "_is_history_navigation", lambda: True)
        app.run()
    assert not app.exception
    return app


def item_of(root: Path, place: int) -> str:
    study = Study.load(root / "tiny")
    return str(study.items["id"][study.evaluated].iloc[place])


@pytest.fixture
def two(root: Path) -> Path:
    """The study tiny, and a newer one of the same title, other."""
    shutil.copytree(root / "tiny", root / "other")
    text = (root / "other" / "study.json").read_text("utf-8")
    (root / "other" / "study.json").write_text(re.sub(r'"created": "\d{4}', '"created": "2999', text), "utf-8")
    return root


def rename(root: Path, id: str, title: str) -> None:
    path = root / id / "study.json"
    description = json.loads(path.read_text("utf-8"))
    description["recipe"]["title"] = title
    path.write_text(json.dumps(description), "utf-8")


def test_nothing_else_reads_or_writes_the_address() -> None:
    own = REPO / "app" / "state" / "address.py"
    files = [path for path in (REPO / "app").rglob("*.py") if path != own and path.parent.name != "access"]
    assert [str(path) for path in files if ELSEWHERE.search(path.read_text("utf-8"))] == []


def test_an_address_of_nothing_gets_the_newest_study_and_its_arms(two: Path) -> None:
    assert shown(open_page()) == {"study": "other", "left": "standard", "right": "nearest"}


def test_the_study_that_this_browser_showed_last_comes_before_the_newest(
    two: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.widgets.opening.remembered", lambda: "tiny")
    assert shown(open_page())["study"] == "tiny"
    monkeypatch.setattr("app.widgets.opening.remembered", lambda: "gone since")
    assert shown(open_page())["study"] == "other"


def test_its_folder_is_read_from_the_cookie(monkeypatch: pytest.MonkeyPatch) -> None:
    class Context:
        cookies = {history.COOKIE: "my%20study%3B%20%C3%A9"}

    monkeypatch.setattr(history.st, "context", Context())
    assert history.remembered() == "my study; é"
    Context.cookies = {}
    assert history.remembered() is None


def test_a_study_opened_by_a_link_is_shown_on_every_page(two: Path) -> None:
    item = item_of(two, 3)
    app = open_page(study="tiny", left="nearest", right="pixels", item=item, k="15", colour="class")
    view = {"study": "tiny", "left": "nearest", "right": "pixels"}
    query = {"item": item, "k": "15"}
    assert shown(app) == view | query | {"colour": "class"}
    assert shown(go(app, "search")) == view | query | {"colour": "class"}
    assert app.slider(key="k").value == 15
    assert shown(go(app, "classes")) == view | query | {"colour": "class", "class": app.selectbox(key="class").value}
    assert app.selectbox(key="study").value == "tiny"
    assert shown(go(app, "lab")) == view | query | {"colour": "class", "lab": "theory"}
    assert app.selectbox(key="lab-study").value == "tiny"
    assert shown(go(app, "data")) == {"kind": "pictures"}
    assert shown(go(app, "compare")) == view | query | {"colour": "class"}
    assert (app.selectbox(key="left").value, app.selectbox(key="right").value) == ("nearest", "pixels")


def test_a_study_named_by_its_title_is_found_if_no_other_has_it(two: Path) -> None:
    rename(two, "tiny", "My digits")
    assert shown(open_page(study="My digits"))["study"] == "tiny"
    rename(two, "other", "My digits")
    app = open_page(study="My digits")
    assert "My digits" in app.warning[0].value
    assert shown(app) == {"study": "My digits"}
    assert shown(open_page(study="My digits (tiny)"))["study"] == "tiny"


def test_a_study_that_is_gone_is_named_until_another_is_chosen(two: Path) -> None:
    app = open_page("search", study="gone", k="15")
    assert "gone" in app.warning[0].value
    assert not app.metric
    assert shown(app) == {"study": "gone", "k": "15"}
    app.selectbox(key="study").select("tiny").run()
    assert shown(app) == {"study": "tiny", "left": "standard", "right": "nearest", "k": "15"}
    assert not app.warning


def test_another_study_has_items_and_filters_of_its_own(two: Path) -> None:
    app = open_page("search", study="tiny", item=item_of(two, 1), left="pixels", **{"in-class": "odd"})
    app.selectbox(key="study").select("other").run()
    assert shown(app) == {"study": "other", "left": "pixels", "right": "nearest"}


@pytest.mark.parametrize(
    ("query", "arms"),
    [
        ({"left": "nobody", "right": "<script>"}, ("standard", "nearest")),
        ({"left": "pixels"}, ("pixels", "nearest")),
        ({"right": "standard"}, ("standard", "standard")),
    ],
)
def test_arms_that_are_not_there_are_replaced(root: Path, query: dict[str, str], arms: tuple[str, str]) -> None:
    app = open_page(**query)
    assert (app.selectbox(key="left").value, app.selectbox(key="right").value) == arms
    assert (shown(app)["left"], shown(app)["right"]) == arms


def test_what_makes_no_sense_is_the_default(root: Path) -> None:
    app = open_page("search", item=item_of(root, 0), k="9999", metric="none", hits="", **{"in-class": "prime"})
    assert app.slider(key="k").value == 10
    controls = {control.key: control.value for control in app.segmented_control}
    assert (controls["metric"], controls["hits"]) == ("euclidean", "all")


def test_a_control_writes_and_its_default_is_left_out(root: Path) -> None:
    app = open_page("search", item=item_of(root, 0))
    app.slider(key="k").set_value(20).run()
    app.multiselect(key="in-class").set_value(["even", "odd"]).run()
    assert app.query_params["k"] == "20"
    assert app.query_params["in-class"] == ["even", "odd"]
    app.slider(key="k").set_value(10).run()
    app.multiselect(key="in-class").set_value([]).run()
    assert not {"k", "in-class"} & {*app.query_params}


def test_back_restores_what_its_address_says(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = item_of(two, 0), item_of(two, 1)
    before = shown(open_page("search", study="tiny", item=first, k="15", colour="class"))
    app = open_page("search", study="tiny", item=first, k="15", colour="class")
    app.slider(key="k").set_value(30).run()
    app.selectbox(key="study").select("other").run()
    go_back(app, monkeypatch, **before)
    assert (app.selectbox(key="study").value, app.slider(key="k").value) == ("tiny", 15)
    assert shown(app) == before
    go_back(app, monkeypatch, **before | {"item": second})
    assert shown(app)["item"] == second
    assert shown(app.run())["item"] == second


def test_an_address_that_is_late_does_not_undo_what_was_chosen(root: Path) -> None:
    """A browser sends the address that it shows: while a script runs, that is the one from before."""
    app = open_page("search", item=item_of(root, 0))
    app.slider(key="k").set_value(20).run()
    del app.query_params["k"]
    assert app.run().slider(key="k").value == 20
    assert app.query_params["k"] == "20"


def test_nothing_is_shown_before_the_browser_is_ready(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, str] | None] = []
    original = address.unsettled
    monkeypatch.setattr(address, "unsettled", lambda: told.append(original()) or told[-1])
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params["study"] = "tiny"
    app.query_params["utm_source"] = "mail"
    app.run()
    assert [*app.query_params] == ["study", "utm_source"]
    page, query = told[-1] or ("", "")
    assert page == "compare"
    assert parse_qs(query) == {"study": ["tiny"], "left": ["standard"], "right": ["nearest"]}
    app.session_state["address-settled"] = True
    app.run()
    assert told[-1] is None
    assert "utm_source" not in app.query_params

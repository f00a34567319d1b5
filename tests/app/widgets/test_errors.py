"""What the app does about its own bugs: a sentence on the page, all of it in the log, and the rest goes on."""

import logging
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.train import runs
from app.widgets import errors
from core.common.errors import StudyError
from tests.app.test_pages import MAIN


def broken(*_: object, **__: object) -> None:
    raise ZeroDivisionError("a bug <b>")


def said(app: AppTest) -> list[str]:
    assert not app.exception
    return [error.value.replace("\\", "") for error in app.error]


Bugs = list[logging.LogRecord]


def test_a_bug_in_a_page_is_a_sentence_and_a_line_of_the_log(
    root: Path, monkeypatch: pytest.MonkeyPatch, bugs: Bugs
) -> None:
    app = AppTest.from_file(MAIN, default_timeout=60)
    with monkeypatch.context() as patch:
        patch.setattr(cache, "comparison", broken)
        (sentence,) = said(app.run())
    assert "ZeroDivisionError" in sentence
    assert "log" in sentence
    assert "a bug" not in sentence
    (record,) = bugs
    assert record.getMessage() == errors.UNEXPECTED
    assert record.exc_info is not None
    assert str(record.exc_info[1]) == "a bug <b>"
    assert app.selectbox(key="study").value == "tiny"  # what stands above goes on
    assert not said(app.run())
    assert app.metric
    bugs.clear()


def test_a_bug_in_a_fragment_is_a_sentence_too(root: Path, monkeypatch: pytest.MonkeyPatch, bugs: Bugs) -> None:
    monkeypatch.setattr(runs, "_empty", broken)
    app = AppTest.from_file(MAIN, default_timeout=60).switch_page("train/train.py")
    app.query_params["view"] = "runs"
    assert "ZeroDivisionError" in said(app.run())[0]
    bugs.clear()


def button_that(action: str) -> AppTest:
    def page(action: str) -> None:
        import streamlit as st

        from app.widgets import errors
        from tests.app.widgets import test_errors

        errors.show_notice()
        st.button("Do it", on_click=errors.attempt, args=(getattr(test_errors, action),))
        st.write("the rest")

    return AppTest.from_function(page, kwargs={"action": action}, default_timeout=30).run()


def refused() -> None:
    raise StudyError("the disk is full: make room")


@pytest.mark.parametrize(
    ("action", "words", "logged"), [("broken", "ZeroDivisionError", 1), ("refused", "the disk is full: make room", 0)]
)
def test_what_a_button_could_not_do_is_said_once(action: str, words: str, logged: int, bugs: Bugs) -> None:
    app = button_that(action)
    assert words in said(app.button[0].click().run())[0]
    assert app.markdown[-1].value == "the rest"
    assert len(bugs) == logged
    bugs.clear()
    assert not said(app.run())

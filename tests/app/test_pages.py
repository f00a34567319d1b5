"""The pages' logic, without a browser."""

from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app.widgets.numbers import fixed, plain_column, signed
from core.analysis.headline import headline
from core.analysis.summary import COLUMNS, compare, summarise
from core.storage.study import Study

MAIN = str(Path(__file__).parents[2] / "app" / "script.py")


def open_page(**query: str) -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def test_cards_show_the_study_s_own_figures(root: Path) -> None:
    app = open_page()
    assert not app.exception
    table = summarise(Study.load(root / "tiny"))
    shown = {metric.label: (metric.value, metric.delta) for metric in app.metric}
    left, right = table.at["standard", "sub_map@r"], table.at["nearest", "sub_map@r"]
    assert shown["Fine MAP@R"] == (f"{right:.3f}", f"{right - left:+.3f}")
    left, right = table.at["standard", "subclusters"], table.at["nearest", "subclusters"]
    assert shown["Sub-clusters"] == (f"{right:.1f}", signed(right - left, 1))
    assert any("raw pixels" in caption.value for caption in app.caption)


def test_one_sentence_and_one_line_say_what_is_seen(root: Path) -> None:
    app = open_page()
    study = Study.load(root / "tiny")
    table = summarise(study)
    modes = study.items[study.evaluated].set_index("label")["sublabel"]
    said = headline(study.diagnostics, "standard", "nearest", references=study.references, modes=modes)
    texts = [text.value.replace("\\", "") for text in app.markdown]
    assert f"**{said}.**" in texts
    left, right = (f"{table.at[arm, 'sub_recall@1']:.3f}" for arm in ("standard", "nearest"))
    assert any("Fine R@1" in text and f"{left} → **{right}**" in text for text in texts)
    assert any("**Kappa**" in text and "**Arm**" in text for text in texts)


@pytest.mark.parametrize(
    ("value", "plain", "with_sign"),
    [(0.0004, "0.000", "0.000"), (-0.0004, "0.000", "0.000"), (-1.25, "-1.250", "-1.250"), (2, "2.000", "+2.000")],
)
def test_numbers_are_written_plainly(value: float, plain: str, with_sign: str) -> None:
    assert (fixed(value, 3), signed(value, 3)) == (plain, with_sign)


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_what_is_no_number_is_said_in_a_word(value: float) -> None:
    assert fixed(value, 3) == signed(value, 3) == "none"
    assert plain_column(pd.Series([value, -0.0001, 0.5]), 3).map(str).tolist() == ["nan", "0.0", "0.5"]


def test_a_difference_that_may_be_chance_is_said_to_be_so(root: Path) -> None:
    app = open_page()
    tests = compare(Study.load(root / "tiny"), "standard", "nearest")
    by_chance = {COLUMNS[name]: not p < 0.05 for name, p in tests["p_value"].items() if name in COLUMNS}
    shown = {metric.label: metric.proto for metric in app.metric if metric.label in by_chance}
    assert len(shown) == 4
    assert any(by_chance[label] for label in shown)
    for label, card in shown.items():
        assert card.delta_description.endswith(", n.s.") == by_chance[label]
        assert not by_chance[label] or card.color == card.GRAY


def test_the_class_table_has_both_arms_and_the_reference(root: Path) -> None:
    app = open_page()
    study = Study.load(root / "tiny")
    table = app.dataframe[0].value
    assert table["", "Class"].tolist() == ["even", "odd"]
    for arm in ("standard", "nearest", "pixels"):
        expected = study.diagnostics.query("arm == @arm")["kappa"].tolist()
        assert table["Kappa", arm].tolist() == pytest.approx(expected, abs=5e-4)


def test_the_arms_swap(root: Path) -> None:
    app = open_page()
    app.button(key="swap").click().run()
    assert (app.selectbox(key="left").value, app.selectbox(key="right").value) == ("nearest", "standard")
    assert not app.exception


def test_the_same_arm_twice_is_one_map_and_no_error(root: Path) -> None:
    app = open_page()
    app.selectbox(key="right").select("standard").run()
    assert not app.exception
    assert {metric.delta for metric in app.metric} == {""}
    assert any(text.value.startswith("**standard**, on ") for text in app.markdown)


def test_back_goes_along_the_trail(root: Path) -> None:
    study = Study.load(root / "tiny")
    first, second = (int(i) for i in study.items["id"][study.evaluated][:2])
    app = open_page(item=str(first))
    assert app.button(key="back").disabled
    app.session_state["trail"] = [str(second)]
    app.session_state["address-settled"] = True
    app.run()
    app.button(key="back").click().run()
    assert app.query_params["item"] == str(second)
    assert app.button(key="back").disabled


@pytest.mark.parametrize("item", ["-1", "1e9", "99999", "٣", "<script>", ""])
def test_an_item_that_does_not_exist_is_no_query(root: Path, item: str) -> None:
    app = open_page(item=item)
    assert not app.exception
    assert not [button for button in app.button if button.key == "back"]


def test_a_study_that_breaks_while_open_is_reported(root: Path) -> None:
    app = open_page()
    (root / "tiny" / "diagnostics.parquet").unlink()
    (root / "tiny" / "study.json").write_text("{}")
    app.run()
    assert not app.exception
    assert "tiny" in app.error[0].value


def test_warnings_of_a_training_are_shown(root: Path) -> None:
    path = root / "tiny" / "study.json"
    notice = '{"code": "total-collapse", "severity": "warning", "message": "total collapse: all at one point"}'
    path.write_text(path.read_text().replace('"warnings": []', f'"warnings": [{notice}]', 1))
    app = open_page()
    assert "total collapse" in app.warning[0].value
    assert app.get("popover")[-1].proto.popover.label == ":orange[1 warning]"

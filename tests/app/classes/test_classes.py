"""The Classes page's logic, without a browser."""

import json
from pathlib import Path

import pandas as pd
from streamlit.testing.v1 import AppTest

from core.analysis.class_report import count_range, groups
from core.analysis.evidence import evidence_of
from core.analysis.recommendations import next_steps
from core.storage.study import Study

MAIN = str(Path(__file__).parents[3] / "app" / "script.py")


def open_classes(**query: str) -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=60).switch_page("classes/classes.py")
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def change(root: Path, name: str, **columns: object) -> None:
    """Overwrite columns of one of the study's tables; None removes a column."""
    path = root / "tiny" / f"{name}.parquet"
    table = pd.read_parquet(path)
    gone = [column for column, value in columns.items() if value is None and column in table]
    table.drop(columns=gone).assign(**{c: v for c, v in columns.items() if v is not None}).to_parquet(path, index=False)


def test_the_figures_are_the_study_s_own(root: Path) -> None:
    app = open_classes(**{"class": "odd"})
    assert not app.exception
    rows = Study.load(root / "tiny").diagnostics.query("label == 'odd'").set_index("arm")
    shown = [(metric.label, metric.value) for metric in app.metric]
    for at, arm in enumerate(("standard", "nearest")):
        row = rows.loc[arm]
        assert shown[5 * at : 5 * at + 5] == [
            ("Groups", count_range(row)),
            ("Expected", str(row["expected_modes"])),
            ("Kappa", f"{row['kappa']:.2f}"),
            ("Recovery", f"{row['mode_recovery']:.2f}"),
            ("Mode recall", f"{row['sublabel_excess']:.2f}"),
        ]
        said = evidence_of(Study.load(root / "tiny"), arm, "odd")
        assert said.startswith(f"{row['subclusters']} group")
        assert any(element.value == f"{said}." for element in app.markdown)


def test_a_coarser_reading_shows_other_groups(root: Path) -> None:
    study = Study.load(root / "tiny")
    rows = study.evaluated & (study.items["label"] == "odd").to_numpy()
    path = study.path / "subclusters.parquet"
    table = pd.read_parquet(path)
    inside = (table["arm"] == "nearest") & table["id"].isin(study.items["id"][rows])
    table["readings"] = [list(found) for found in table["readings"]]
    table.loc[inside, "subcluster"] = [at % 3 for at in range(inside.sum())]
    table.loc[inside, "readings"] = pd.Series(
        [[0, at // 4 % 2, at % 3] for at in range(inside.sum())], table.index[inside]
    )
    table.to_parquet(path, index=False)
    classes = study.diagnostics.reset_index(drop=True)
    at = classes.query("arm == 'nearest' and label == 'odd'").index[0]
    for name, value in {
        "subclusters": 3,
        "reading_groups": [1, 2, 3],
        "reading_p_values": [1.0, 1e-6, 4e-4],
        "reading_evidence": ["none", "peaks", "peaks"],
    }.items():
        classes.at[at, name] = value
    classes.to_parquet(study.path / "diagnostics.parquet", index=False)

    app = open_classes(**{"class": "odd"})
    assert not app.exception
    choice = next(control for control in app.segmented_control if control.label == "Groups in nearest")
    assert choice.options == ["1", "2", "3 (the count)"]
    choice.set_value(2).run()
    assert not app.exception
    assert any(element.value.startswith("A coarser reading") for element in app.caption)
    assert [group.size for group in groups(Study.load(study.path), "nearest", "odd", 2)] == sorted(
        pd.Series([at // 4 % 2 for at in range(inside.sum())]).value_counts(), reverse=True
    )


def test_a_study_of_an_earlier_version_opens_as_before(root: Path) -> None:
    """Its table has none of the columns that came later, and other words may be missing from it, but none is wrong."""
    later = ["distinct", "foreign_groups", "foreign_hosts", "class_overlap", "overlapping_class", "expected_modes"]
    later += ["modes_apart", "mode_survival", "merged_modes", "mode_recovery", "length_groups"]
    change(root, "diagnostics", verdict="blurred", **dict.fromkeys(later))
    app = open_classes(**{"class": "odd"})
    assert not app.exception
    assert [metric.label for metric in app.metric][:4] == ["Groups", "Expected", "Kappa", "Mode recall"]
    assert any("5 known modes are expected." in element.value for element in app.markdown)


def test_the_class_in_the_worst_state_comes_first(root: Path) -> None:
    table = pd.read_parquet(root / "tiny" / "diagnostics.parquet")
    change(root, "diagnostics", verdict=["destroyed" if v == "odd" else "preserved" for v in table["label"]])
    app = open_classes()
    assert app.selectbox(key="class").value == "odd"
    assert app.selectbox(key="class").options == ["odd", "even"]


def test_an_unknown_class_in_the_address_is_replaced(root: Path) -> None:
    app = open_classes(**{"class": "prime"})
    assert not app.exception
    assert app.selectbox(key="class").value == "odd"
    app.session_state["address-settled"] = True
    assert app.run().query_params["class"] == "odd"


def test_buttons_walk_and_stop_at_the_ends(root: Path) -> None:
    app = open_classes()
    first, second = app.selectbox(key="class").options
    assert app.button(key="previous-class").disabled
    app.button(key="next-class").click().run()
    assert app.selectbox(key="class").value == second
    assert app.button(key="next-class").disabled
    app.button(key="previous-class").click().run()
    assert app.selectbox(key="class").value == first


def test_the_advice_is_core_s(root: Path) -> None:
    app = open_classes(**{"class": "even"})
    study = Study.load(root / "tiny")
    said = " ".join(text.value.replace("\\", "") for text in app.markdown)
    for arm in ("standard", "nearest"):
        for step in next_steps(study, arm, "even"):
            assert step.title in said
            assert step.reason in said


def test_one_line_says_how_many_labels_are_wrong_and_what_that_asks_for(root: Path) -> None:
    shares = {"label_noise": 0.123, "label_noise_low": 0.1, "label_noise_high": 0.15}
    change(root, "diagnostics", **shares)
    said = " ".join(caption.value.replace("\\", "") for caption in open_classes().caption)
    assert "12.3 % of this class's training labels are wrong (10 to 15 %), estimated in pixels." in said
    assert "nearest positives need" in said
    assert "here are 32" in said


def test_a_study_from_before_says_nothing_of_its_labels(root: Path) -> None:
    change(root, "diagnostics", label_noise=None, label_noise_low=None, label_noise_high=None)
    path = root / "tiny" / "study.json"
    facts = json.loads(path.read_text())
    del facts["label_noise"]
    path.write_text(json.dumps(facts))
    app = open_classes()
    assert not app.exception
    assert not [caption for caption in app.caption if "labels are wrong" in caption.value]


def test_without_modes_or_reference_the_page_says_what_is_missing(root: Path) -> None:
    change(root, "items", sublabel=None)
    path = root / "tiny" / "study.json"
    path.write_text(path.read_text().replace('"reference"', '"imported"'))
    app = open_classes()
    assert not app.exception
    assert any("no reference" in info.value for info in app.info)


def test_the_same_arm_twice_is_one_column(root: Path) -> None:
    app = open_classes(right="standard")
    assert not app.exception
    assert len([metric for metric in app.metric if metric.label == "Groups"]) == 1


def test_a_study_damaged_while_open_says_so(root: Path) -> None:
    (root / "tiny" / "subclusters.parquet").write_bytes(b"broken")
    app = open_classes()
    assert not app.exception
    assert any("subclusters.parquet" in error.value for error in app.error)

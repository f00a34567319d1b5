"""The report: everything in one file, and nothing in it that could run or be fetched."""

import re
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from core.analysis.figures import safe
from core.analysis.html_report import report, write_report
from core.analysis.summary import WORST_FIRST, summarise, worst_first
from core.common.errors import UncollapseError
from core.diagnostics.verdicts import VERDICTS
from core.storage.study import Study
from tests.core.conftest import Outcome

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


class Page(HTMLParser):
    """Text, tags and addresses of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.texts: list[str] = []
        self._in_script = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._in_script = tag in ("script", "style")
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False

    def handle_data(self, data: str) -> None:
        if not self._in_script:
            self.texts.append(data)


@pytest.fixture
def study(study_folder: Path, tmp_path: Path) -> Study:
    shutil.copytree(study_folder, tmp_path / "tiny")
    return Study.load(tmp_path / "tiny")


def test_it_holds_the_study_s_figures_and_fetches_nothing(study: Study) -> None:
    page = Page(report(study))
    text = " ".join(page.texts)
    for arm, row in summarise(study).iterrows():
        assert str(arm) in text
        assert f"{row['sub_map@r']:.3f}" in text
    for verdict in study.diagnostics["verdict"]:
        assert verdict in text
    assert page.addresses
    assert all(address.startswith("data:image/png;base64,") for address in page.addresses)
    found = _counted(study).groupby(["arm", "label"])["subcluster"].max() + 1
    assert page.tags.count("img") == found.sum()


def _counted(study: Study) -> pd.DataFrame:
    """Sub-clusters of the evaluated items of both arms, with their class."""
    parts = [
        pd.DataFrame({"arm": arm, "label": study.items["label"], "subcluster": study.subclusters(arm)})
        for arm in study.arms
    ]
    table = pd.concat(parts)
    return table[table["subcluster"] >= 0]


def test_hostile_labels_are_text(study: Study) -> None:
    clean = Page(report(study)).tags
    for name in ("items", "diagnostics"):
        path = study.path / f"{name}.parquet"
        table = pd.read_parquet(path).replace({"label": {"even": HOSTILE}, "sublabel": {"4": HOSTILE}})
        table.to_parquet(path, index=False)
    html = report(Study.load(study.path))
    page = Page(html)
    assert sorted(page.tags) == sorted(clean)
    assert HOSTILE in " ".join(page.texts)
    assert "<img src=x" not in html
    assert "<script>alert" not in html


def test_without_pictures_modes_reference_or_recipe(study: Study) -> None:
    (study.path / "images.npy").unlink()
    items = pd.read_parquet(study.path / "items.parquet")
    items.drop(columns=["sublabel"]).to_parquet(study.path / "items.parquet", index=False)
    description = study.path / "study.json"
    text = description.read_text().replace('"reference"', '"imported"')
    description.write_text(re.sub(r'"recipe"', '"once_a_recipe"', text, count=1))
    page = Page(report(Study.load(study.path)))
    assert "img" not in page.tags
    assert any("#" in text for text in page.texts)


def test_the_command_writes_the_file_or_says_why_not(study: Study, tmp_path: Path, cli: Callable[..., Outcome]) -> None:
    out = tmp_path / "report.html"
    outcome = cli("report", str(study.path), "--out", str(out))
    assert outcome.code == 0
    assert "</html>" in out.read_text(encoding="utf-8")
    outcome = cli("report", str(study.path), "--out", str(tmp_path / "nowhere" / "report.html"))
    assert outcome.code == 2
    assert "No such file" in outcome.err
    with pytest.raises(UncollapseError, match="cannot write"):
        write_report(study, study.path)
    with pytest.raises(UncollapseError, match="it lies in the study itself"):
        write_report(study, study.path / "items.parquet")
    with pytest.raises(UncollapseError, match="it is not a file, and is not replaced"):
        write_report(study, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["report.html", "tiny"]


def test_classes_in_the_worst_state_come_first(study: Study) -> None:
    assert sorted(WORST_FIRST) == sorted(VERDICTS)
    table = study.diagnostics
    table["verdict"] = "preserved"
    assert worst_first(study, study.arms) == ["even", "odd"]
    table.loc[(table["label"] == "odd") & (table["arm"] == "nearest"), "verdict"] = "destroyed"
    assert worst_first(study, study.arms) == ["odd", "even"]
    assert worst_first(study, ["standard"]) == ["even", "odd"]


def test_text_for_plotly_is_cut_and_harmless() -> None:
    assert safe("<b>&</b>") == "&lt;b&gt;&amp;&lt;/b&gt;"
    assert len(safe("x" * 300)) == 40

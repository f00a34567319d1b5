"""The benchmark of the losses against collapse, but for its training: the table and where it is written."""

from pathlib import Path

import pandas as pd
import pytest

from core.recipe.recipe import Recipe
from tests.benchmarks import prevention
from tests.benchmarks.prevention import BEGIN, END, SHOWN, main


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list[Recipe]:
    """The recipes that would be trained; their figures are the seed's number, over a tenth."""
    asked: list[Recipe] = []

    def measure(recipe: Recipe) -> pd.DataFrame:
        asked.append(recipe)
        return pd.DataFrame(0.5 + recipe.seed / 10, index=["nearest", "l-spread", "pixels"], columns=[*SHOWN])

    monkeypatch.setattr(prevention, "measure", measure)
    return asked


def test_the_table_says_what_was_trained_how_often_and_for_how_long(figures, tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text(f"above\n{BEGIN}\nold\n{END}\nbelow\n")
    main(["--seeds", "3", "--set", "train.epochs=2", "--write", str(page)])
    assert [recipe.seed for recipe in figures] == [0, 1, 2]
    assert {recipe.train.epochs for recipe in figures} == {2}
    text = page.read_text()
    assert text.startswith(
        f"above\n{BEGIN}\n`python -m tests.benchmarks.prevention --seeds 3 --set train.epochs=2`: seeds 0 to 2"
    )
    assert "2 epochs" in text
    assert "| nearest | triplet | nearest | 0.600 ± 0.100 |" in text
    assert "| l-spread | l-spread |  | 0.600 ± 0.100 |" in text
    assert "| pixels | no training |  | 0.600 ± 0.100 |" in text
    assert "0.60 ± 0.10 | 0.6 ± 0.1 |\n" in text
    assert text.endswith(f"\n{END}\nbelow\n")
    assert "old" not in text


def test_of_one_seed_there_is_no_spread(figures, capsys: pytest.CaptureFixture[str]):
    main(["--seeds", "1"])
    out = capsys.readouterr().out
    assert "seed 0, 12 epochs" in out
    assert "±" not in out


def test_a_document_without_the_marks_is_refused_before_anything_is_trained(figures, tmp_path: Path, capsys):
    page = tmp_path / "page.md"
    page.write_text("nothing here\n")
    with pytest.raises(SystemExit):
        main(["--write", str(page)])
    assert "needs the lines" in capsys.readouterr().err
    assert page.read_text() == "nothing here\n"
    assert not figures

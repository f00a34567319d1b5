"""The benchmark of the losses against collapse, but for its training: the table, going on, where it is written."""

from pathlib import Path

import pandas as pd
import pytest

from core.recipe.recipe import Recipe
from tests.benchmarks import prevention
from tests.benchmarks.prevention import BEGIN, END, SHOWN, main


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[Recipe]:
    """The recipes that would be trained; all of their figures are .5 and a tenth of the seed."""
    asked: list[Recipe] = []

    def measure(recipe: Recipe) -> pd.DataFrame:
        asked.append(recipe)
        table = pd.DataFrame(0.5 + recipe.seed / 10, index=["nearest", "l-spread", "pixels"], columns=[*SHOWN])
        return table.rename_axis("arm").reset_index()

    monkeypatch.setattr(prevention, "measure", measure)
    return asked


def test_the_table_says_what_was_trained_and_how_often(trained: list[Recipe], tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text(f"above\n{BEGIN}\nold\n{END}\nbelow\n")
    main(["--seeds", "3", "--set", "train.epochs=2", "--write", str(page)])
    assert [recipe.seed for recipe in trained] == [0, 1, 2]
    assert {recipe.train.epochs for recipe in trained} == {2}
    text, command = page.read_text(), "python -m tests.benchmarks.prevention --seeds 3 --set train.epochs=2"
    assert text.startswith(f"above\n{BEGIN}\n`{command}`: seeds 0 to 2, mean ± standard deviation, 2 epochs")
    for row in ("nearest | triplet | nearest", "l-spread | l-spread | none", "pixels | no training | none"):
        assert f"| {row} | " + "0.600 ± 0.100 | " * 4 + "0.60 ± 0.10 | 0.6 ± 0.1 |\n" in text
    assert text.endswith(f"|\n{END}\nbelow\n")
    assert "old" not in text


def test_of_one_seed_there_is_no_spread(trained: list[Recipe], capsys: pytest.CaptureFixture[str]):
    main(["--seeds", "1"])
    out = capsys.readouterr().out
    assert "seed 0, 12 epochs" in out
    assert "±" not in out
    assert len(trained) == 1


def test_seeds_that_are_in_the_file_are_not_trained_again_and_other_settings_never_mixed(
    trained: list[Recipe], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    kept = ["--results", str(tmp_path / "r.csv")]
    main(["--seeds", "2", *kept])
    main(["--seeds", "1", "--set", "train.epochs=3", *kept])
    main(["--seeds", "3", *kept])
    assert [(recipe.seed, recipe.train.epochs) for recipe in trained] == [(0, 12), (1, 12), (0, 3), (2, 12)]
    capsys.readouterr()
    main(["--seeds", "3", *kept])
    assert len(trained) == 4
    assert "| nearest | triplet | nearest | 0.600 ± 0.100 |" in capsys.readouterr().out


def test_a_document_without_the_marks_is_refused_before_anything_is_trained(
    trained: list[Recipe], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    page = tmp_path / "page.md"
    page.write_text("nothing here\n")
    with pytest.raises(SystemExit):
        main(["--write", str(page)])
    assert "needs the lines" in capsys.readouterr().err
    assert page.read_text() == "nothing here\n"
    assert not trained

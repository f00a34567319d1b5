"""The judge of the corpus: what counts as a refusal, and what does not pass for one."""

from pathlib import Path

import pytest

from tests.hostile.case import Case, Outcome
from tests.hostile.judging import judge, state_of


def verdict(folder: Path, code: int, stderr: str = "", stdout: str = "", *, must: str = "", memory: int = 0) -> str:
    outcome = Outcome(folder, code, stdout, stderr, 1.0, memory)
    return ": ".join(judge(Case([], must=must), outcome, state_of(folder), "")).removesuffix(": ")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((2, "error: t.csv has no rows; list two"), "refused"),
        ((2, "warning: odd\nerror: t.csv has no rows; list two"), "refused"),
        ((2, "", '[{"problem": "a file is missing", "remedy": "add it"}]'), "refused"),
        ((0, "", "saved"), "accepted"),
        ((2, ""), "wrong: says nothing"),
        ((2, "error: " + "x" * 301), f"wrong: a sentence of 301 characters: {'x' * 60}"),
        ((1, "oh"), "wrong: exit code 1"),
        ((1, "Traceback (most recent call last)\nKeyError: 1"), "wrong: Traceback (KeyError: 1)"),
        ((0, "/a.py:3: UserWarning: odd"), "wrong: UserWarning (/a.py:3: UserWarning: odd)"),
        ((-9, ""), "wrong: hangs: stopped after 1 s of computing"),
    ],
)
def test_verdicts(given: tuple, expected: str, tmp_path: Path):
    assert verdict(tmp_path, *given) == expected


def test_what_must_be_refused_or_accepted(tmp_path: Path):
    assert verdict(tmp_path, 0, must="refuse") == "wrong: accepted"
    assert verdict(tmp_path, 2, "error: no", must="accept") == "wrong: refused: error: no"
    assert verdict(tmp_path, 0, memory=3 << 30) == "wrong: 3072 MiB of memory"


def test_inputs_stay_and_a_refusal_leaves_nothing(tmp_path: Path):
    (tmp_path / "input").write_text("x")
    before = state_of(tmp_path)
    (tmp_path / "input").unlink()
    (tmp_path / ".half").mkdir()
    outcome = Outcome(tmp_path, 2, "", "error: no", 1.0, 0)
    assert judge(Case([]), outcome, before, "") == ("wrong", "changed input; left .half")

"""One sentence for every verdict, and facts from tables of any version."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.diagnostics import diagnose
from core.diagnostics.evidence import evidence, listed
from core.diagnostics.facts import Facts
from tests.core.diagnostics.planted import classes_of_modes
from tests.core.diagnostics.test_verdicts import FACTS

UNKNOWN = "nothing tells how many modes there should be"


@pytest.mark.parametrize(
    ("changes", "clauses"),
    [
        ({"items": 1}, ["1 item, of 20 that a verdict needs"]),
        (
            {"groups": 4, "expected": 5, "apart": 4, "merged": (("6", "8"),)},
            ["4 groups stand out", "of 5 known modes, 6 and 8 are not told apart"],
        ),
        (
            {"groups": 2, "expected": 4, "apart": 2, "merged": (("a", "b"), ("c", "d"))},
            ["2 groups stand out", "of 4 known modes, a and b are not told apart, nor are c and d"],
        ),
        (
            {"groups": 3, "apart": 3, "named": False},
            ["3 groups stand out", "all 3 groups of the reference are told apart"],
        ),
        ({}, ["1 group stands out", "3 known modes are mixed as by chance (mode recall 0.10 beyond it)"]),
        (
            {"groups": 2},
            [
                "2 groups stand out",
                "3 known modes are mixed as by chance, which the groups do not follow (mode recall 0.10 beyond it)",
            ],
        ),
        (
            {"excess": 0.5},
            ["1 group stands out", "none of 3 known modes is told apart, but mode recall is 0.50 beyond chance"],
        ),
        ({"expected": None}, ["1 group stands out", UNKNOWN]),
        ({"expected": 1}, ["1 group stands out", "1 known mode is expected"]),
        (
            {"expected": 1, "named": False, "kappa": 0.05},
            ["1 group stands out", "1 group of the reference is expected", "the class is small (kappa 0.05)"],
        ),
        (
            {"groups": 9, "foreign_groups": 6, "hosts": ("b", "c"), "apart": 3},
            ["9 groups stand out", "6 of the 9 lie among the items of b and c", "all 3 known modes are told apart"],
        ),
        (
            {"expected": None, "overlap": 0.97, "met": "b"},
            ["1 group stands out", UNKNOWN, "the class coincides with b (overlap 0.97, where 1 is completely mixed)"],
        ),
        (
            {"expected": None, "in_length": True},
            ["1 group stands out", UNKNOWN, "the vectors differ in length alone; the analysis uses directions"],
        ),
        (
            {"expected": None, "items": 120, "distinct": 3},
            ["1 group stands out", UNKNOWN, "the 120 items are only 3 different vectors, too few to count groups"],
        ),
    ],
)
def test_sentences(changes, clauses):
    assert evidence(replace(FACTS, **changes)) == "; ".join(clauses)


def test_other_spaces_are_named():
    facts = replace(FACTS, groups=4, expected=5, apart=4, merged=(("6", "8"),))
    said = evidence(facts, arm="nearest", elsewhere={"standard": 1, "pixels": 3})
    assert (
        said
        == "4 groups stand out in nearest, 1 in standard, 3 in pixels; of 5 known modes, 6 and 8 are not told apart"
    )


def test_many_names_are_counted():
    assert listed(["a"]) == "a"
    assert listed([*"abcdef"]) == "a, b, c, d, e and f"
    assert listed([*"abcdefgh"]) == "a, b, c, d, e, f and 2 more"


def test_lengths_are_not_mentioned_where_directions_show_the_modes():
    assert "length" not in evidence(replace(FACTS, in_length=True, groups=3, apart=3))


def test_facts_survive_a_file_and_a_table_of_an_earlier_version(tmp_path):
    points, labels, truth = classes_of_modes(np.random.default_rng(0), (0, 0, 1, 1), per_class=60)
    table = diagnose(points, labels, sublabels=truth, n_jobs=1)
    table.to_parquet(tmp_path / "t.parquet")
    stored = pd.read_parquet(tmp_path / "t.parquet")
    for before, after in zip(table.to_dict("records"), stored.to_dict("records"), strict=True):
        assert repr(Facts.of(after)) == repr(Facts.of(before))  # NaN differs from itself
    old = {"n": 40, "subclusters": 1, "kappa": 1.0, "sublabel_modes": 4, "sublabel_excess": 0.5, "verdict": "blurred"}
    facts = Facts.of(old)
    assert (facts.expected, facts.apart, facts.distinct, facts.merged) == (4, None, None, ())
    assert evidence(facts) == "1 group stands out; 4 known modes are expected"


def test_the_table_of_diagnose_ends_with_the_evidence():
    points, labels, truth = classes_of_modes(np.random.default_rng(0), (0, 1), per_class=60)
    table = diagnose(points, labels, sublabels=truth, reference=points, n_jobs=1)
    assert table.columns[-1] == "evidence"
    assert set(table["evidence"]) == {"2 groups stand out, 2 in the reference; all 2 known modes are told apart"}

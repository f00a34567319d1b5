"""Columns that are missing, have gaps, or hold something else."""

import datetime

import numpy as np
import pandas as pd
import pytest

from core.storage.table_format import TableFormat

FORM = TableFormat(
    {"id": "whole", "label": "text"},
    measured={"mean": "number"},
    full={"split": "text", "query": "flag"},
    partial={"near": "text", "many": "list", "pieces": "whole"},
    others="number",
)
SOUND = pd.DataFrame(
    {
        "id": [0, 1],
        "label": ["a", "b"],
        "mean": [np.nan, 1],
        "pieces": [3, np.nan],
        "split": ["train", "test"],
        "query": [True, False],
        "near": ["b", None],
        "many": [np.array([1]), None],
        "kappa": [0.5, np.nan],
    }
)


def test_a_sound_table_with_and_without_what_it_may_lack():
    assert FORM.fault(SOUND) == ""
    assert FORM.fault(SOUND[["id", "label", "mean"]]) == ""
    assert FORM.fault(SOUND.assign(near=None, kappa=None, count=pd.array([3, None], dtype="Int64"))) == ""


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda t: t.drop(columns="id"), "lacks the column id"),
        (lambda t: t.drop(columns="mean"), "lacks the column mean"),
        (lambda t: t.assign(pieces=[np.inf, 1]), "has infinite numbers in the column pieces"),
        (lambda t: t.assign(pieces=[0.5, 1]), "has a column pieces that does not hold whole numbers"),
        (lambda t: t.assign(kappa=[-np.inf, 1]), "has infinite numbers in the column kappa"),
        (lambda t: t.assign(id=[0.5, 1]), "has a column id that does not hold whole numbers"),
        (
            lambda t: t.assign(id=pd.array([0, None], dtype="Int64")),
            "lacks a whole number in the column id in some rows",
        ),
        (lambda t: t.assign(label=[1, 2]), "has a column label that does not hold text"),
        (lambda t: t.assign(label=["a", None]), "lacks a text in the column label in some rows"),
        (lambda t: t.assign(split=[None, "test"]), "lacks a text in the column split in some rows"),
        (lambda t: t.assign(query=["yes", "no"]), "has a column query that does not hold true or false"),
        (lambda t: t.assign(many=["a", "b"]), "has a column many that does not hold lists"),
        (lambda t: t.assign(kappa=["a", "b"]), "has a column kappa that does not hold numbers"),
        (lambda t: t.assign(kappa=[1j, 2]), "has a column kappa that does not hold numbers"),
        (lambda t: t.assign(kappa=[datetime.date(2024, 1, 1)] * 2), "has a column kappa that does not hold numbers"),
    ],
)
def test_faults(change, fault: str):
    assert FORM.fault(change(SOUND)) == fault

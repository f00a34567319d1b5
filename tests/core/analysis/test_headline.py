"""The sentence at the top of Compare, for studies made by hand."""

from typing import Any

import pandas as pd

from core.analysis.headline import headline

EVEN, ODD = ["0", "2", "4", "6", "8"], ["1", "3", "5", "7", "9"]
MODES = pd.Series(EVEN * 10 + ODD * 10, index=["even"] * 50 + ["odd"] * 50)


def known(arm: str, label: str, apart: int, *, of: int = 5, n: int = 500) -> dict[str, object]:
    return {"arm": arm, "label": label, "n": n, "subclusters": 1, "sublabel_modes": of, "modes_apart": apart}


def counted(arm: str, label: str, groups: int, *, n: int = 500) -> dict[str, object]:
    return {"arm": arm, "label": label, "n": n, "subclusters": groups}


def said(*rows: dict[str, object], left: str = "standard", right: str = "nearest", **options: Any) -> str:
    return headline(pd.DataFrame(rows), left, right, **options)


def test_the_class_that_differs_most_and_all_together() -> None:
    rows = [known("standard", "even", 1), known("standard", "odd", 3), known("nearest", "even", 4)]
    assert said(*rows, known("nearest", "odd", 5), modes=MODES) == (
        'nearest keeps 4 of 5 modes (0, 2, 4, 6, 8) apart inside "even", standard 1; over both classes 9 of 10, '
        "standard 4"
    )


def test_one_class() -> None:
    rows = [known("standard", "even", 1), known("nearest", "even", 4)]
    assert said(*rows) == 'nearest keeps 4 of 5 modes apart inside "even", standard 1'
    assert said(*rows, left="nearest", right="standard") == said(*rows)


def test_the_arm_that_is_ahead_comes_first_on_either_side() -> None:
    rows = [known("standard", "even", 5), known("nearest", "even", 2)]
    assert said(*rows) == 'standard keeps 5 of 5 modes apart inside "even", nearest 2'


def test_equal_sums_of_unequal_classes() -> None:
    rows = [known("standard", "even", 4), known("standard", "odd", 2), known("nearest", "even", 2)]
    assert said(*rows, known("nearest", "odd", 4)) == (
        'standard keeps 4 of 5 modes apart inside "even", nearest 2; over both classes 6 of 10, nearest 6'
    )


def test_equal_arms() -> None:
    rows = [known(arm, label, 3) for arm in ("standard", "nearest") for label in ("even", "odd", "other")]
    assert said(*rows) == "standard and nearest both keep 9 of 15 modes apart over all 3 classes"
    rows = [known(arm, label, 1) for arm in ("standard", "nearest") for label in ("even", "odd")]
    assert said(*rows) == "standard and nearest both keep none of 10 modes apart over both classes"


def test_a_single_arm() -> None:
    rows = [known("mine", "even", 1), known("mine", "odd", 5)]
    assert said(*rows, left="mine", right="mine") == (
        'mine keeps 6 of 10 modes apart over both classes, the fewest inside "even": 1 of 5'
    )
    assert said(rows[0], left="mine", right="mine") == 'mine keeps none of 5 modes apart inside "even"'
    groups = [counted("mine", "a", 1), counted("mine", "b", 1), counted("mine", "c", 1)]
    assert said(*groups, left="mine", right="mine") == "mine shows one group inside each class"


def test_without_modes_groups_are_counted() -> None:
    rows = [counted("standard", "a", 1), counted("nearest", "a", 4), counted("standard", "b", 1)]
    assert said(*rows, counted("nearest", "b", 1)) == (
        'nearest shows 4 groups inside "a", standard 1; over both classes 5, standard 2'
    )
    rows = [counted(arm, "a", 1) for arm in ("standard", "nearest")]
    assert said(*rows) == 'standard and nearest both show one group inside "a"'


def test_a_reference_that_keeps_more_is_named() -> None:
    rows = [known("standard", "even", 1), known("nearest", "even", 4)]
    better = said(*rows, known("pixels", "even", 5), references=["pixels"])
    assert better.endswith("standard 1; pixels, without any training, keeps more: 5")
    assert said(*rows, known("pixels", "even", 4), references=["pixels"]) == said(*rows)
    beside = said(*rows, known("pixels", "even", 5), left="nearest", right="pixels", references=["pixels"])
    assert beside == 'pixels keeps 5 of 5 modes apart inside "even", nearest 4'


def test_classes_that_are_too_small_are_left_out() -> None:
    rows = [known("standard", "even", 1, n=19), known("nearest", "even", 4, n=19)]
    assert said(*rows) == "No class has the 20 items that are needed to tell groups inside it"


def test_many_modes_are_not_listed() -> None:
    modes = pd.Series([f"m{i}" for i in range(40)], index=["a"] * 40)
    rows = [known("standard", "a", 1, of=40), known("nearest", "a", 30, of=40)]
    assert said(*rows, modes=modes) == 'nearest keeps 30 of 40 modes apart inside "a", standard 1'

"""What folders mean: classes, modes, parts of a split, and what is asked about."""

from pathlib import Path

import pytest

from core.common.errors import DataError
from core.data.layout import understand


def understood(*patterns: str) -> tuple:
    """Labels, sublabels, splits and problems of two pictures in each folder."""
    paths = [f"{folder}/{i}.png".lstrip("/") for folder in patterns for i in range(2)]
    items, problems = understand(paths, root=Path("data"))
    columns = ("label", "sublabel", "split")
    return tuple("/".join(dict.fromkeys(items[c])) if c in items else None for c in columns), problems


LAYOUTS = {
    "classes": (("a", "b"), ("a/b", None, None)),
    "modes": (("a/x", "a/y", "b/x", "b/z"), ("a/b", "x/y/z", None)),
    "constant below": (("a/images", "b/images"), ("a/b", None, None)),
    "constant between": (("a/images/x", "a/images/y", "b/images/z"), ("a/b", "x/y/z", None)),
    "constant above": (("w/v/a", "w/v/b"), ("a/b", None, None)),
    "Training and Testing": (("Training/a", "Training/b", "Testing/a"), ("a/b", None, "train/test")),
    "capitals": (("TRAIN/a", "TRAIN/b", "Val/a"), ("a/b", None, "train/test")),
    "words around": (
        ("seg_train/seg_train/a", "seg_train/seg_train/b", "seg_test/seg_test/a"),
        ("a/b", None, "train/test"),
    ),
    "images below the class": (("train/a/images", "train/b/images", "val/a/images"), ("a/b", None, "train/test")),
    "split below the class": (("a/train", "a/test", "b/train"), ("a/b", None, "train/test")),
    "split and modes": (("train/a/x", "train/b/y", "valid/a/x"), ("a/b", "x/y", "train/test")),
    "camel case": (("trainingSet/a", "trainingSet/b", "testSet/b"), ("a/b", None, "train/test")),
    "three parts": (("train/a", "train/b", "val/a", "test/b"), ("a/b", None, "train/test")),
}


@pytest.mark.parametrize(("folders", "expected"), LAYOUTS.values(), ids=LAYOUTS.keys())
def test_layouts(folders, expected):
    assert understood(*folders) == (expected, [])


def test_query_and_gallery():
    folders = ("bounding_box_train/1", "bounding_box_train/2", "query/3", "bounding_box_test/3", "bounding_box_test/4")
    items, problems = understand([f"{folder}/0.png" for folder in folders], root=Path("data"))
    assert not problems
    assert items["split"].tolist() == ["train", "train", "test", "test", "test"]
    assert items["is_query"].tolist() == [False, False, True, False, False]
    assert items["is_gallery"].tolist() == [False, False, False, True, True]


DOUBTS = {
    "a split without classes": (("train", "test"), "error", "parts of a split without classes"),
    "a folder beside the split": (("train/a", "train/b", "test/a", "extra/a"), "warning", "look like parts of a split"),
    "unknown names": (("set1/a", "set1/b", "set2/a", "set2/b"), "warning", "all classes have the same folders"),
}


@pytest.mark.parametrize(("folders", "severity", "said"), DOUBTS.values(), ids=DOUBTS.keys())
def test_doubts(folders, severity, said):
    (problem,) = understood(*folders)[1]
    assert problem.severity == severity
    assert said in problem.problem


def test_classes_that_only_sound_like_a_split_stay_classes():
    labels, problems = understood("freight train", "passenger train", "bus")
    assert labels == ("freight train/passenger train/bus", None, None)
    assert not problems


def test_different_depths_are_refused():
    with pytest.raises(DataError, match="some images are one folder deep"):
        understood("train/a", "train/b", "test")

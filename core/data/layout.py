"""What the folders above pictures mean: the class, its modes, and the parts of a split.

Understood are `class/image` and `class/mode/image`, with any folders around or between them that say nothing, as in
`images_background/class/mode/image` or `class/images/image`: a level on which all pictures have the same folder. A
level whose folders are all parts of a split (train, Testing, val, query, gallery, bounding_box_test, ...) is the split.
"""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pandas as pd

from core.common.errors import DataError, shown
from core.data.collection import Problem, first_names

WANTED = "arrange the images as class/image or class/mode/image"

TRAIN = frozenset({"train", "training", "trn"})
TEST = frozenset({"test", "testing", "tst", "val", "valid", "validation", "dev", "eval", "evaluation", "holdout"})
QUERY, GALLERY = frozenset({"query", "queries", "probe"}), frozenset({"gallery"})

MAX_PARTS = 6
"""Folders of unknown names up to which they may be the parts of a split."""


@dataclass(frozen=True)
class Part:
    """A part of a split, by the name of its folder."""

    split: str
    """train or test."""
    role: str = ""
    """query or gallery, where the folder says so."""


def part_of(folder: str) -> Part | None:
    """The part of a split that a folder's name means, as in "Training", "seg_test" or "bounding_box_train"."""
    words = set(re.findall("[a-z]+", re.sub("([a-z])([A-Z])", r"\1 \2", folder).casefold()))
    for names, part in (
        (QUERY, Part("test", "query")),
        (GALLERY, Part("test", "gallery")),
        (TRAIN, Part("train")),
        (TEST, Part("test")),
    ):
        if words & names:
            return part
    return None


def understand(paths: list[str], *, root: Path) -> tuple[pd.DataFrame, list[Problem]]:
    """Items (path, label, [sublabel], [split], [is_query, is_gallery]) with names as they are, and what is doubtful.

    Raises DataError where pictures lie at different depths, or too deep.
    """
    folders = [PurePosixPath(path).parts[:-1] for path in paths]
    items = pd.DataFrame({"path": paths})
    folders = _without_constant_levels(folders, [""] * len(paths))
    level = _split_level(folders)
    problems: list[Problem] = []
    if level is None:
        problems = _doubts(folders)
    else:
        parts = [part_of(names[level]) for names in folders]
        items["split"] = [part.split for part in parts if part is not None]
        roles = [part.role for part in parts if part is not None]
        if "query" in roles:
            items["is_query"] = [role == "query" for role in roles]
            items["is_gallery"] = ~items["is_query"] & (items["split"] == "test")
        within = [names[level] for names in folders]
        folders = [names[:level] + names[level + 1 :] for names in folders]
        folders = _without_constant_levels(folders, within)
    _require_one_depth(folders, paths, root=root)
    items["label"] = pd.Series([names[0] for names in folders], dtype=object)
    if folders and len(folders[0]) == 2:
        items["sublabel"] = pd.Series([names[1] for names in folders], dtype=object)
    return items, problems


def _without_constant_levels(folders: list[tuple[str, ...]], parts: list[str]) -> list[tuple[str, ...]]:
    """Remove levels on which all pictures of a part have the same folder; the last level is kept.

    parts: of the split, by picture; its parts may name such a folder differently.
    """
    level = 0
    while folders and level < min(map(len, folders)) and min(map(len, folders)) > 1:
        if len({(part, names[level]) for part, names in zip(parts, folders, strict=True)}) > len(set(parts)):
            level += 1
        else:
            folders = [names[:level] + names[level + 1 :] for names in folders]
    return folders


def _split_level(folders: list[tuple[str, ...]]) -> int | None:
    """The outermost level whose folders are all parts of a split, two different ones at least; not the only level."""
    depth = min(map(len, folders), default=0)
    for level in range(depth if depth > 1 else 0):
        parts = [part_of(name) for name in {names[level] for names in folders}]
        if None not in parts and len(set(parts)) > 1:
            return level
    return None


def _doubts(folders: list[tuple[str, ...]]) -> list[Problem]:
    """Warnings about classes that may be parts of a split."""
    for level in range(max(map(len, folders), default=0)):
        names = sorted({names[level] for names in folders if len(names) > level})
        looks = [name for name in names if part_of(name) is not None]
        if len({part_of(name) for name in looks}) < 2:
            continue
        if len(looks) == len(names):
            remedy = "put a folder for each class into each of them, or list the pictures in a table"
            return [Problem(first_names(names), "error", "the folders are parts of a split without classes", remedy)]
        fault = "folders that look like parts of a split are taken as classes or modes, as there are others beside them"
        others = first_names([name for name in names if part_of(name) is None])
        return [Problem(first_names(looks), "warning", fault, f"move {others} elsewhere, or rename the folders")]
    below: dict[str, set[str]] = {}
    for parts in folders:
        below.setdefault(parts[0] if parts else "", set()).add(parts[1] if len(parts) > 1 else "")
    shared = set.intersection(*below.values()) if below else set()
    if 2 <= len(below) <= MAX_PARTS and len(shared) > 1 and all(own == shared for own in below.values()):
        fault = f"all classes have the same folders ({first_names(sorted(shared))}), which are taken as modes"
        remedy = "rename the outer folders to train and test, if they are parts of a split"
        return [Problem(first_names(sorted(below), limit=MAX_PARTS), "warning", fault, remedy)]
    return []


def _require_one_depth(folders: list[tuple[str, ...]], paths: list[str], *, root: Path) -> None:
    depths = Counter(map(len, folders))
    for wrong, what in ((0, "in no class folder"), (max(depths, default=0), "below more than two folders")):
        if wrong in depths and wrong not in {1, 2}:
            found = [path for path, names in zip(paths, folders, strict=True) if len(names) == wrong]
            raise DataError(f"{shown(root)}: {len(found):,} images are {what} ({first_names(found)}); {WANTED}")
    if len(depths) > 1:
        rare = min((1, 2), key=lambda depth: depths[depth])
        found = [path for path, names in zip(paths, folders, strict=True) if len(names) == rare]
        raise DataError(
            f"{shown(root)}: some images are one folder deep and others two ({len(found):,} are {rare} deep: "
            f"{first_names(found)}); {WANTED} throughout"
        )

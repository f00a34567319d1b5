"""Images in a folder or a zip archive, whose folders are their classes, modes and split: see `core.data.layout`."""

from collections import Counter
from pathlib import Path

import pandas as pd

from core.common.errors import DataError, shown
from core.data.collection import Collection, Problem
from core.data.decoding import SUFFIXES
from core.data.files import Entry, open_files
from core.data.images import FileImages
from core.data.labels import clean_names, name_faults, qualify_modes, unknown_option
from core.data.layout import WANTED, understand
from core.recipe.data import DataConfig


def read(config: DataConfig) -> Collection:
    """All images below `config.path`; files without an image suffix are skipped with a warning."""
    if config.label:
        raise unknown_option(config.label, (), source="folder")
    root = Path(config.path).expanduser()
    entries = sorted(open_files(root).entries(), key=lambda entry: entry.path)
    images = [entry for entry in entries if _is_image(entry)]
    if not images:
        raise DataError(f"{shown(root)} contains no images; {WANTED}")
    problems = [_skipped(entry) for entry in entries if not _is_image(entry) and entry.fault is None]
    problems += [_refused(entry) for entry in entries if entry.fault is not None]
    problems += _repeated(images)
    readable = [entry.path for entry in images if entry.fault is None]
    items, doubts = _items(readable, root=root)
    problems += doubts + _unusable_names(items)
    return Collection(items, FileImages(root, readable), problems)


def _items(paths: list[str], *, root: Path) -> tuple[pd.DataFrame, list[Problem]]:
    items, problems = understand(paths, root=root)
    for column in ("label", "sublabel"):
        if column in items:
            items[column] = clean_names(items[column])
    return qualify_modes(items) if "sublabel" in items else items, problems


def _is_image(entry: Entry) -> bool:
    return entry.path.lower().endswith(SUFFIXES)


def _skipped(entry: Entry) -> Problem:
    remedy = "nothing, if it is not meant as an image"
    return Problem(entry.path, "warning", "a file is skipped: its suffix is not that of an image", remedy)


def _refused(entry: Entry) -> Problem:
    assert entry.fault is not None
    return Problem(entry.path, "error", entry.fault.problem, entry.fault.remedy, of_item=True)


def _repeated(images: list[Entry]) -> list[Problem]:
    counts = Counter(entry.path for entry in images)
    repeated = [path for path, n in counts.items() if n > 1]
    return [Problem(path, "error", "a path occurs twice", "make the zip again") for path in repeated]


def _unusable_names(items: pd.DataFrame) -> list[Problem]:
    problems = []
    for column, what in (("label", "a class folder's name"), ("sublabel", "a mode folder's name")):
        if column in items:
            faults = name_faults(items[column]).dropna()
            firsts = items.loc[faults.index].drop_duplicates(column)
            for row, path in firsts["path"].items():
                problems.append(Problem(path, "error", f"{what} {faults[row]}", "rename the folder"))
    return problems

"""Images in a folder or a zip archive, arranged as `class/image` or `class/mode/image`.

Outer folders that contain everything else are ignored, as in `images_background/alphabet/character/drawing.png`. If
the outermost folders are `train` and `test` (or `val`, `valid`, `validation`), they define the split.
"""

from collections import Counter
from pathlib import Path, PurePosixPath

import pandas as pd

from core.common.errors import DataError
from core.data.collection import Collection, Problem, first_names
from core.data.files import Entry, open_files
from core.data.images import SUFFIXES, FileImages
from core.data.labels import clean_names, name_faults, qualify_modes, unknown_option
from core.recipe.data import DataConfig

SPLIT_NAMES = {"train": "train", "test": "test", "val": "test", "valid": "test", "validation": "test"}
LAYOUT = "arrange the images as class/image or class/mode/image"


def read(config: DataConfig) -> Collection:
    """All images below `config.path`; files without an image suffix are skipped with a warning."""
    if config.label:
        raise unknown_option(config.label, (), source="folder")
    root = Path(config.path).expanduser()
    entries = sorted(open_files(root).entries(), key=lambda entry: entry.path)
    images = [entry for entry in entries if _is_image(entry)]
    if not images:
        raise DataError(f"{root} contains no images; {LAYOUT}")
    problems = [_skipped(entry) for entry in entries if not _is_image(entry) and entry.fault is None]
    problems += [_refused(entry) for entry in entries if entry.fault is not None]
    problems += _repeated(images)
    readable = [entry.path for entry in images if entry.fault is None]
    items = _items(readable, root=root)
    problems += _unusable_names(items)
    return Collection(items, FileImages(root, readable), problems)


def _items(paths: list[str], *, root: Path) -> pd.DataFrame:
    folders = _without_common_parents([PurePosixPath(path).parts[:-1] for path in paths])
    items = pd.DataFrame({"path": paths})
    if folders and all(len(names) > 1 and names[0].casefold() in SPLIT_NAMES for names in folders):
        items["split"] = [SPLIT_NAMES[names[0].casefold()] for names in folders]
        folders = [names[1:] for names in folders]
    _require_one_depth(folders, paths, root=root)
    items["label"] = clean_names(pd.Series([names[0] for names in folders], dtype=object))
    if folders and len(folders[0]) == 2:
        items["sublabel"] = clean_names(pd.Series([names[1] for names in folders], dtype=object))
        items = qualify_modes(items)
    return items


def _without_common_parents(folders: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Remove outer folders that contain all images: taken as the class, they would give a single class."""
    while folders and len({names[:1] for names in folders}) == 1 and min(map(len, folders)) > 1:
        folders = [names[1:] for names in folders]
    return folders


def _require_one_depth(folders: list[tuple[str, ...]], paths: list[str], *, root: Path) -> None:
    depths = Counter(map(len, folders))
    for wrong, what in ((0, "in no class folder"), (max(depths, default=0), "below more than two folders")):
        if wrong in depths and wrong not in {1, 2}:
            found = [path for path, names in zip(paths, folders, strict=True) if len(names) == wrong]
            raise DataError(f"{root}: {len(found):,} images are {what} ({first_names(found)}); {LAYOUT}")
    if len(depths) > 1:
        rare = min((1, 2), key=lambda depth: depths[depth])
        found = [path for path, names in zip(paths, folders, strict=True) if len(names) == rare]
        raise DataError(
            f"{root}: some images are one folder deep and others two ({len(found):,} are {rare} deep: "
            f"{first_names(found)}); {LAYOUT} throughout"
        )


def _is_image(entry: Entry) -> bool:
    return entry.path.lower().endswith(SUFFIXES)


def _skipped(entry: Entry) -> Problem:
    remedy = "nothing, if it is not meant as an image"
    return Problem(entry.path, "warning", "a file is skipped: its suffix is not that of an image", remedy)


def _refused(entry: Entry) -> Problem:
    assert entry.fault is not None
    return Problem(entry.path, "error", entry.fault.problem, entry.fault.remedy)


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

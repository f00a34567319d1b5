"""Data sets: from a source's items and images to a train/test split.

`load` returns a Dataset or raises a single DataError; `examine` lists every problem as a table. Each source is one
module with a function `read(config) -> Collection`.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace

import numpy as np
import pandas as pd

from core.common.errors import DataError
from core.data import cars, cub, digits, folder, idx, mnist, synthetic, table
from core.data.collection import Collection, Problem, Severity, left_out, raise_errors
from core.data.contents import copy_problems, range_problems
from core.data.decoding import Look, decode, encode_png
from core.data.images import ArrayImages, FileImages, Images
from core.data.metadata import PREFIX
from core.data.noise import inject_label_noise
from core.data.split import choose_items, hold_out_classes, hold_out_items, hold_out_modes, natural_key
from core.recipe.data import SOURCE_SIDE, SYNTHETIC, DataConfig

__all__ = [
    "ArrayImages",
    "Dataset",
    "Examined",
    "FileImages",
    "Images",
    "check",
    "decode",
    "encode_png",
    "examine",
    "inject_label_noise",
    "input_size",
    "load",
    "natural_key",
]

SOURCES: dict[str, Callable[[DataConfig], Collection]] = {
    "mnist": mnist.read,
    "digits": digits.read,
    "folder": folder.read,
    "table": table.read,
    "idx": idx.read,
    "cub200": cub.read,
    "cars196": cars.read,
    "synthetic-vectors": synthetic.read,
    "synthetic-shapes": synthetic.read,
}


@dataclass(frozen=True)
class Dataset:
    """Items and their images, in the same order."""

    items: pd.DataFrame
    """id (int64, 0..n-1 in order), label, [sublabel], split ("train" | "test"), [path], [clean_label: the
    label before noise], [is_query, is_gallery: bool], [digest: of the picture's content]; label, sublabel, split, path
    and digest are str."""
    images: Images
    """One image per item."""
    warnings: list[Problem] = field(default_factory=list)
    """What is doubtful about them."""


@dataclass(frozen=True)
class Examined:
    """What `examine` finds."""

    problems: pd.DataFrame
    """One row each: where, severity ("error" | "warning" | "left out"), problem, remedy. Empty if there are none."""
    items: pd.DataFrame
    """As in a Dataset; without id and split if there are errors, empty if nothing could be read."""
    images: Images | None
    """One per item; None if nothing could be read."""
    skippable: bool = False
    """Whether there are errors and all are of single items, which `DataConfig.skip_broken` leaves out."""

    @property
    def usable(self) -> bool:
        """Whether the data set can be loaded, and trained on."""
        return bool((self.problems["severity"] != "error").all())


def load(config: DataConfig, *, seed: int, training: bool = True) -> Dataset:
    """Read, subsample, split and add label noise; deterministic for `config` and `seed`.

    training: whether the items must be fit for it. Raises DataError on failure.
    """
    collection, looks, problems = _looked_at(_read(config), config, thorough=False)
    raise_errors(problems, origin=_origin(config))
    dataset = _arrange(collection, looks, config, seed=seed)
    if training:
        raise_errors(_training_problems(dataset.items), origin=_origin(config))
    warnings = [problem for problem in problems if problem.severity != "error"]
    return replace(dataset, warnings=warnings + dataset.warnings)


def input_size(config: DataConfig, images: Images) -> int:
    """Side of the network's input: `config.image_size`, or the first image's longer side clipped to 8 to 64."""
    return config.image_size or int(np.clip(max(images.picture(0).size), 8, SOURCE_SIDE))


def examine(config: DataConfig, *, seed: int = 0) -> Examined:
    """All problems of a data set, and what it was understood to be.

    Decodes every image, unlike `load`, which decodes them on demand.
    """
    problems: list[Problem] = []
    items, images = pd.DataFrame(), None
    try:
        collection = _read(config)
        items, images = collection.items, collection.images
        collection, looks, problems = _looked_at(collection, config, thorough=True)
        if all(problem.severity != "error" for problem in problems):
            dataset = _arrange(collection, looks, config, seed=seed)
            items, images = dataset.items, dataset.images
            problems += dataset.warnings + _training_problems(items)
    except DataError as error:
        remedy = "correct this first: other checks may depend on it"
        problems = [*problems, Problem(_origin(config), "error", str(error), remedy)]
    table = pd.DataFrame(map(asdict, problems), columns=["where", "severity", "problem", "remedy"])
    errors = [problem for problem in problems if problem.severity == "error"]
    return Examined(table, items, images, skippable=bool(errors) and all(error.of_item for error in errors))


def check(config: DataConfig) -> pd.DataFrame:
    """The problems that `examine` finds."""
    return examine(config).problems


def _read(config: DataConfig) -> Collection:
    return SOURCES[config.source](config)


def _arrange(collection: Collection, looks: list[Look], config: DataConfig, *, seed: int) -> Dataset:
    """Subsample, split, assign ids and add label noise. looks: of each item's picture, if it is no made-up one."""
    items, images = collection.items, collection.images
    if looks:
        items = items.assign(digest=[look.digest for look in looks])
    if config.max_items is not None and config.max_items < len(items):
        rows = choose_items(items, config.max_items, seed=seed)
        items, images = items.iloc[rows].reset_index(drop=True), images.take(rows)
    items = _split(items, config, seed=seed)
    items.insert(0, "id", np.arange(len(items), dtype=np.int64))
    if config.label_noise:
        items = inject_label_noise(items, config.label_noise, seed=seed, between=config.noise_between)
    items = items[[*sorted(items, key=_of_use_to_few)]]
    return Dataset(items, images, _not_held_out(items) + range_problems(looks) + copy_problems(items))


def _of_use_to_few(column: str) -> int:
    """Sorts the columns of the items: those that people keep there come late, and what programs compare last."""
    return 2 if column == "digest" else int(column.startswith(PREFIX))


def _origin(config: DataConfig) -> str:
    return config.path or config.source


def _split(items: pd.DataFrame, config: DataConfig, *, seed: int) -> pd.DataFrame:
    """The `split` column: held-out classes or modes if configured, else the source's own split, else held-out items."""
    if config.split == "classes":
        test = hold_out_classes(items)
    elif config.split == "modes":
        test = hold_out_modes(items)
    elif "split" in items:
        return items
    else:
        test = hold_out_items(items, config.test_fraction, seed=seed)
    return items.assign(split=np.where(test, "test", "train"))


def _looked_at(
    collection: Collection, config: DataConfig, *, thorough: bool
) -> tuple[Collection, list[Look], list[Problem]]:
    """What is known of each picture, and the problems: those of the source, then of pictures, then of classes.

    The collection is the same, or what remains of it where the recipe leaves out what is broken.
    """
    items, images, skip = collection.items, collection.images, config.skip_broken
    # Items that are made up may be alike without being copies. Nothing may turn out to be broken in training.
    looks, faults = ([], {}) if config.source in SYNTHETIC else images.examine(thorough=thorough or skip)
    found = [Problem(items["path"].iloc[row], "error", f.problem, f.remedy, of_item=True) for row, f in faults.items()]
    problems = [*collection.problems, *found]
    if skip:
        problems = left_out(problems)
        rows = np.setdiff1d(np.arange(len(items)), [*faults])
        items, images = items.iloc[rows].reset_index(drop=True), images.take(rows)
        if items.empty:
            problems.append(Problem(_origin(config), "error", "nothing that can be used is left", "mend the files"))
            return Collection(items, images), looks, problems
    problems += _class_problems(items, given_split="split" in items and config.split == "items")
    return Collection(items, images), looks, problems


def _class_problems(items: pd.DataFrame, *, given_split: bool) -> list[Problem]:
    """Each anchor needs a negative from another class and a positive from its own class."""
    sizes = items["label"].value_counts(sort=False)
    train = items["label"][items["split"] == "train"].unique() if given_split else sizes.index
    if len(train) < 2:
        fault = "there are fewer than two classes to train on"
        return [Problem(", ".join(train) or "none", "error", fault, "add items of another class")]
    if given_split and (items["split"] == "train").all():
        return [Problem("split", "error", "there are no test items", "mark some items as test")]
    # With a given split, a class with a single item may be intended: a distractor in the gallery.
    severity: Severity = "warning" if given_split else "error"
    single = sorted(sizes.index[sizes == 1], key=natural_key)
    fault, remedy = "a class has a single item", "add items to it or remove it"
    return [Problem(label, severity, fault, remedy) for label in single]


def _not_held_out(items: pd.DataFrame) -> list[Problem]:
    """A warning about classes that are too small to be tested. With held-out classes or modes none is in both parts."""
    tested = set(items["label"][items["split"] == "test"])
    sizes = items["label"].value_counts(sort=False)
    names = sorted((name for name in sizes.index[sizes == 2] if name not in tested), key=natural_key)
    if not names or not tested & set(items["label"][items["split"] == "train"]):
        return []
    fault = "a class has two items, which are both for training, so it is not tested"
    return [Problem(name, "warning", fault, "add items to it") for name in names]


def _training_problems(items: pd.DataFrame) -> list[Problem]:
    """Classes that a batch cannot be drawn of, once the items are split and their labels changed."""
    sizes = items["label"][items["split"] == "train"].value_counts(sort=False)
    single = sorted(sizes.index[sizes == 1], key=natural_key)
    fault = "a class has a single training item, so no positive"
    remedy = "add training items to it, or move it to the test items"
    problems = [Problem(label, "error", fault, remedy) for label in single]
    if (items["split"] == "train").all():
        fault, remedy = "no items are left to test on", "add items: of a class, two are kept for training"
        problems.append(Problem("split", "error", fault, remedy))
    return problems

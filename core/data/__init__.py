"""Data sets: from a source's items and images to a train/test split.

`load` returns a Dataset or raises a single DataError; `check` lists every problem as a table. Each source is one
module with a function `read(config) -> Collection`.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from core.common.errors import DataError
from core.data import cars, cub, digits, folder, idx, mnist, synthetic, table
from core.data.collection import Collection, Problem, Severity, raise_errors
from core.data.images import ArrayImages, FileImages, Images, decode, encode_png
from core.data.noise import inject_label_noise
from core.data.split import choose_items, hold_out_classes, hold_out_items, hold_out_modes, natural_key
from core.recipe.data import SOURCE_SIDE, DataConfig

__all__ = [
    "ArrayImages",
    "Dataset",
    "FileImages",
    "Images",
    "check",
    "decode",
    "encode_png",
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
    label before noise], [is_query, is_gallery: bool]; label, sublabel, split and path are str."""
    images: Images
    """One image per item."""


def load(config: DataConfig, *, seed: int) -> Dataset:
    """Read, subsample, split and add label noise; deterministic for `config` and `seed`.

    Raises DataError on failure.
    """
    collection = _read(config)
    raise_errors(_problems(collection, config, thorough=False), origin=_origin(config))
    return _arrange(collection, config, seed=seed)


def input_size(config: DataConfig, images: Images) -> int:
    """Side of the network's input: `config.image_size`, or the first image's longer side clipped to 8 to 64."""
    return config.image_size or int(np.clip(max(images.picture(0).size), 8, SOURCE_SIDE))


def check(config: DataConfig) -> pd.DataFrame:
    """All problems of a data set, one row each: where, severity ("error" | "warning"), problem, remedy.

    Decodes every image, unlike `load`, which decodes them on demand. An empty table means that there are no problems.
    """
    problems = []
    try:
        collection = _read(config)
        problems = _problems(collection, config, thorough=True)
        if all(problem.severity != "error" for problem in problems):
            _arrange(collection, config, seed=0)
    except DataError as error:
        remedy = "correct this first: other checks may depend on it"
        problems = [*problems, Problem(_origin(config), "error", str(error), remedy)]
    return pd.DataFrame(map(asdict, problems), columns=["where", "severity", "problem", "remedy"])


def _read(config: DataConfig) -> Collection:
    return SOURCES[config.source](config)


def _arrange(collection: Collection, config: DataConfig, *, seed: int) -> Dataset:
    """Subsample, split, assign ids and add label noise."""
    items, images = collection.items, collection.images
    if config.max_items is not None and config.max_items < len(items):
        rows = choose_items(items, config.max_items, seed=seed)
        items, images = items.iloc[rows].reset_index(drop=True), images.take(rows)
    items = _split(items, config, seed=seed)
    items.insert(0, "id", np.arange(len(items), dtype=np.int64))
    if config.label_noise:
        items = inject_label_noise(items, config.label_noise, seed=seed, between=config.noise_between)
    return Dataset(items, images)


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


def _problems(collection: Collection, config: DataConfig, *, thorough: bool) -> list[Problem]:
    """Problems reported by the source, then problems of images and of classes."""
    items, images = collection.items, collection.images
    problems = list(collection.problems)
    if isinstance(images, FileImages):
        for row, fault in images.faults(thorough=thorough).items():
            problems.append(Problem(images.paths[row], "error", fault.problem, fault.remedy))
    return problems + _class_problems(items, given_split="split" in items and config.split == "items")


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

"""Data sets: from a source's items and pictures to a split, ready to train on.

`load` gives a Dataset or raises one DataError; `check` lists everything that is wrong, row by row. Each
source is one file with a function `read(config) -> Collection`.
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
    """Items and their pictures, row for row."""

    items: pd.DataFrame
    """id (int64, 0..n-1 in order), label, [sublabel], split ("train" | "test"), [path], [clean_label: the
    label before noise], [is_query, is_gallery: bool]; label, sublabel, split and path are str."""
    images: Images
    """One picture per item."""


def load(config: DataConfig, *, seed: int) -> Dataset:
    """Read, choose, split and add noise, all decided by `config` and `seed`; DataError if that fails."""
    collection = _read(config)
    raise_errors(_problems(collection, config, thorough=False), origin=_origin(config))
    return _arrange(collection, config, seed=seed)


def input_size(config: DataConfig, images: Images) -> int:
    """Side of the network's input: `config.image_size`, or the first picture's longer side within 8 to 64."""
    return config.image_size or int(np.clip(max(images.picture(0).size), 8, SOURCE_SIDE))


def check(config: DataConfig) -> pd.DataFrame:
    """Everything wrong with a data set, one row each: where, severity ("error" | "warning"), problem, remedy.

    Reads every picture, which `load` puts off until it is needed. No rows: nothing is wrong.
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
    """Choose, split, number, add noise."""
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
    """The `split` column: held-out classes or modes if asked for, else the source's own, else held-out items."""
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
    """What the source found, then what is wrong with pictures and with classes."""
    items, images = collection.items, collection.images
    problems = list(collection.problems)
    if isinstance(images, FileImages):
        for row, fault in images.faults(thorough=thorough).items():
            problems.append(Problem(images.paths[row], "error", fault.problem, fault.remedy))
    return problems + _class_problems(items, given_split="split" in items and config.split == "items")


def _class_problems(items: pd.DataFrame, *, given_split: bool) -> list[Problem]:
    """An anchor needs another class to be unlike, and another item of its own class to be like."""
    sizes = items["label"].value_counts(sort=False)
    train = items["label"][items["split"] == "train"].unique() if given_split else sizes.index
    if len(train) < 2:
        fault = "there are fewer than two classes to train on"
        return [Problem(", ".join(train) or "none", "error", fault, "add items of another class")]
    if given_split and (items["split"] == "train").all():
        return [Problem("split", "error", "there is nothing to test on", "mark some items as test")]
    # Under a given split, a lone item may be meant: a distractor in a gallery.
    severity: Severity = "warning" if given_split else "error"
    single = sorted(sizes.index[sizes == 1], key=natural_key)
    fault, remedy = "a class has a single item", "add items to it or remove it"
    return [Problem(label, severity, fault, remedy) for label in single]

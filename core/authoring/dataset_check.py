"""Pictures of the user's own, before any training: what is there, what is wrong, and a recipe to begin with."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
from PIL import Image

from core.access.allowed_paths import check_path
from core.authoring.understood import Understood
from core.common.errors import UncollapseError
from core.data import Examined
from core.data import examine as examine_data
from core.data.stamps import stamp
from core.data.table import describe
from core.recipe.data import DataConfig
from core.recipe.reading import checked
from core.recipe.recipe import Recipe

EXAMPLES = 8
MAX_CLASSES_IN_A_BATCH = 8
SAMPLES = 16
"""Of a class in a batch: nearest positives need a choice."""


@dataclass(frozen=True)
class DatasetCheck:
    """What a data set holds."""

    problems: pd.DataFrame
    """Columns of `core.data.Examined`: where, severity, problem, remedy."""
    understood: Understood
    examples: list[tuple[str, Image.Image]]
    """Class and picture, one each for the first classes; empty where the data cannot be used."""
    recipe: Recipe | None
    """To start from; None where the data cannot be used."""
    said: str = ""
    """What was found out about a table."""
    skippable: bool = False
    """Whether nothing is wrong but single pictures or rows, which can be left out."""

    @property
    def usable(self) -> bool:
        return self.recipe is not None


def data_config(path: str, columns: Mapping[str, str] | None = None, *, skip_broken: bool = False) -> DataConfig:
    """How to read what a path leads to: a CSV or Parquet table, or else a folder or zip. Raises RecipeError.

    columns: known column -> its name in the table, where that is another. skip_broken: as `DataConfig` has it.
    """
    is_table = path.lower().endswith((".csv", ".parquet"))
    values: dict[str, Any] = {"source": "table" if is_table else "folder", "path": path}
    values |= {"columns": dict(columns or {}), "skip_broken": skip_broken}
    return checked(DataConfig, values, table="data")


def check_dataset(config: DataConfig) -> DatasetCheck:
    """Read every picture of a folder, zip or table once."""
    found, said = examine_data(config), describe(config)
    items, images, understood = found.items, found.images, Understood.of(found.items)
    if not found.usable or images is None:
        return DatasetCheck(found.problems, understood, [], None, said, found.skippable)
    first = items.groupby("label", sort=True)["id"].first()
    examples = [(str(label), images.picture(int(id))) for label, id in first.head(EXAMPLES).items()]
    grey = all(picture.mode == "L" for _, picture in examples)
    train = items[items["split"] == "train"]["label"].value_counts()
    return DatasetCheck(found.problems, understood, examples, _recipe(config, train, grey=grey), said)


def check_recipe_data(recipe: Recipe) -> Examined:
    """The data of a recipe, and whether its batches can be drawn of them."""
    found = examine_data(recipe.data, seed=recipe.seed)
    if not found.usable or not recipe.trained:
        return found
    classes = found.items.loc[found.items["split"] == "train", "label"].nunique()
    if classes >= recipe.train.classes_per_batch:
        return found
    row = {
        "where": "train.classes_per_batch",
        "severity": "error",
        "problem": f"a batch takes {recipe.train.classes_per_batch} classes, and the training items have {classes}",
        "remedy": "lower it or add classes",
    }
    return replace(found, problems=pd.concat([found.problems, pd.DataFrame([row])], ignore_index=True))


def _recipe(config: DataConfig, train: pd.Series, *, grey: bool) -> Recipe:
    """Both rules on a small network; batches that the classes can fill."""
    classes = min(MAX_CLASSES_IN_A_BATCH, int((train >= 2).sum()))
    samples = min(SAMPLES, int(train[train >= 2].median()))
    return Recipe.from_dict(
        {
            "name": slug(Path(config.path).stem),
            "data": {
                **{key: getattr(config, key) for key in ("source", "path", "columns", "skip_broken")},
                "channels": 1 if grey else 3,
            },
            "train": {"classes_per_batch": max(2, classes), "samples_per_class": max(2, samples)},
            "arms": {"standard": {"positives": "random"}, "nearest": {"positives": "nearest"}},
        }
    )


def slug(text: str) -> str:
    """A name for a study or an arm: lower-case letters, digits and dashes, at most 40 of them."""
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:40].strip("-")
    return plain or "data"


def examine(path: str, columns: Mapping[str, str] | None = None, *, skip_broken: bool = False) -> DatasetCheck:
    """`check_dataset` of a path from a browser, with whatever stops it as its only problem."""
    try:
        check_path(path)
        return check_dataset(data_config(path, columns, skip_broken=skip_broken))
    except UncollapseError as error:
        row = {"where": path, "severity": "error", "problem": str(error), "remedy": "correct this first"}
        return DatasetCheck(pd.DataFrame([row]), Understood.of(pd.DataFrame()), [], None)


def stamp_of(path: str, columns: Mapping[str, str] | None = None) -> str:
    """What changes with anything that `examine` of a path would read; "" where it may not or cannot be read."""
    try:
        check_path(path)
        return stamp(data_config(path, columns))
    except UncollapseError:
        return ""

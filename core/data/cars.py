"""Stanford Cars 196 (Krause et al. 2013), in its original layout: 16,185 photographs of 196 models."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from core.common.errors import DataError, shown
from core.data.collection import Collection
from core.data.images import FileImages
from core.data.labels import clean_names, unknown_option
from core.recipe.data import DataConfig

ANNOTATIONS = "cars_annos.mat"


def read(config: DataConfig) -> Collection:
    """The folder `config.path` with cars_annos.mat and car_ims/; the annotations define the split into train and test
    items.

    Labels begin with the model's number, so that they sort by it. With the usual protocol of metric
    learning, models 1 to 98 are for training and the rest for testing: `split = "classes"`.
    """
    if config.label:
        raise unknown_option(config.label, (), source="cars196")
    root = Path(config.path).expanduser()
    annotations, names = _annotations(root / ANNOTATIONS)
    numbers = np.array([int(row["class"].item()) for row in annotations])
    if numbers.min() < 1 or numbers.max() > len(names):
        raise DataError(
            f"{shown(root / ANNOTATIONS)} refers to model {numbers.max()} but names only {len(names)}; "
            "download it again"
        )
    labels = pd.Series([f"{number:03d} {names[number - 1]}" for number in numbers])
    split = ["test" if row["test"].item() else "train" for row in annotations]
    paths = [str(row["relative_im_path"].item()) for row in annotations]
    items = pd.DataFrame({"path": paths, "label": clean_names(labels), "split": split})
    return Collection(items, FileImages(root, paths))


def _annotations(path: Path) -> tuple[Any, list[str]]:
    """The structured array of annotations and the names of the models, in order."""
    try:
        with path.open("rb") as file:  # given a path, SciPy hides why it cannot be opened
            content = loadmat(file, variable_names=["annotations", "class_names"])
        names = [str(name.item()) for name in content["class_names"].ravel()]
        return content["annotations"].ravel()[:][["relative_im_path", "class", "test"]], names
    except (OSError, ValueError, LookupError, TypeError, NotImplementedError, MatReadError) as error:
        reason = getattr(error, "strerror", None) or "it is not the annotations file of Stanford Cars"
        raise DataError(
            f"{shown(path)} cannot be read ({reason}); data.path must be the folder with {ANNOTATIONS} and car_ims"
        ) from None

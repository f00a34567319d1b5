"""Symmetric label noise on the training items."""

import numpy as np
import pandas as pd

from core.errors import DataError


def inject_label_noise(items: pd.DataFrame, rate: float, *, seed: int) -> pd.DataFrame:
    """Give exactly round(rate * n) of the n training items another training class, drawn uniformly.

    The result has the noisy `label` and the true one in `clean_label`; test items keep theirs. With the same
    seed, a higher rate flips the items that a lower one flips, to the same labels, and more. DataError where
    only one class is trained on.
    """
    train = np.flatnonzero(items["split"] == "train")
    labels = items["label"].to_numpy(dtype=object, copy=True)
    classes, codes = np.unique(labels[train].astype(str), return_inverse=True)
    if len(classes) < 2:
        raise DataError("data.label_noise needs at least two classes to train on; set it to 0")
    rng = np.random.default_rng([seed, *b"noise"])
    steps = rng.integers(1, len(classes), size=len(train))  # 1..C-1 classes further round: never the same one
    flipped = rng.permutation(len(train))[: round(rate * len(train))]
    labels[train[flipped]] = classes[(codes + steps)[flipped] % len(classes)]
    return items.assign(label=pd.Series(labels, index=items.index, dtype=str), clean_label=items["label"])

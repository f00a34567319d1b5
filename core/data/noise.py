"""Label noise on the training items: symmetric, or between given pairs of classes."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.common.errors import DataError


def inject_label_noise(
    items: pd.DataFrame, rate: float, *, seed: int, between: Sequence[tuple[str, str]] = ()
) -> pd.DataFrame:
    """Relabel exactly round(rate * n) of the n training items with another training class, drawn uniformly.

    between: pairs of classes; then only items of these classes count, and each gets a class paired with its own.
    In the result, `label` is noisy and `clean_label` is the true label; test items keep their labels. With the same
    seed, a higher rate flips a superset of the items, to the same labels. Raises DataError if there is only one
    training class, or if a pair names a class without training items.
    """
    train = np.flatnonzero(items["split"] == "train")
    labels = items["label"].to_numpy(dtype=object, copy=True)
    classes, codes = np.unique(labels[train].astype(str), return_inverse=True)
    if len(classes) < 2:
        raise DataError("data.label_noise needs at least two classes to train on; set it to 0")
    rng = np.random.default_rng([seed, *b"noise"])
    if between:
        wrong = _partners(classes, between)
        train, codes = train[np.isin(codes, list(wrong))], codes[np.isin(codes, list(wrong))]
        steps = rng.integers(0, np.iinfo(np.int64).max, size=len(train))
        flips = np.array([wrong[code][step % len(wrong[code])] for code, step in zip(codes, steps, strict=True)])
    else:
        flips = (codes + rng.integers(1, len(classes), size=len(train))) % len(classes)  # never the true class
    flipped = rng.permutation(len(train))[: round(rate * len(train))]
    labels[train[flipped]] = classes[flips[flipped]]
    return items.assign(label=pd.Series(labels, index=items.index, dtype=str), clean_label=items["label"])


def _partners(classes: np.ndarray, pairs: Sequence[tuple[str, str]]) -> dict[int, list[int]]:
    """Class code -> the codes of the classes it is mistaken for."""
    codes = {name: code for code, name in enumerate(classes.tolist())}
    found: dict[int, set[int]] = {}
    for first, second in pairs:
        if first == second or not {first, second} <= codes.keys():
            raise DataError(
                f'data.noise_between: "{first}" and "{second}" are not two classes of the training items, which are: '
                f"{', '.join(list(codes)[:10])}"
            )
        found.setdefault(codes[first], set()).add(codes[second])
        found.setdefault(codes[second], set()).add(codes[first])
    return {code: sorted(partners) for code, partners in found.items()}

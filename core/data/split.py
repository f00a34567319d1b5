"""Seeded, stratified selection of the items to use and of those to hold out."""

import re

import numpy as np
import pandas as pd
from jaxtyping import Bool, Int

from core.common.errors import DataError


def choose_items(items: pd.DataFrame, n: int, *, seed: int) -> Int[np.ndarray, "n"]:
    """Row numbers of `n` items, ascending, stratified by split, class and mode.

    At least two items of every class (on each side of the split, if it is given). Raises DataError if `n` is too
    small for that.
    """
    rng = _generator(seed, "choose")
    order = rng.permutation(len(items))
    shuffled = items.iloc[order]
    strata = shuffled.groupby(_present(items, "split", "label", "sublabel"), sort=True)
    within = strata.cumcount().to_numpy()
    offset = rng.random(strata.ngroups)[strata.ngroup().to_numpy()]
    priority = (within + offset) / strata["label"].transform("size").to_numpy()
    must = shuffled.groupby(_present(items, "split", "label")).cumcount().to_numpy() < 2
    if must.sum() > n:
        raise DataError(f"data.max_items = {n} is too small: two items of every class need {must.sum()}; raise it")
    ranked = np.lexsort((priority, ~must))
    return np.sort(order[ranked[:n]])


def hold_out_items(items: pd.DataFrame, fraction: float, *, seed: int) -> Bool[np.ndarray, "n"]:
    """True for the test items: about `fraction` of every mode, or of every class if modes are unknown.

    A mode with two or more items has at least one on each side. The single-item modes of a class are split together.
    Two items of every class are kept for training, or the one that there is: with fewer there is no positive.
    """
    modes = items.groupby(_present(items, "label", "sublabel"))
    single = modes["label"].transform("size").to_numpy() == 1
    strata = pd.DataFrame({"label": items["label"], "mode": np.where(single, -1, modes.ngroup())})
    test = np.zeros(len(items), dtype=bool)
    rng = _generator(seed, "split")
    for _, rows in sorted(strata.groupby(["label", "mode"]).indices.items()):
        if len(rows) > 1:
            n_test = np.clip(np.floor(fraction * len(rows) + 0.5), 1, len(rows) - 1)
            test[rng.permutation(rows)[: int(n_test)]] = True
    for rows in items.groupby("label").indices.values():
        test[rows[test[rows]][: max(0, 2 - int((~test[rows]).sum()))]] = False
    return test


def hold_out_classes(items: pd.DataFrame) -> Bool[np.ndarray, "n"]:
    """True for the items of the second half of the classes in natural order; with an odd number, the middle one is for
    training."""
    classes = sorted(items["label"].unique(), key=natural_key)
    if len(classes) < 4:
        raise DataError(
            f'data.split = "classes" needs at least 4 classes, two for training and two for '
            f'testing, but there are {len(classes)}; use split = "items"'
        )
    return items["label"].isin(classes[(len(classes) + 1) // 2 :]).to_numpy()


def hold_out_modes(items: pd.DataFrame) -> Bool[np.ndarray, "n"]:
    """True for the items of the second half of each class's modes in natural order; with an odd number, the
    middle one is for training.

    For digits by parity, 6 to 9 are for testing, as in Levi et al. 2021, section 4.
    """
    if "sublabel" not in items:
        raise DataError('data.split = "modes" needs modes, but the data set has none; use split = "items"')
    test = np.zeros(len(items), dtype=bool)
    for label, own in items.groupby("label"):
        modes = sorted(own["sublabel"].unique(), key=natural_key)
        if len(modes) < 2:
            raise DataError(
                f'data.split = "modes" needs at least 2 modes in every class, one for training and one for testing, '
                f'but {label} has {len(modes)}; use split = "items"'
            )
        test |= ((items["label"] == label) & items["sublabel"].isin(modes[(len(modes) + 1) // 2 :])).to_numpy()
    return test


def natural_key(text: str) -> tuple[list[tuple[int, int | str]], str]:
    """Sort key for natural order: "9" before "10", "img2" before "img10"."""
    parts = re.findall(r"[0-9]+|[^0-9]+", text)
    return [(0, int(part)) if part[0] in "0123456789" else (1, part) for part in parts], text


def _present(items: pd.DataFrame, *columns: str) -> list[str]:
    return [column for column in columns if column in items]


def _generator(seed: int, purpose: str) -> np.random.Generator:
    """A separate random stream for each purpose, so that one choice does not affect another."""
    return np.random.default_rng([seed, *purpose.encode()])

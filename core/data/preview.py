"""What made-up data look like, at a glance and before any training: the modes laid flat, or sheets of pictures."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float64, UInt8

from core.data.noise import inject_label_noise
from core.data.synthetic import SyntheticVectors, open_synthetic
from core.recipe.recipe import DataConfig

MAX_POINTS = 800
MAX_CLASSES, MAX_ROWS, EXAMPLES = 4, 6, 7
GAP, FRAME = 3, 2
"""Pixels between the pictures of a sheet, and of the frame around wrong ones."""
WRONG = (213, 94, 0)


@dataclass(frozen=True)
class Sheet:
    """Pictures of one class as the loss is told it."""

    label: str
    picture: UInt8[np.ndarray, "h w 3"]
    """A row for each mode and, where labels are wrong, a last one of framed pictures that belong to other classes."""
    modes: list[str]
    """Of the rows, from the top, by their names within the class."""
    hidden: int
    """Modes for which there is no room."""


def flatten_modes(config: DataConfig) -> tuple[pd.DataFrame, float]:
    """Some vectors on the first two principal axes of their modes, and the share of the modes' variance these hold.

    Columns x, y, label as the loss is told it, clean_label, sublabel. Every item counts as one to train on.
    """
    made = open_synthetic(config)
    assert isinstance(made, SyntheticVectors)
    rows = np.arange(min(made.config.items, MAX_POINTS))
    middle = made.centres.mean(axis=0)
    _, lengths, axes = np.linalg.svd(made.centres - middle, full_matrices=False)
    places: Float64[np.ndarray, "m 2"] = (made.points(rows) - middle) @ axes[:2].T
    share = float(np.square(lengths[:2]).sum() / max(np.square(lengths).sum(), 1e-12))
    return _told(config, made.truth(rows)).assign(x=places[:, 0], y=places[:, 1]), share


def sheets(config: DataConfig) -> list[Sheet]:
    """Examples of the first classes and modes of shapes."""
    made = open_synthetic(config)
    items = _told(config, made.truth(np.arange(min(made.config.items, MAX_POINTS))))
    wrong = items["label"] != items["clean_label"]
    labels = list(dict.fromkeys(mode.label for mode in made.modes))[:MAX_CLASSES]
    modes = {label: [mode.sublabel for mode in made.modes if mode.label == label] for label in labels}
    places = {mode: (items["sublabel"] == mode) & ~wrong for own in modes.values() for mode in own[:MAX_ROWS]}
    places |= {label: (items["label"] == label) & wrong for label in labels}
    chosen = {name: np.flatnonzero(place)[:EXAMPLES] for name, place in places.items()}
    # All at once, for it is a whole chunk of items that is drawn at a time.
    drawn = made.pictures(np.concatenate(list(chosen.values())))
    pictures = dict(zip(chosen, np.split(drawn, np.cumsum([len(rows) for rows in chosen.values()])[:-1]), strict=True))
    names = {mode.sublabel: mode.name for mode in made.modes}
    found = []
    for label, own in modes.items():
        rows = [pictures[mode] for mode in own[:MAX_ROWS]]
        rows += [_framed(pictures[label])] if len(pictures[label]) else []
        found.append(Sheet(label, _sheet(rows), [names[mode] for mode in own[:MAX_ROWS]], max(0, len(own) - MAX_ROWS)))
    return found


def _told(config: DataConfig, truth: pd.DataFrame) -> pd.DataFrame:
    """The items with the labels that the loss is told."""
    noise, pairs = config.label_noise, config.noise_between
    return inject_label_noise(truth.assign(split="train"), noise, seed=0, between=pairs)


def _framed(pictures: UInt8[np.ndarray, "m s s 3"]) -> UInt8[np.ndarray, "m s s 3"]:
    framed = np.empty_like(pictures)
    framed[:] = WRONG
    framed[:, FRAME:-FRAME, FRAME:-FRAME] = pictures[:, FRAME:-FRAME, FRAME:-FRAME]
    return framed


def _sheet(rows: list[UInt8[np.ndarray, "_ s s 3"]]) -> UInt8[np.ndarray, "h w 3"]:
    """Rows of pictures below each other, with gaps of middle grey."""
    side = rows[0].shape[1]
    step = side + GAP
    sheet = np.full((step * len(rows) - GAP, step * EXAMPLES - GAP, 3), 128, dtype=np.uint8)
    for i, row in enumerate(rows):
        for j, picture in enumerate(row):
            sheet[i * step : i * step + side, j * step : j * step + side] = picture
    return sheet

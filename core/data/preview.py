"""Preview of synthetic data before training: a 2-D projection of vector modes, or contact sheets of shape images."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float64, UInt8

from core.data.noise import inject_label_noise
from core.data.synthetic import SyntheticVectors, open_synthetic
from core.recipe.data import DataConfig

MAX_POINTS = 800
MAX_CLASSES, MAX_ROWS, EXAMPLES = 4, 6, 7
GAP, FRAME = 3, 2
"""In pixels: gap between the images of a sheet, and width of the frame around mislabelled ones."""
WRONG = (213, 94, 0)


@dataclass(frozen=True)
class Sheet:
    """Example images of one class, by the label given to the loss."""

    label: str
    picture: UInt8[np.ndarray, "h w 3"]
    """One row for each mode and, if there is label noise, a last row of framed images whose true class is another."""
    modes: list[str]
    """Names of the rows within the class, from the top."""
    hidden: int
    """Number of modes that are not shown."""


def project_modes(config: DataConfig) -> tuple[pd.DataFrame, float]:
    """Project vectors onto the first two principal axes of the mode centres; also the share of variance, 0 to 1, of
    these.

    Columns: x, y, label (given to the loss, with noise), clean_label, sublabel. All items are treated as training
    items.
    """
    made = open_synthetic(config)
    assert isinstance(made, SyntheticVectors)
    rows = np.arange(min(made.config.items, MAX_POINTS))
    middle = made.centres.mean(axis=0)
    _, lengths, axes = np.linalg.svd(made.centres - middle, full_matrices=False)
    places: Float64[np.ndarray, "m 2"] = (made.points(rows) - middle) @ axes[:2].T
    share = float(np.square(lengths[:2]).sum() / max(np.square(lengths).sum(), 1e-12))
    return _with_noisy_labels(config, made.truth(rows)).assign(x=places[:, 0], y=places[:, 1]), share


def sheets(config: DataConfig) -> list[Sheet]:
    """Contact sheets of the first classes and modes of shapes."""
    made = open_synthetic(config)
    items = _with_noisy_labels(config, made.truth(np.arange(min(made.config.items, MAX_POINTS))))
    wrong = items["label"] != items["clean_label"]
    labels = list(dict.fromkeys(mode.label for mode in made.modes))[:MAX_CLASSES]
    modes = {label: [mode.sublabel for mode in made.modes if mode.label == label] for label in labels}
    places = {mode: (items["sublabel"] == mode) & ~wrong for own in modes.values() for mode in own[:MAX_ROWS]}
    places |= {label: (items["label"] == label) & wrong for label in labels}
    chosen = {name: np.flatnonzero(place)[:EXAMPLES] for name, place in places.items()}
    # One call for all, because items are always drawn by whole chunks.
    drawn = made.pictures(np.concatenate(list(chosen.values())))
    pictures = dict(zip(chosen, np.split(drawn, np.cumsum([len(rows) for rows in chosen.values()])[:-1]), strict=True))
    names = {mode.sublabel: mode.name for mode in made.modes}
    found = []
    for label, own in modes.items():
        rows = [pictures[mode] for mode in own[:MAX_ROWS]]
        rows += [_with_frame(pictures[label])] if len(pictures[label]) else []
        found.append(Sheet(label, _sheet(rows), [names[mode] for mode in own[:MAX_ROWS]], max(0, len(own) - MAX_ROWS)))
    return found


def _with_noisy_labels(config: DataConfig, truth: pd.DataFrame) -> pd.DataFrame:
    """The items with the labels given to the loss: with noise."""
    noise, pairs = config.label_noise, config.noise_between
    return inject_label_noise(truth.assign(split="train"), noise, seed=0, between=pairs)


def _with_frame(pictures: UInt8[np.ndarray, "m s s 3"]) -> UInt8[np.ndarray, "m s s 3"]:
    framed = np.empty_like(pictures)
    framed[:] = WRONG
    framed[:, FRAME:-FRAME, FRAME:-FRAME] = pictures[:, FRAME:-FRAME, FRAME:-FRAME]
    return framed


def _sheet(rows: list[UInt8[np.ndarray, "_ s s 3"]]) -> UInt8[np.ndarray, "h w 3"]:
    """Stack rows of images, separated by grey gaps."""
    side = rows[0].shape[1]
    step = side + GAP
    sheet = np.full((step * len(rows) - GAP, step * EXAMPLES - GAP, 3), 128, dtype=np.uint8)
    for i, row in enumerate(rows):
        for j, picture in enumerate(row):
            sheet[i * step : i * step + side, j * step : j * step + side] = picture
    return sheet

"""What is trained on what: data sets with items to test on, and the recipe of every training.

Every item has a `split`: "train"; "test", held-out items of the modes trained on ("seen"); or "unseen", items of modes
that nothing was trained on, which core.training.arms neither trains on nor watches.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from core.common.errors import DataError
from core.data import ArrayImages, Dataset, inject_label_noise, load
from core.data.split import choose_items, hold_out_modes
from core.recipe.data import DataConfig
from core.recipe.recipe import Recipe

USUAL_POSITIVES = {"triplet": "random", "margin": "all", "multi-similarity": "all"}
"""As the losses were published: Schroff et al. 1503.03832, Wu et al. 1706.07567, Wang et al. 1904.06627."""
LOSSES = tuple(USUAL_POSITIVES)
PARTS = {"seen": "test", "unseen": "unseen"}
"""Part of the evaluation -> its `split`."""
OMNIGLOT = ("images_background_small1.zip", "images_background_small2.zip")
FASHION_TRAIN, FASHION_TEST = 3500, 2000
QUICK_EPOCHS, QUICK_ITEMS = 2, 1500


@dataclass(frozen=True)
class Material:
    """Items and their pictures as the network's input, row for row; label noise is in."""

    items: pd.DataFrame
    pixels: Tensor


@dataclass(frozen=True)
class Setting:
    """A data set with its network and training, the same for every loss and rule."""

    dataset: str
    noise: float
    """Share of the training items with a wrong label."""
    side: int
    """Side of the pictures in pixels."""
    epochs: int
    classes_per_batch: int
    read: Callable[[int], Dataset]
    """Seed -> items and pictures, before noise."""
    quick: bool = False
    """Two epochs on a few items, to try the command out."""

    def recipe(self, loss: str, *, seed: int) -> Recipe:
        """Both rules from the same start over the same batches; the source is named for the record only."""
        source = {"source": "idx", "path": "-"} if self.dataset == "fashion" else {"source": "mnist"}
        return Recipe.from_dict(
            {
                "name": f"paper-{self.dataset}",
                "seed": seed,
                "data": source | {"label_noise": self.noise, "image_size": self.side},
                "model": {"name": "convnet", "dim": 64, "width": 16},
                "train": {
                    "loss": loss,
                    "epochs": QUICK_EPOCHS if self.quick else self.epochs,
                    "classes_per_batch": self.classes_per_batch,
                    "samples_per_class": 32,
                    "snapshots": 0,
                    "device": "cpu",
                },
                "arms": {"standard": {"positives": USUAL_POSITIVES[loss]}, "nearest": {"positives": "nearest"}},
            }
        )

    def material(self, seed: int) -> Material:
        """The items of one seed."""
        data = self.read(seed)
        items, images = data.items, data.images
        if self.quick:
            rows = choose_items(items, QUICK_ITEMS, seed=seed)
            items, images = items.iloc[rows].reset_index(drop=True), images.take(rows)
        items = items.assign(id=np.arange(len(items)))
        if self.noise:
            items = inject_label_noise(items, self.noise, seed=seed)
        pixels = images.pixels(np.arange(len(items)), size=self.side, channels=1)
        return Material(items, torch.from_numpy(pixels))

    def fingerprint(self, loss: str) -> str:
        """Changes with anything that a training depends on, but for the seed and this benchmark's code."""
        return hashlib.sha256(f"{self.recipe(loss, seed=0).to_toml()}{self.quick}".encode()).hexdigest()[:8]


def settings(*, omniglot: Path | None, fashion: Path, quick: bool) -> list[Setting]:
    """All of them, in the order of the tables; without Omniglot where its folder is not given."""
    found = [
        Setting("mnist", noise, 28, epochs=12, classes_per_batch=2, read=read_mnist, quick=quick)
        for noise in (0.0, 0.1, 0.2)
    ]
    if omniglot is not None:
        read = partial(read_omniglot, omniglot)
        found.append(Setting("omniglot", 0.0, 32, epochs=24, classes_per_batch=5, read=read, quick=quick))
    read = partial(read_fashion, fashion)
    return [*found, Setting("fashion", 0.1, 28, epochs=8, classes_per_batch=4, read=read, quick=quick)]


def read_mnist(seed: int) -> Dataset:
    """Digits in classes by parity; 30 % of 0 to 5 are held out, 6 to 9 are unseen."""
    data = load(DataConfig("mnist", label="parity", test_fraction=0.3), seed=seed)
    unseen = hold_out_modes(data.items)
    return Dataset(data.items.assign(split=data.items["split"].mask(unseen, "unseen")), data.images)


def read_omniglot(folder: Path, seed: int) -> Dataset:
    """Letters in classes by alphabet: of small1, 6 of 20 drawings a letter held out; other alphabets unseen."""
    first, second = (_read_alphabets(folder / name, seed) for name in OMNIGLOT)
    new = np.flatnonzero(~second.items["label"].isin(first.items["label"]))
    items = pd.concat([first.items, second.items.iloc[new].assign(split="unseen")], ignore_index=True)
    pictures = [*map(first.images.picture, range(len(first.items))), *map(second.images.picture, new.tolist())]
    return Dataset(items, ArrayImages(np.stack([np.asarray(picture) for picture in pictures])))


def read_fashion(folder: Path, seed: int) -> Dataset:
    """Ten kinds of garment in the four groups of core.data.idx, items drawn from each official half; none unseen.

    With ten kinds in four groups, too few would be left of a group to speak of its modes if some were kept unseen.
    """
    data = load(DataConfig("idx", path=str(folder), label="group"), seed=seed)
    halves = [np.flatnonzero(data.items["split"] == split) for split in ("train", "test")]
    sizes = (FASHION_TRAIN, FASHION_TEST)
    chosen = [half[choose_items(data.items.iloc[half], n, seed=seed)] for half, n in zip(halves, sizes, strict=True)]
    rows = np.concatenate(chosen)
    return Dataset(data.items.iloc[rows].reset_index(drop=True), data.images.take(rows))


def _read_alphabets(path: Path, seed: int) -> Dataset:
    if not path.is_file():
        raise DataError(
            f"{path} is missing; give the folder that holds {' and '.join(OMNIGLOT)} "
            "(https://github.com/brendenlake/omniglot, python/) as --omniglot"
        )
    return load(DataConfig("folder", path=str(path), test_fraction=0.3), seed=seed)

"""From a recipe to a study folder: data -> arms -> embeddings -> diagnostics -> maps, whole or not at all."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from core.arms import STATE, train_arms
from core.assembly import Assembly, Progress, Stages, image_root
from core.config import Recipe
from core.data import ArrayImages, Dataset, input_size, load
from core.pixels import REFERENCE_SIDE
from core.study import Study
from core.training import choose_device
from core.workspace import save_array, workspace

TRAINING_SHARE = 0.75
STARTS = {"data": 0.0, "train": 0.0, "analyse": TRAINING_SHARE, "maps": 0.88}
"""Share of the whole that is done when a stage begins."""


def run(recipe: Recipe, out: Path, *, resume: bool = False, progress: Progress | None = None) -> Study:
    """Make the study of a recipe at `out`, which must not exist yet.

    resume: go on from what an interrupted run of the same recipe left behind. A run that fails leaves nothing; one
    that is interrupted leaves a hidden sibling of `out` to resume from. Raises UncollapseError.
    """
    out = out.absolute()
    with workspace(out, recipe.to_toml(), resume=resume) as folder:
        _Run(recipe, folder, progress).make()
    return Study.load(out)


class _Run:
    """One run's steps, in the order of `make`."""

    def __init__(self, recipe: Recipe, folder: Path, progress: Progress | None) -> None:
        self.recipe, self.folder = recipe, folder
        self.stages = Stages(STARTS, progress)

    def make(self) -> None:
        with self.stages.stage("data", "reading the items"):
            data = load(self.recipe.data, seed=self.recipe.seed)
            pixels = self._pixels(data)
            parts = Assembly(self.folder, data.items, seed=self.recipe.seed, stages=self.stages)
            if isinstance(data.images, ArrayImages):
                save_array(self.folder / "images.npy", data.images.array)
        with self.stages.stage("train", f"training {' and '.join(self.recipe.arms)}"):
            self._train(data.items, pixels, parts)
        self._reference(data, parts)
        with self.stages.stage("analyse", "diagnosing every class"):
            parts.analyse()
        with self.stages.stage("maps", "drawing the maps"):
            parts.draw()
        parts.describe(
            recipe=self.recipe.to_dict(),
            image_root=image_root(data.images),
            device=str(choose_device(self.recipe.train.device)),
        )
        for name in self.recipe.arms:  # kept until now, so that a run stopped late need not train again
            (self.folder / "arms" / name / STATE).unlink()

    def _pixels(self, data: Dataset) -> torch.Tensor:
        config = self.recipe.data
        size = input_size(config, data.images)
        return torch.from_numpy(data.images.pixels(np.arange(len(data.items)), size=size, channels=config.channels))

    def _train(self, items: pd.DataFrame, pixels: torch.Tensor, parts: Assembly) -> None:
        """All arms, each with its figures after every epoch."""
        epochs, arms = self.recipe.train.epochs, list(self.recipe.arms)
        done = dict.fromkeys(arms, 0)

        def report(arm: str, row: dict[str, Any]) -> None:
            done[arm] = row["epoch"]
            share = sum(done.values()) / (epochs * len(arms))
            self.stages.reached(share, arm=arm, epoch=row["epoch"], epochs=epochs, row=row)

        trained = train_arms(self.recipe, items, pixels, folder=self.folder / "arms", report=report)
        for name, arm in trained.items():
            self.stages.timings[f"train {name}"] = arm.seconds
            positives = self.recipe.arms[name].positives
            parts.add(name, "trained", arm.embeddings, positives=positives, warnings=arm.warnings)

    def _reference(self, data: Dataset, parts: Assembly) -> None:
        side = min(REFERENCE_SIDE, input_size(self.recipe.data, data.images))
        parts.add_pixels(data.images, side=side, channels=self.recipe.data.channels)

"""From a recipe to a study folder: data -> arms -> embeddings -> diagnostics -> maps, complete or not at all."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from core.common.errors import UncollapseError
from core.data import ArrayImages, Dataset, input_size, load
from core.data.collection import notices_of
from core.embedding.embed import embed_stream
from core.embedding.pixels import REFERENCE_SIDE, stack_pixels
from core.pipeline.assembly import Assembly, Progress, Stages, image_root
from core.pipeline.resuming import require_same_items
from core.recipe.recipe import Recipe
from core.storage.arrays import save_array
from core.storage.layout import ARMS, IMAGES, LEFT_OUT, LEFT_OUT_TABLE, TRAINING_STATE, ArmEntry, arm_folder
from core.storage.leftovers import unfinished
from core.storage.study import Study
from core.storage.workspace import workspace
from core.training.arms import TrainedArm, follow_arms, train_arms
from core.training.pretrained import load_arm
from core.training.trainer import choose_device
from models.checkpoint import save_checkpoint
from models.head import Embedder

TRAINING_SHARE = 0.75
STARTS = {"data": 0.0, "train": 0.0, "analyse": TRAINING_SHARE, "maps": 0.88}
"""Share of the whole run that is done when a stage begins."""


def run(recipe: Recipe, out: Path, *, resume: bool = False, progress: Progress | None = None) -> Study:
    """Make the study of a recipe at `out`, which must not exist yet.

    resume: go on from what an interrupted run of the same recipe left behind. A run that fails leaves nothing; one
    that is interrupted leaves a hidden sibling of `out` to resume from, as does a resumed one whose data cannot be
    read, or are not those that it began with. Raises UncollapseError.
    """
    out = out.absolute()
    with workspace(out, recipe.to_toml(), resume=resume) as folder:
        _Run(recipe, folder, progress).make()
    return Study.load(out)


def follow(recipe: Recipe, out: Path) -> None:
    """Take part in the training of the study at `out`, as one of the further processes that torchrun started.

    Raises UncollapseError where another process ends early.
    """
    if not recipe.trained:
        return
    data = load(recipe.data, seed=recipe.seed)
    folder = unfinished(out.absolute())
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        follow_arms(recipe, data.items, _pixels(recipe, data, folder=folder.parent), folder=folder / ARMS)
    except RuntimeError as error:
        reason = str(error).splitlines()[0]
        raise UncollapseError(f"another training process ended early; its own message says why ({reason})") from None


class _Run:
    """One run's steps, in the order of `make`."""

    def __init__(self, recipe: Recipe, folder: Path, progress: Progress | None) -> None:
        self.recipe, self.folder = recipe, folder
        self.stages = Stages(STARTS, progress)

    def make(self) -> None:
        with self.stages.stage("data", "reading the items"):
            data = load(self.recipe.data, seed=self.recipe.seed, training=bool(self.recipe.trained))
            require_same_items(self.folder, data.items)
            size = input_size(self.recipe.data, data.images)
            # Before any training, so that a network that cannot be read is found out at once.
            loaded = [name for name in self.recipe.arms if name not in self.recipe.trained]
            ready = {name: load_arm(self.recipe, name, image_size=size) for name in loaded}
            pixels = _pixels(self.recipe, data, folder=self.folder) if self.recipe.trained else None
            parts = Assembly(self.folder, data.items, seed=self.recipe.seed, stages=self.stages)
            for warning in notices_of(data.warnings):
                parts.warn_of_items(warning)
            self._list_left_out(data)
            if isinstance(data.images, ArrayImages):
                save_array(self.folder / IMAGES, data.images.array)
        with self.stages.stage("train", f"training {' and '.join(self.recipe.trained) or 'nothing'}"):
            trained = {} if pixels is None else self._train(data.items, pixels)
        for name in self.recipe.arms:
            if name in trained:
                self._add_trained(name, trained[name], parts)
            else:
                self._embed(name, ready.pop(name), data, parts)
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
        for name in self.recipe.trained:  # kept until now, so that a run that is stopped late need not train again
            (arm_folder(self.folder, name) / TRAINING_STATE).unlink()

    def _list_left_out(self, data: Dataset) -> None:
        gone = [asdict(problem) for problem in data.warnings if problem.severity == "left out"]
        if gone:
            table = pd.DataFrame(gone)[[*LEFT_OUT_TABLE.needed]]
            table.to_parquet(self.folder / LEFT_OUT, index=False)

    def _train(self, items: pd.DataFrame, pixels: torch.Tensor) -> dict[str, TrainedArm]:
        """All arms that are to be trained, each with its figures after every epoch."""
        epochs, done = self.recipe.train.epochs, dict.fromkeys(self.recipe.trained, 0)

        def report(arm: str, row: dict[str, Any]) -> None:
            done[arm] = row["epoch"]
            share = sum(done.values()) / (epochs * len(done))
            self.stages.reached(share, arm=arm, epoch=row["epoch"], epochs=epochs, row=row)

        return train_arms(self.recipe, items, pixels, folder=self.folder / ARMS, report=report)

    def _add_trained(self, name: str, arm: TrainedArm, parts: Assembly) -> None:
        self.stages.timings[f"train {name}"] = arm.seconds
        positives = self.recipe.arms[name].positives
        parts.add(
            ArmEntry(name, "trained", has_network=True, positives=positives, warnings=tuple(arm.warnings)),
            arm.embeddings,
        )

    def _embed(self, name: str, embedder: Embedder, data: Dataset, parts: Assembly) -> None:
        """An arm that was trained elsewhere; its network is kept with it, so that it takes new pictures."""
        self.stages.report(message=f"embedding the items with {name}")
        vectors = embed_stream(embedder, data.images)
        parts.add_blocks(ArmEntry(name, "loaded", has_network=True), vectors, shape=(len(data.items), embedder.dim))
        save_checkpoint(arm_folder(self.folder, name), embedder)

    def _reference(self, data: Dataset, parts: Assembly) -> None:
        side = min(REFERENCE_SIDE, input_size(self.recipe.data, data.images))
        parts.add_pixels(data.images, side=side, channels=self.recipe.data.channels)


def _pixels(recipe: Recipe, data: Dataset, *, folder: Path) -> torch.Tensor:
    """Every item as the network's input."""
    size = input_size(recipe.data, data.images)
    return torch.from_numpy(stack_pixels(data.images, side=size, channels=recipe.data.channels, folder=folder))

"""Training a study's arms: in parallel on a CPU, sequentially on an accelerator."""

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float32, UInt8
from safetensors.torch import save as to_safetensors
from torch import Tensor

from core.common.errors import UncollapseError
from core.common.notices import Notice
from core.embedding.embed import embed
from core.recipe.recipe import Recipe
from core.storage.layout import HISTORY, LOSS_PARAMETERS, SNAPSHOTS, TRAINING_STATE
from core.storage.snapshots import interval, write_snapshot
from core.storage.study import evaluated, labels_and_modes
from core.training import distributed
from core.training.monitoring import epoch_figures, warnings_of
from core.training.trainer import Trainer, TrainingItems, build_embedder, choose_device
from models.checkpoint import save_checkpoint
from models.head import STATISTICS_BYTES

Report = Callable[[str, dict[str, Any]], None]
"""Called with an arm's name and the figures of the epoch it has finished."""


@dataclass(frozen=True)
class TrainedArm:
    """An arm at the end of its training."""

    embeddings: Float32[np.ndarray, "n d"]
    warnings: list[Notice]
    seconds: float


def train_arms(
    recipe: Recipe, items: pd.DataFrame, pixels: UInt8[Tensor, "n c s s"], *, folder: Path, report: Report
) -> dict[str, TrainedArm]:
    """Train every arm of a recipe from the same initial weights over the same batches; each saves into folder/NAME.

    An arm whose folder has a saved state resumes from it. Figures of finished epochs are reported one at a time.
    Raises UncollapseError if a training diverges; an interruption stops all arms after the current epoch.
    """
    lock, stopped = threading.Lock(), threading.Event()

    def report_in_turn(name: str, row: dict[str, Any]) -> None:
        with lock:
            report(name, row)
        if stopped.is_set():
            raise InterruptedError

    # Built one after the other: initial weights are drawn from torch's global generator.
    trainings = {name: _Training(recipe, name, items, pixels, folder / name) for name in recipe.trained}
    alone = choose_device(recipe.train.device).type == "cpu" and distributed.processes() == 1
    together = len(trainings) if alone else 1
    with _threads_for(together), ThreadPoolExecutor(together) as pool:
        futures = {name: pool.submit(training.run, report_in_turn) for name, training in trainings.items()}
        try:
            finished, _ = wait(futures.values(), return_when=FIRST_EXCEPTION)
            for future in finished:
                future.result()  # raises the error at once, while the other arms still train
            return {name: future.result() for name, future in futures.items()}
        except BaseException:
            stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def follow_arms(recipe: Recipe, items: pd.DataFrame, pixels: UInt8[Tensor, "n c s s"], *, folder: Path) -> None:
    """The counterpart of `train_arms` for all processes but the first."""
    for training in [_Training(recipe, name, items, pixels, folder / name) for name in recipe.trained]:
        training.follow()


@contextlib.contextmanager
def _threads_for(arms: int) -> Iterator[None]:
    """Divide the cores among the arms that train in parallel, so that there are not more threads than cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(max(1, min(before, (os.cpu_count() or 1) // arms)))
    try:
        yield
    finally:
        torch.set_num_threads(before)


class _Training:
    """One arm from initial weights to embeddings."""

    def __init__(self, recipe: Recipe, name: str, items: pd.DataFrame, pixels: Tensor, folder: Path) -> None:
        self.name, self.arm, self.folder, self.pixels = name, recipe.arms[name], folder, pixels
        rows = np.flatnonzero(items["split"] == "train")
        codes = torch.from_numpy(pd.factorize(items["label"].iloc[rows], sort=True)[0].astype(np.int64))
        ids = torch.from_numpy(items["id"].to_numpy()[rows].copy())
        train_items = TrainingItems(pixels, codes, ids, torch.from_numpy(rows))
        self.embedder = build_embedder(recipe.model, train_items.sample(STATISTICS_BYTES), seed=recipe.seed)
        self.trainer = Trainer(self.embedder, train_items, recipe=recipe, arm=self.arm)
        self.evaluated_rows = np.flatnonzero(evaluated(items))
        self.labels, self.modes = labels_and_modes(items.iloc[self.evaluated_rows])
        self.epochs = recipe.train.epochs
        self.every = interval(
            recipe.train.snapshots,
            epochs=self.epochs,
            bytes_each=2 * len(self.evaluated_rows) * recipe.model.dim * len(recipe.trained),
        )

    def follow(self) -> None:
        """Take part in the training that the first process reports and writes."""
        state = self.folder / TRAINING_STATE
        if state.exists():
            self.trainer.restore(state)
        for _ in self.trainer:
            pass

    def run(self, report: Report) -> TrainedArm:
        """Train; figures and the state to resume from are saved after every epoch."""
        started = time.perf_counter()
        self.folder.mkdir(parents=True, exist_ok=True)
        state = self.folder / TRAINING_STATE
        history = self.trainer.restore(state) if state.exists() else []
        if not history:
            self._snapshot(0, self._evaluated_points(0))
        for row in self.trainer:
            history.append(row | self._figures(row["epoch"]))
            self.trainer.save(state, history)
            report(self.name, history[-1])
        pd.DataFrame(history).to_parquet(self.folder / HISTORY, index=False)
        embeddings = embed(self.embedder, self.pixels)
        save_checkpoint(self.folder, self.embedder.cpu())
        if learned := self.trainer.loss.state_dict():
            (self.folder / LOSS_PARAMETERS).write_bytes(to_safetensors(learned))
        return TrainedArm(embeddings, warnings_of(history), round(time.perf_counter() - started, 2))

    def _figures(self, epoch: int) -> dict[str, float]:
        points = self._evaluated_points(epoch)
        self._snapshot(epoch, points)
        return epoch_figures(points, self.labels, self.modes)

    def _evaluated_points(self, epoch: int) -> np.ndarray:
        points = embed(self.embedder, self.pixels, rows=torch.from_numpy(self.evaluated_rows))
        if not np.isfinite(points).all():
            raise UncollapseError(f"arms.{self.name}: training diverged in epoch {epoch}; lower train.lr")
        return points

    def _snapshot(self, epoch: int, points: np.ndarray) -> None:
        if self.every and (epoch % self.every == 0 or epoch == self.epochs):
            write_snapshot(self.folder / SNAPSHOTS, epoch, points)

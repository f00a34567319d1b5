"""From a recipe to a study folder: data -> arms -> embeddings -> diagnostics -> maps, whole or not at all."""

import contextlib
import platform
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from core.arms import STATE, train_arms
from core.config import Recipe
from core.data import ArrayImages, Dataset, input_size, load
from core.diagnostics import Diagnosis, analyse, retrieval_per_query
from core.embedding import REFERENCE_SIDE, pixel_vectors
from core.neighbours import KnnGraph, Neighbours
from core.plain import to_json
from core.projection import NEIGHBOURS, paired_maps
from core.study import REFERENCE, SCHEMA, Study, evaluated, labels_and_modes
from core.training import choose_device
from core.workspace import save_array, workspace

Progress = Callable[..., None]
"""Called with any of stage, arm, epoch, epochs, fraction (0 to 1 of the whole), message, row (an epoch's figures)."""

TRAINING_SHARE = 0.75
STARTS = {"data": 0.0, "train": 0.0, "analyse": TRAINING_SHARE, "maps": 0.88}
"""Share of the whole that is done when a stage begins."""

VERSIONS = ("torch", "pytorch-metric-learning", "umap-learn", "faiss-cpu", "scikit-learn", "numpy")


def run(recipe: Recipe, out: Path, *, resume: bool = False, progress: Progress | None = None) -> Study:
    """Make the study of a recipe at `out`, which must not exist yet.

    resume: go on from what an interrupted run of the same recipe left behind. A run that fails leaves nothing; one
    that is interrupted leaves a hidden sibling of `out` to resume from. Raises UncollapseError.
    """
    out = out.absolute()
    with workspace(out, recipe.to_toml(), resume=resume) as folder:
        _Run(recipe, folder, progress or (lambda **_: None)).make()
    return Study.load(out)


class _Run:
    """One run's steps, in the order of `make`."""

    def __init__(self, recipe: Recipe, folder: Path, progress: Progress) -> None:
        self.recipe, self.folder, self.progress = recipe, folder, progress
        self.timings: dict[str, float] = {}
        self.entries: list[dict[str, Any]] = []
        self.embeddings: dict[str, np.ndarray] = {}

    def make(self) -> None:
        with self._timed("data", "reading the items"):
            data = load(self.recipe.data, seed=self.recipe.seed)
            pixels = self._pixels(data)
            self._write_items(data)
        items = data.items
        held_out = np.flatnonzero(evaluated(items))
        with self._timed("train", f"training {' and '.join(self.recipe.arms)}"):
            self._train(items, pixels)
        self._reference(data)
        with self._timed("analyse", "diagnosing every class"):
            graphs = self._analyse(items, held_out)
        with self._timed("maps", "drawing the maps"):
            self._draw(items, held_out, graphs)
        self._describe(data)
        for name in self.recipe.arms:  # kept until now, so that a run stopped late need not train again
            (self.folder / "arms" / name / STATE).unlink()

    @contextlib.contextmanager
    def _timed(self, stage: str, message: str) -> Iterator[None]:
        started = time.perf_counter()
        self.progress(stage=stage, message=message, fraction=STARTS[stage])
        yield
        self.timings[stage] = round(time.perf_counter() - started, 2)

    def _pixels(self, data: Dataset) -> torch.Tensor:
        config = self.recipe.data
        size = input_size(config, data.images)
        return torch.from_numpy(data.images.pixels(np.arange(len(data.items)), size=size, channels=config.channels))

    def _write_items(self, data: Dataset) -> None:
        data.items.to_parquet(self.folder / "items.parquet", index=False)
        if isinstance(data.images, ArrayImages):
            save_array(self.folder / "images.npy", data.images.array)

    def _train(self, items: pd.DataFrame, pixels: torch.Tensor) -> None:
        """All arms, each with its figures after every epoch."""
        epochs, arms = self.recipe.train.epochs, list(self.recipe.arms)
        done = dict.fromkeys(arms, 0)

        def report(arm: str, row: dict[str, Any]) -> None:
            done[arm] = row["epoch"]
            share = sum(done.values()) / (epochs * len(arms))
            self.progress(arm=arm, epoch=row["epoch"], epochs=epochs, fraction=share * TRAINING_SHARE, row=row)

        trained = train_arms(self.recipe, items, pixels, folder=self.folder / "arms", report=report)
        for name, arm in trained.items():
            self.timings[f"train {name}"] = arm.seconds
            self._add(name, "trained", self.recipe.arms[name].positives, arm.embeddings, arm.warnings)

    def _reference(self, data: Dataset) -> None:
        config = self.recipe.data
        side = min(REFERENCE_SIDE, input_size(config, data.images))
        pixels = data.images.pixels(np.arange(len(data.items)), size=side, channels=config.channels)
        self._add(REFERENCE, "reference", None, pixel_vectors(pixels), [])

    def _add(self, name: str, kind: str, positives: str | None, embeddings: np.ndarray, warnings: list[str]) -> None:
        folder = self.folder / "arms" / name
        folder.mkdir(parents=True, exist_ok=True)
        save_array(folder / "embeddings.npy", embeddings)
        self.embeddings[name] = embeddings
        self.entries.append({"name": name, "kind": kind, "positives": positives, "warnings": warnings})

    def _analyse(self, items: pd.DataFrame, held_out: np.ndarray) -> dict[str, KnnGraph]:
        """Retrieval, sub-clusters and collapse of every arm, measured against the reference."""
        labels, modes = labels_and_modes(items.iloc[held_out])
        ids = items["id"].to_numpy()[held_out]
        graphs: dict[str, KnnGraph] = {}
        diagnoses: dict[str, Diagnosis] = {}
        queries: dict[str, pd.DataFrame] = {}
        for name in [REFERENCE, *self.recipe.arms]:
            self.progress(message=f"diagnosing {name}")
            points = self.embeddings[name][held_out]
            graphs[name] = Neighbours(points, ids).graph(NEIGHBOURS)
            diagnoses[name] = analyse(
                points,
                labels,
                sublabels=modes,
                reference=diagnoses.get(REFERENCE),
                seed=self.recipe.seed,
                graph=graphs[name],
                reliability=name != REFERENCE,  # of the reference the count is used, not how far to believe it
            )
            queries[name] = retrieval_per_query(points, labels, sublabels=modes).assign(id=ids)
        for entry in self.entries:
            entry["metrics"] = queries[entry["name"]].drop(columns="id").mean().to_dict()
        groups = {name: pd.DataFrame({"id": ids, "subcluster": d.assignments}) for name, d in diagnoses.items()}
        self._save("queries", queries)
        self._save("subclusters", groups)
        self._save("diagnostics", {name: diagnosis.table for name, diagnosis in diagnoses.items()})
        return graphs

    def _save(self, name: str, tables: dict[str, pd.DataFrame]) -> None:
        """One table with a column `arm`, arms in the study's order."""
        parts = [tables[arm].assign(arm=arm) for arm in self.embeddings]
        pd.concat(parts, ignore_index=True).to_parquet(self.folder / f"{name}.parquet", index=False)

    def _draw(self, items: pd.DataFrame, held_out: np.ndarray, graphs: dict[str, KnnGraph]) -> None:
        ids = items["id"].to_numpy()[held_out]
        points = {name: embeddings[held_out] for name, embeddings in self.embeddings.items()}
        maps = paired_maps(points, graphs, seed=self.recipe.seed)
        places = {name: pd.DataFrame({"id": ids, "x": xy[:, 0], "y": xy[:, 1]}) for name, xy in maps.items()}
        self._save("map", places)

    def _describe(self, data: Dataset) -> None:
        root = getattr(data.images, "root", None)
        description = {
            "schema": SCHEMA,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "recipe": self.recipe.to_dict(),
            "arms": self.entries,
            "image_root": None if root is None else str(Path(root).resolve()),
            "device": str(choose_device(self.recipe.train.device)),
            "timings": self.timings,
            "versions": {"python": platform.python_version()} | {name: version(name) for name in VERSIONS},
        }
        (self.folder / "study.json").write_text(to_json(description, indent=1), encoding="utf-8")

"""From items and embeddings to the parts of a study folder: all of a study but the training."""

import contextlib
import platform
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float32, Float64, Int64

from core.common.errors import DataError
from core.common.files import replacing
from core.common.notices import Notice
from core.data.contents import has_copy, same_items
from core.data.images import FileImages, Images
from core.diagnostics import Diagnosis, analyse, graph_and_retrieval
from core.diagnostics.duplicates import crossing_copies
from core.diagnostics.notices import crossing_notice, length_notice, query_notice
from core.embedding.pixels import stream_pixel_vectors
from core.neighbours.index import KnnGraph
from core.pipeline.label_noise import study_label_noise
from core.projection import NEIGHBOURS, paired_maps
from core.storage.arrays import map_array, save_array, save_blocks
from core.storage.layout import (
    DIAGNOSTICS,
    EMBEDDINGS,
    GRAPH_DISTANCES,
    GRAPH_ROWS,
    ITEMS,
    MAP,
    QUERIES,
    REFERENCE,
    SUBCLUSTERS,
    ArmEntry,
    PixelSpace,
    arm_folder,
    write_description,
)
from core.storage.study import evaluated, labels_and_modes, roles

Progress = Callable[..., None]
"""Called with any of stage, arm, epoch, epochs, fraction (of the run, 0 to 1), message, row (an epoch's figures)."""

MAPS_IN_PARALLEL_UP_TO = 10_000
"""Items up to which maps are drawn while worker processes count sub-clusters; with more, both at once would take too
much memory."""

VERSIONS = ("torch", "pytorch-metric-learning", "umap-learn", "faiss-cpu", "scikit-learn", "numpy")


class Stages:
    """The stages of a run, timed and reported.

    starts: the share of the whole run, 0 to 1, that is done when each stage begins, in order.
    """

    def __init__(self, starts: dict[str, float], progress: Progress | None) -> None:
        self.report: Progress = progress or (lambda **_: None)
        self.timings: dict[str, float] = {}
        """Seconds each stage took."""
        self._starts = starts
        self._now = next(iter(starts))

    @contextlib.contextmanager
    def stage(self, name: str, message: str) -> Iterator[None]:
        """One stage, from its beginning to its end."""
        self._now = name
        started = time.perf_counter()
        self.report(stage=name, message=message, fraction=self._starts[name])
        yield
        self.timings[name] = round(time.perf_counter() - started, 2)

    def reached(self, share: float, **news: Any) -> None:
        """Report how much of the present stage is done, 0 to 1; news: other arguments of `Progress`."""
        names = [*self._starts]
        begin, end = self._starts[self._now], [*self._starts.values(), 1.0][names.index(self._now) + 1]
        self.report(fraction=begin + share * (end - begin), **news)


class Assembly:
    """A study folder that is being written: `add` every space, then `analyse`, `draw` and `describe`.

    items: one row each in id order, as `Study.items` describes; written at once. Raises DataError where no evaluated
    item is a query, or none is searched.
    """

    def __init__(self, folder: Path, items: pd.DataFrame, *, seed: int, stages: Stages) -> None:
        self.folder, self.seed, self.stages = folder, seed, stages
        self._entries: dict[str, ArmEntry] = {}
        self._spaces: dict[str, Float32[np.ndarray, "n _"]] = {}
        self._graphs: dict[str, KnnGraph] = {}
        self._lengths: dict[str, Float64[np.ndarray, "n"]] = {}
        self._rows = np.flatnonzero(evaluated(items))
        self._all = len(self._rows) == len(items)
        self._every_item = items
        self._items = items.iloc[self._rows]
        self._ids = self._items["id"].to_numpy()
        self._roles = _roles(self._items)
        self._same = same_items(self._items)
        self._warnings = list(_item_warnings(items, self._same, self._roles))
        self._background = ThreadPoolExecutor(1)
        self._maps: Future[dict[str, np.ndarray]] | None = None
        with replacing(folder / ITEMS) as draft:
            items.to_parquet(draft, index=False)

    def add(self, entry: ArmEntry, vectors: Float32[np.ndarray, "n d"]) -> None:
        """An arm or a reference as unit vectors, rows as the items; its metrics are for `analyse` to fill in."""
        self.add_blocks(entry, [vectors], shape=vectors.shape)

    def add_pixels(self, images: Images, *, side: int, channels: int) -> None:
        """The reference of raw pixels, whose pictures are decoded a few at a time."""
        blocks = stream_pixel_vectors(images, side=side, channels=channels)
        entry = ArmEntry(REFERENCE, "reference", has_network=False, pixels=PixelSpace(side, 1 if channels == 1 else 3))
        self.add_blocks(entry, blocks, shape=(len(images), channels * side * side))

    def add_blocks(
        self, entry: ArmEntry, blocks: Iterable[Float32[np.ndarray, "_ d"]], *, shape: tuple[int, int]
    ) -> Float32[np.ndarray, "n d"]:
        """`add` of vectors that arrive block by block and may not fit into memory; returns them, mapped from disk."""
        path = arm_folder(self.folder, entry.name) / EMBEDDINGS
        path.parent.mkdir(parents=True, exist_ok=True)
        save_blocks(path, blocks, shape=shape, dtype=np.dtype(np.float32))
        self._spaces[entry.name] = map_array(path)
        self._entries[entry.name] = entry
        return self._spaces[entry.name]

    def add_lengths(self, name: str, lengths: Float64[np.ndarray, "n"]) -> None:
        """How long the vectors of a space were before they became unit vectors."""
        self._lengths[name] = lengths[self._rows]

    def warn(self, name: str, warning: Notice) -> None:
        """Add a warning to a space that has been added."""
        entry = self._entries[name]
        self._entries[name] = replace(entry, warnings=(*entry.warnings, warning))

    def warn_of_items(self, warning: Notice) -> None:
        """Add a warning that is about the items, whatever the space."""
        self._warnings.append(warning)

    def analyse(self) -> None:
        """Retrieval, sub-clusters and collapse of every space, measured against the reference."""
        labels, modes = labels_and_modes(self._items)
        references = [name for name, entry in self._entries.items() if entry.kind == "reference"]
        diagnoses: dict[str, Diagnosis] = {}
        queries: dict[str, pd.DataFrame] = {}
        order = sorted(self._spaces, key=lambda name: name not in references)
        for name in order:
            self._graphs[name], found = graph_and_retrieval(
                self._points(name),
                labels,
                ids=self._ids,
                k=NEIGHBOURS,
                same=self._same,
                sublabels=modes,
                **self._roles,
            )
            queries[name] = found.assign(id=self._ids[found.index])
            save_array(arm_folder(self.folder, name) / GRAPH_ROWS, self._graphs[name].rows)
            save_array(arm_folder(self.folder, name) / GRAPH_DISTANCES, self._graphs[name].distances)
        if len(self._ids) <= MAPS_IN_PARALLEL_UP_TO:
            self._maps = self._background.submit(self._paired_maps)
        for name in order:
            report = self._reporter(name, done=len(diagnoses))
            report(0, 0)
            diagnoses[name] = analyse(
                self._points(name),
                labels,
                sublabels=modes,
                reference=diagnoses[references[0]] if references and name not in references else None,
                seed=self.seed,
                graph=self._graphs[name],
                progress=report,
                reliability=False if name in references else None,  # of a reference only the count is used
                lengths=self._lengths.get(name),
            )
        self._look_across_split(order[0])
        noise = self._estimate_noise()
        for name, entry in self._entries.items():
            self._entries[name] = replace(entry, metrics=queries[name].drop(columns="id").mean().to_dict())
            for notice in (length_notice(diagnoses[name].table), query_notice(queries[name])):
                if notice is not None:
                    self.warn(name, notice)
        groups = {
            name: pd.DataFrame({"id": self._ids, "subcluster": d.assignments, "readings": d.readings})
            for name, d in diagnoses.items()
        }
        self._save(QUERIES, queries)
        self._save(SUBCLUSTERS, groups)
        self._save(DIAGNOSTICS, {name: d.table.merge(noise, on="label", how="left") for name, d in diagnoses.items()})

    def _look_across_split(self, space: str) -> None:
        """Warn of test items that are nearly training items, beside those of equal content."""
        if self._all:
            return
        train = np.flatnonzero((self._every_item["split"] == "train").to_numpy())
        copies = has_copy(same_items(self._every_item), np.isin(np.arange(len(self._every_item)), train))
        vectors = np.asarray(self._spaces[space])
        test = self._rows[~copies[self._rows]]
        found, probes = crossing_copies(vectors[test], vectors[train], np.random.default_rng(self.seed))
        if (notice := crossing_notice(found, probes, space=space)) is not None:
            self.warn_of_items(notice)

    def _estimate_noise(self) -> pd.DataFrame:
        """The columns of `Study.diagnostics` about wrong labels, by label; kept for the description too."""
        self._noise, classes = study_label_noise(
            self._every_item, self._entries, self._spaces, self._graphs, seed=self.seed
        )
        names = {"noise": "label_noise", "low": "label_noise_low", "high": "label_noise_high"}
        return classes.rename(columns=names)[["label", *names.values()]]

    def draw(self) -> None:
        """The maps of all spaces; after `analyse`, whose neighbours they use."""
        maps = self._paired_maps() if self._maps is None else self._maps.result()
        places = {name: pd.DataFrame({"id": self._ids, "x": xy[:, 0], "y": xy[:, 1]}) for name, xy in maps.items()}
        self._save(MAP, places)

    def describe(self, **facts: Any) -> None:
        """Write study.json, the last part; facts: what else it should say."""
        description = {
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            **facts,
            "arms": [*self._entries.values()],
            "warnings": self._warnings,
            "label_noise": self._noise,
            "timings": self.stages.timings,
            "versions": {"python": platform.python_version()} | {name: version(name) for name in VERSIONS},
        }
        write_description(self.folder, description)

    def _paired_maps(self) -> dict[str, Float32[np.ndarray, "m 2"]]:
        points = {name: self._points(name) for name in self._spaces}
        return paired_maps(points, self._graphs, seed=self.seed, labels=self._items["label"].to_numpy())

    def _points(self, name: str) -> Float32[np.ndarray, "m d"]:
        """The evaluated items' vectors: no copy where that is all of them."""
        vectors = np.asarray(self._spaces[name])
        return vectors if self._all else vectors[self._rows]

    def _reporter(self, name: str, *, done: int) -> Callable[[int, int], None]:
        """Reports the progress of one space's diagnosis, after `done` others."""

        def report(classes: int, total: int) -> None:
            counted = f", {classes:,} of {total:,} classes" if total else ""
            share = (done + classes / max(total, 1)) / len(self._spaces)
            self.stages.reached(share, message=f"diagnosing {name}{counted}")

        return report

    def _save(self, name: str, tables: dict[str, pd.DataFrame]) -> None:
        """One table with a column `arm`, arms in the study's order."""
        parts = [tables[arm].assign(arm=arm) for arm in self._spaces]
        pd.concat(parts, ignore_index=True).to_parquet(self.folder / name, index=False)


def image_root(images: Images | None) -> str | None:
    """Folder of pictures that stay outside the study."""
    return str(images.root.resolve()) if isinstance(images, FileImages) else None


def _roles(items: pd.DataFrame) -> dict[str, Any]:
    """`roles` of the evaluated items."""
    found = roles(items)
    for name, role in found.items():
        if not role.any():
            raise DataError(f"{name} is false for all evaluated items, so there is nothing to measure; correct it")
    return found


def _item_warnings(items: pd.DataFrame, same: Int64[np.ndarray, "m"], roles: dict[str, Any]) -> Iterator[Notice]:
    """What the items themselves tell of the figures. same: of the evaluated items."""
    if "split" in items and not (items["split"] == "test").any():
        message = "no item is marked as test, so the figures are of items that may have been trained on"
        yield Notice("no-test-items", "warning", message)
    everywhere = np.ones(len(same), dtype=bool)
    meets = has_copy(same, roles.get("is_gallery", everywhere)) & roles.get("is_query", everywhere)
    if meets.any():
        message = (
            f"{meets.sum():,} of {roles.get('is_query', everywhere).sum():,} queries meet themselves among the items "
            "that are searched (the same path, name or picture); this is not counted as a hit"
        )
        yield Notice("queries-meet-themselves", "warning", message)

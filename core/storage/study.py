"""A study on disk: one folder with items, arms and everything computed from them. What the app reads.

Reading one imports neither torch nor umap. `core.pipeline` writes them.
"""

import os
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Float32, Int64, UInt8
from PIL import Image

from core.common.errors import RecipeError, StudyError, shown
from core.common.parallel import chunks
from core.data.images import ArrayImages, FileImages, Images
from core.data.metadata import caption_column, metadata
from core.embedding.pixels import pixel_vectors, to_pixels
from core.neighbours.index import KnnGraph, Neighbours
from core.recipe.recipe import Recipe
from core.storage.arm import Arm
from core.storage.arrays import map_array
from core.storage.damage import reason
from core.storage.fit import misfit
from core.storage.layout import (
    DESCRIPTION,
    DIAGNOSTICS,
    IMAGES,
    ITEMS,
    LEFT_OUT,
    LEFT_OUT_TABLE,
    MAP,
    QUERIES,
    SUBCLUSTERS,
    TABLES,
    Description,
    arm_folder,
    read_description,
    refuse_special_files,
)
from core.storage.tables import read_table

OVERLAP_K = 10
BLOCK = 1 << 14


class Study:
    """A finished study, read as it is needed."""

    def __init__(self, path: Path, description: Description) -> None:
        self.path = path
        self.recipe = Recipe.from_dict(description["recipe"]) if "recipe" in description else None
        """What the study was trained by; None where its embeddings were imported."""
        self.name = self.recipe.title or self.recipe.name if self.recipe else description.get("title") or path.name
        self.created = description["created"]
        self.timings = description["timings"]
        self.label_noise = description.get("label_noise")
        """Share of wrong labels over all classes; None in studies from before it was estimated."""
        self.warnings = tuple(description.get("warnings", ()))
        """What is doubtful about the items, such as copies across the split."""
        self.image_root = description["image_root"]
        """Folder or zip of pictures outside the study; None where it holds them itself, or has none."""
        self._arms = {entry.name: Arm.read(arm_folder(path, entry.name), entry) for entry in description["arms"]}
        self._neighbours: dict[str, Neighbours] = {}
        self._graphs: dict[str, KnnGraph] = {}
        self._subclusters: dict[str, Int64[np.ndarray, "n"]] = {}

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Open a study folder and check that its parts fit. Raises StudyError with one sentence if not."""
        path = Path(path)
        if not os.path.isfile(path / DESCRIPTION):  # False, not an error, for a name too long for the disk
            raise StudyError(
                f"{shown(path)} is not a study: it has no {DESCRIPTION}; make one with `python -m core run`, or import"
            )
        try:
            refuse_special_files(path)
            study = cls(path, read_description(path))
            study._check()
        except (OSError, ValueError, KeyError, TypeError, RecursionError, RecipeError) as error:
            raise StudyError(f"the study {shown(path.name)} is damaged ({reason(error)}); make it again") from None
        return study

    @property
    def arms(self) -> list[str]:
        """Trained and imported arms, in the recipe's order."""
        return [name for name, arm in self._arms.items() if arm.kind != "reference"]

    @property
    def references(self) -> list[str]:
        """Spaces from before any training; all methods that take an arm take them too."""
        return [name for name, arm in self._arms.items() if arm.kind == "reference"]

    def arm(self, name: str) -> Arm:
        """Raises StudyError where there is no such arm."""
        if name not in self._arms:
            raise StudyError(f'{shown(self.path.name)} has no arm "{shown(name)}"; it has {", ".join(self._arms)}')
        return self._arms[name]

    @cached_property
    def items(self) -> pd.DataFrame:
        """One row per item in id order: id, label, [sublabel], [split], [path], [clean_label], [is_query, is_gallery].

        Also [name]: what the user calls an imported item; [digest]: equal for pictures of equal content; and the
        columns that `metadata` has, under a prefix.
        """
        return self._table(ITEMS)

    @cached_property
    def evaluated(self) -> Bool[np.ndarray, "n"]:
        """Mask of the items that figures, maps and galleries show: those held out, or all where none are."""
        return evaluated(self.items)

    @property
    def metadata(self) -> pd.DataFrame:
        """What else the items' table said of them, rows as in `items`: text ("" for none) or numbers (NaN for none)."""
        return metadata(self.items)

    @cached_property
    def caption(self) -> str | None:
        """The column of `metadata` that says in words what an item is, such as a title; None where none does."""
        return caption_column(self.metadata)

    @cached_property
    def left_out(self) -> pd.DataFrame:
        """Columns where, problem, remedy: a row for everything that could not be used, and was left out."""
        if not (self.path / LEFT_OUT).exists():
            return pd.DataFrame(columns=[*LEFT_OUT_TABLE.needed])
        return read_table(self.path / LEFT_OUT, LEFT_OUT_TABLE, owner=f"the study {shown(self.path.name)}")

    @cached_property
    def diagnostics(self) -> pd.DataFrame:
        """Columns of `core.diagnostics.diagnose` and `arm`; one row per arm and class, evaluated items.

        Also [label_noise, label_noise_low, label_noise_high], alike for all arms: the share of wrong labels in the
        class, of the items that `label_noise` names.
        """
        return self._table(DIAGNOSTICS)

    def require_finite(self) -> None:
        """Raises StudyError where an arm or reference holds NaN or infinite numbers, which reading it does not find."""
        for name, arm in self._arms.items():
            wrong = [i for part in chunks(len(arm.embeddings), BLOCK) for i in _not_finite(arm.embeddings, part)]
            if wrong:
                raise StudyError(
                    f"the study {shown(self.path.name)} is damaged (the vectors of {name} are NaN or infinite in "
                    f"{len(wrong):,} rows, the first is row {wrong[0]}); make it again"
                )

    def queries(self, name: str) -> pd.DataFrame:
        """Columns of `core.diagnostics.retrieval_per_query`, indexed by the id of each query.

        Queries are the evaluated items, or those among them that `is_query` marks.
        """
        table = self._table(QUERIES)
        return table[table["arm"] == self.arm(name).name].drop(columns="arm").set_index("id")

    def map(self, name: str) -> Float32[np.ndarray, "n 2"]:
        """Places on the arm's map, rows as in `items`; NaN for items that are not on it."""
        places = self._per_item(MAP, self.arm(name).name)
        return places[["x", "y"]].to_numpy(np.float32)

    def subclusters(self, name: str) -> Int64[np.ndarray, "n"]:
        """Sub-cluster within its class of each item, rows as in `items`; -1 = in none, or not evaluated."""
        if name not in self._subclusters:
            found = self._per_item(SUBCLUSTERS, self.arm(name).name)
            self._subclusters[name] = found["subcluster"].fillna(-1).to_numpy(np.int64)
            self._subclusters[name].flags.writeable = False
        return self._subclusters[name]

    def readings(self, name: str, label: str) -> Int64[np.ndarray, "r n"]:
        """Sub-cluster of each evaluated item of a class in every reading of the class, coarse to fine; -1 = in none.

        A study of an earlier version has a single reading: its count.
        """
        rows = np.flatnonzero(self.evaluated & (self.items["label"] == label).to_numpy())
        table = self._per_item(SUBCLUSTERS, self.arm(name).name).iloc[rows]
        if "readings" not in table:
            return self.subclusters(name)[rows][None]
        lengths = {len(of_item) for of_item in table["readings"]} - {0}
        if len(lengths) > 1:
            raise StudyError(f"{SUBCLUSTERS} of the study {shown(self.path.name)} is damaged; make the study again")
        none = np.full(max(lengths, default=0), -1)
        return np.stack([of_item if len(of_item) else none for of_item in table["readings"]], axis=1).astype(np.int64)

    def neighbours(self, name: str) -> Neighbours:
        """Search among the evaluated items in an arm's embedding space."""
        if name not in self._neighbours:
            rows = np.flatnonzero(self.evaluated)
            self._neighbours[name] = Neighbours(self.arm(name).embeddings[rows], self.items["id"].to_numpy()[rows])
        return self._neighbours[name]

    def graph(self, name: str) -> KnnGraph:
        """The OVERLAP_K nearest evaluated items of every evaluated item."""
        if name not in self._graphs:
            kept = self.arm(name).kept_graph(int(self.evaluated.sum()), OVERLAP_K)
            self._graphs[name] = kept or self.neighbours(name).graph(OVERLAP_K)
        return self._graphs[name]

    def overlap(self, a: str, b: str) -> Float32[np.ndarray, "n"]:
        """Share of an item's OVERLAP_K nearest neighbours that two arms have in common, 0 to 1; NaN off the maps."""
        first, second = self.graph(a).rows, self.graph(b).rows
        shared = (first[:, :, None] == second[:, None, :]).any(axis=2) & (first >= 0)
        result = np.full(len(self.items), np.nan, np.float32)
        result[self.evaluated] = shared.mean(axis=1)
        return result

    @cached_property
    def images(self) -> Images | None:
        """The items' pictures, rows as in `items`; None for studies of bare vectors."""
        array = self.path / IMAGES
        if array.exists():
            return ArrayImages(self._pictures(array))
        if self.image_root is not None:
            return FileImages(Path(self.image_root), self.items["path"].tolist())
        return None

    def picture(self, id: int) -> Image.Image:
        """An item's original picture. Raises StudyError for an unknown id, ImageError where it cannot be read."""
        if self.images is None:
            raise StudyError(f"{shown(self.path.name)} has no pictures")
        return self.images.picture(self._row(id))

    def thumbnails(self, *, side: int) -> UInt8[np.ndarray, "m s s *colour"] | None:
        """Square previews of the evaluated items, at most `side` pixels; None for studies of bare vectors."""
        if self.images is None:
            return None
        rows, channels = np.flatnonzero(self.evaluated), self._channels
        side = min(side, max(self.images.picture(0).size))
        pixels = self.images.pixels(rows, size=side, channels=channels)
        return pixels[:, 0] if channels == 1 else np.ascontiguousarray(pixels.transpose(0, 2, 3, 1))

    def embed(self, pictures: list[Image.Image]) -> dict[str, Float32[np.ndarray, "m d"]]:
        """New pictures in every space that takes pictures: arms with a network, and the reference of raw pixels."""
        spaces = {}
        for arm in self._arms.values():
            if arm.has_network:
                spaces[arm.name] = arm.network.embed(pictures)
            elif arm.pixels is not None:
                squares = to_pixels(pictures, size=arm.pixels.side, channels=arm.pixels.channels)
                spaces[arm.name] = pixel_vectors(squares)
        return spaces

    def place(self, name: str, queries: Float[np.ndarray, "m d"]) -> Float32[np.ndarray, "m 2"]:
        """Approximate places of new vectors on an arm's map."""
        from core.projection import place_on_map

        rows = np.flatnonzero(self.evaluated)
        ids = self.items["id"].to_numpy()[rows]
        return place_on_map(queries, self.neighbours(name), ids=ids, layout=self.map(name)[rows])

    def _pictures(self, path: Path) -> UInt8[np.ndarray, "n ..."]:
        try:
            array = map_array(path)
        except (OSError, ValueError) as error:
            raise StudyError(
                f"{path.name} of the study {shown(self.path.name)} cannot be read ({reason(error)})"
            ) from None
        if array.dtype != np.uint8 or array.ndim < 3 or len(array) != len(self.items) or not array.size:
            raise StudyError(
                f"{path.name} of the study {shown(self.path.name)} does not hold its {len(self.items)} items"
            )
        return array

    def _row(self, id: int) -> int:
        if not 0 <= id < len(self.items):
            raise StudyError(f"{shown(self.path.name)} has no item {id}")
        return id  # ids are row numbers, as `_check` makes sure

    @property
    def _channels(self) -> int:
        """Of previews: 1 where the pictures are known to be grey."""
        if self.recipe is not None:
            return self.recipe.data.channels
        return next((arm.pixels.channels for arm in self._arms.values() if arm.pixels is not None), 3)

    def _check(self) -> None:
        n = len(self.items)
        if not n:
            raise ValueError(f"{ITEMS} is empty")
        if not np.array_equal(self.items["id"], np.arange(n)):
            raise ValueError(f"{ITEMS}: ids are not 0 to n - 1 in order")
        for arm in self._arms.values():
            if len(arm.embeddings) != n:
                raise ValueError(f"{arm.name}: {len(arm.embeddings)} embeddings for {n} items")
        for name in TABLES:
            if not (self.path / name).is_file():
                raise FileNotFoundError(f"{name} is missing")

    def _table(self, name: str) -> pd.DataFrame:
        owner = f"the study {shown(self.path.name)}"
        table = read_table(self.path / name, TABLES[name], owner=owner)
        if name != ITEMS and (fault := misfit(name, table, self.items, self.evaluated, [*self._arms])):
            raise StudyError(f"{name} of {owner} {fault}; make the study again")
        return table

    def _per_item(self, name: str, arm: str) -> pd.DataFrame:
        table = self._tables[name]
        return table[table["arm"] == arm].set_index("id").reindex(self.items["id"])

    @cached_property
    def _tables(self) -> dict[str, pd.DataFrame]:
        return {name: self._table(name) for name in (MAP, SUBCLUSTERS)}


def _not_finite(vectors: Float32[np.ndarray, "n d"], part: slice) -> list[int]:
    return (part.start + np.flatnonzero(~np.isfinite(vectors[part]).all(axis=1))).tolist()


def evaluated(items: pd.DataFrame) -> Bool[np.ndarray, "n"]:
    """Rows of the held-out items, or all where none are."""
    if "split" not in items:
        return np.ones(len(items), dtype=bool)
    test = (items["split"] == "test").to_numpy()
    return test if test.any() else np.ones(len(items), dtype=bool)


def labels_and_modes(items: pd.DataFrame) -> tuple[np.ndarray, np.ndarray | None]:
    """The items' classes and, where known, their modes."""
    return items["label"].to_numpy(), items["sublabel"].to_numpy() if "sublabel" in items else None


def roles(items: pd.DataFrame) -> dict[str, Bool[np.ndarray, "n"]]:
    """Which items are queries (`is_query`) and which are searched (`is_gallery`), where the items say: a mask each."""
    return {name: items[name].to_numpy(dtype=bool) for name in ("is_query", "is_gallery") if name in items}

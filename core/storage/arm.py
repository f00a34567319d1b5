"""One arm or reference of a study on disk, read as it is needed."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd
from jaxtyping import Float32

from core.common.notices import Notice
from core.neighbours.index import KnnGraph
from core.storage.arrays import map_array
from core.storage.layout import (
    EMBEDDINGS,
    GRAPH_DISTANCES,
    GRAPH_ROWS,
    HISTORIES,
    HISTORY,
    SNAPSHOTS,
    ArmEntry,
    ArmKind,
    PixelSpace,
)
from core.storage.snapshots import Snapshots
from core.storage.tables import read_table

if TYPE_CHECKING:
    from core.embedding.embed import PictureEmbedder


@dataclass(frozen=True)
class Arm:
    """One embedding of the study's items."""

    name: str
    kind: ArmKind
    has_network: bool
    """Whether its network is stored with it."""
    positives: str | None
    """The positive sampling rule, for a trained arm."""
    folder: Path
    metrics: dict[str, float]
    """Figures of `core.diagnostics.retrieval_metrics` over the evaluated items."""
    warnings: tuple[Notice, ...]
    """What went wrong, such as total collapse."""
    embeddings: Float32[np.ndarray, "n d"]
    """Unit vectors, rows as in `Study.items`; read-only, mapped from disk."""
    pixels: PixelSpace | None
    """For a reference made of raw pixels."""

    @classmethod
    def read(cls, folder: Path, entry: ArmEntry) -> Self:
        """Raises OSError, or ValueError where the parts do not fit."""
        embeddings = map_array(folder / EMBEDDINGS)
        if embeddings.dtype != np.float32 or embeddings.ndim != 2:
            raise ValueError(f"{entry.name}: embeddings are {embeddings.dtype} {embeddings.shape}")
        d, pixels = embeddings.shape[1], entry.pixels
        if pixels is not None and pixels.channels * pixels.side**2 != d:
            raise ValueError(f"{entry.name}: {d} numbers are no square picture of {pixels.channels} channel(s)")
        return cls(
            entry.name,
            entry.kind,
            entry.has_network,
            entry.positives,
            folder,
            {key: np.nan if value is None else value for key, value in entry.metrics.items()},
            entry.warnings,
            embeddings,
            pixels,
        )

    @property
    def takes_pictures(self) -> bool:
        """Whether a new picture can be embedded here: there is a network, or the vectors are pixels."""
        return self.has_network or self.pixels is not None

    @cached_property
    def history(self) -> pd.DataFrame:
        """One row per epoch; empty for arms that were not trained here. Raises StudyError where it is damaged."""
        path = self.folder / HISTORY
        if not path.exists():
            return pd.DataFrame({"epoch": []})
        return read_table(path, HISTORIES, owner=f"the arm {self.name}")

    @cached_property
    def network(self) -> "PictureEmbedder":
        """The network, of an arm that has one; read once. Raises CheckpointError."""
        from core.embedding.embed import PictureEmbedder  # imports torch

        return PictureEmbedder(self.folder)

    @cached_property
    def snapshots(self) -> Snapshots:
        """The evaluated items' embeddings before training and after its epochs, where they were saved."""
        return Snapshots(self.folder / SNAPSHOTS)

    def kept_graph(self, n: int, k: int) -> KnnGraph | None:
        """The k neighbours of all n evaluated items, computed when the study was made.

        None in studies made before these were stored, and where the files are damaged.
        """
        try:
            rows, distances = map_array(self.folder / GRAPH_ROWS), map_array(self.folder / GRAPH_DISTANCES)
        except (OSError, ValueError):
            return None
        if not (rows.dtype == np.int32 and distances.dtype == np.float32 and rows.shape == distances.shape):
            return None
        if len(rows) != n or rows.ndim != 2 or rows.shape[1] < k or not -1 <= rows.min() <= rows.max() < n:
            return None
        return KnnGraph(np.array(rows[:, :k]), np.array(distances[:, :k]))

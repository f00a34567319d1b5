"""Snapshots of the evaluated items' embeddings while an arm trains: one float16 matrix for each epoch that is kept."""

import contextlib
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float16

from core.common.errors import StudyError
from core.common.files import replacing
from core.storage.arrays import save_array
from core.storage.layout import SNAPSHOTS, arm_folder, snapshot_epoch, snapshot_name

BUDGET = 100_000_000
"""Bytes that the snapshots of a study take at most by default; with larger ones, fewer epochs are kept."""


def write_snapshot(folder: Path, epoch: int, embeddings: Float[np.ndarray, "n d"]) -> None:
    """Save the embeddings of an epoch; 0 is before training. Replaces an earlier snapshot of that epoch.

    The file appears in one step, since the app may be reading it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / snapshot_name(epoch)) as draft:
        save_array(draft, embeddings.astype(np.float16))


def interval(wanted: int | None, *, epochs: int, bytes_each: int) -> int:
    """Epochs between two snapshots, 0 for none; bytes_each: of one epoch, all arms together.

    wanted: `train.snapshots`; None takes as many as the budget allows, but at least the first and the last.
    """
    if wanted is not None:
        return wanted
    affordable = max(1, BUDGET // max(1, bytes_each) - 1)
    return -(-epochs // affordable)


def kept_epochs(study: Path, arms: Sequence[str]) -> dict[str, tuple[tuple[int, int], ...]]:
    """Arm -> its kept epochs, ascending, each with the time it was written in nanoseconds; only arms that have any.

    study: the folder of a study or of a run under way, of which anything may be missing.
    """
    found = {arm: tuple(sorted(_written(arm_folder(study, arm) / SNAPSHOTS))) for arm in arms}
    return {arm: epochs for arm, epochs in found.items() if epochs}


def _written(folder: Path) -> Iterator[tuple[int, int]]:
    for path in folder.glob("*.npy"):
        epoch = snapshot_epoch(path.name)
        if epoch is not None:
            with contextlib.suppress(FileNotFoundError):  # the run was cancelled meanwhile
                yield epoch, path.stat().st_mtime_ns


class Snapshots(Sequence[Float16[np.ndarray, "n d"]]):
    """The kept epochs of an arm, read on access: `snapshots[i]` are the embeddings after `snapshots.epochs[i]`.

    Rows are the study's evaluated items, in their order; empty for arms that kept none.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def epochs(self) -> list[int]:
        """Ascending; 0 is before training."""
        names = [path.name for path in self._folder.iterdir()] if self._folder.is_dir() else []
        return sorted(epoch for epoch in map(snapshot_epoch, names) if epoch is not None)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(epochs, items, dimension); zeros where there are none."""
        return (len(self), *self[0].shape) if self.epochs else (0, 0, 0)

    def __len__(self) -> int:
        return len(self.epochs)

    def __getitem__(self, position: int) -> Float16[np.ndarray, "n d"]:  # type: ignore[override]
        """Read-only, mapped from disk. Raises StudyError where the file is damaged."""
        path = self._folder / snapshot_name(self.epochs[position])
        try:
            array = np.lib.format.open_memmap(path, mode="r")
        except (OSError, ValueError) as error:
            raise StudyError(f"the snapshot {path.name} cannot be read ({error}); run the recipe again") from None
        if array.dtype != np.float16 or array.ndim != 2:
            raise StudyError(f"the snapshot {path.name} is {array.dtype} {array.shape}; run the recipe again")
        return array

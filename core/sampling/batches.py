"""Class-balanced batches: some classes, the same number of items of each, no item twice."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Int

from core.common.errors import DataError


class ClassBalancedBatches:
    """Batches of `classes_per_batch x samples_per_class` items, the same sequence for the same seed.

    Within an epoch the items of each class are used in a shuffled order and reshuffled when exhausted, so that all
    items appear equally often (up to a difference of one); no item appears twice in a batch.
    """

    def __init__(
        self, labels: Int[np.ndarray, "n"], *, classes_per_batch: int, samples_per_class: int, seed: int
    ) -> None:
        """labels: class code of each item. Raises DataError if a class is too small or there are too few classes."""
        codes, counts = np.unique(labels, return_counts=True)
        if len(codes) < classes_per_batch:
            raise DataError(
                f"the training items have {len(codes)} class(es), fewer than train.classes_per_batch = "
                f"{classes_per_batch}; lower it or add classes"
            )
        if counts.min() < 2:
            few = int((counts < 2).sum())
            raise DataError(f"{few} class(es) have a single training item, so no positive; add items or remove them")
        self._members = [np.flatnonzero(labels == code) for code in codes]
        self._classes_per_batch = classes_per_batch
        self._samples_per_class = samples_per_class
        self._seed = seed
        self.batches_per_epoch = max(1, len(labels) // (classes_per_batch * samples_per_class))

    def epoch(self, number: int) -> Iterator[Int[np.ndarray, "b"]]:
        """The batches of one epoch as item rows; independent of earlier epochs."""
        rng = np.random.default_rng([self._seed, number])
        queues: list[np.ndarray] = [rng.permutation(members) for members in self._members]
        for _ in range(self.batches_per_epoch):
            classes = rng.choice(len(queues), self._classes_per_batch, replace=False)
            yield np.concatenate([self._draw_items(queues, c, rng) for c in classes.tolist()])

    def _draw_items(self, queues: list[np.ndarray], c: int, rng: np.random.Generator) -> Int[np.ndarray, "s"]:
        wanted = min(self._samples_per_class, len(self._members[c]))
        drawn = queues[c][:wanted]
        queues[c] = queues[c][wanted:]
        if len(drawn) < wanted:
            fresh = rng.permutation(self._members[c])
            new = fresh[~np.isin(fresh, drawn)][: wanted - len(drawn)]
            queues[c] = fresh[~np.isin(fresh, new)]
            drawn = np.concatenate([drawn, new])
        return drawn

"""Class-balanced batches: some classes, the same number of items of each, no item twice."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Int

from core.common.errors import DataError


class ClassBalancedBatches:
    """Batches of `classes_per_batch x samples_per_class` items, the same sequence for the same seed.

    Within an epoch each class deals out its items in a shuffled order and reshuffles when they run out, so that
    items appear equally often (give or take one); within a batch no item appears twice.
    """

    def __init__(
        self, labels: Int[np.ndarray, "n"], *, classes_per_batch: int, samples_per_class: int, seed: int
    ) -> None:
        """labels: class code of each item. Raises DataError where a class is too small or classes are too few."""
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
        """The batches of one epoch as item rows; any epoch can be had without the earlier ones."""
        rng = np.random.default_rng([self._seed, number])
        decks: list[np.ndarray] = [rng.permutation(members) for members in self._members]
        for _ in range(self.batches_per_epoch):
            classes = rng.choice(len(decks), self._classes_per_batch, replace=False)
            yield np.concatenate([self._deal(decks, c, rng) for c in classes.tolist()])

    def _deal(self, decks: list[np.ndarray], c: int, rng: np.random.Generator) -> Int[np.ndarray, "s"]:
        wanted = min(self._samples_per_class, len(self._members[c]))
        hand = decks[c][:wanted]
        decks[c] = decks[c][wanted:]
        if len(hand) < wanted:
            fresh = rng.permutation(self._members[c])
            new = fresh[~np.isin(fresh, hand)][: wanted - len(hand)]
            decks[c] = fresh[~np.isin(fresh, new)]
            hand = np.concatenate([hand, new])
        return hand

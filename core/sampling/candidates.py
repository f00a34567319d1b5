"""The anchors of a training step and their candidate positives and negatives."""

from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


@dataclass(frozen=True)
class Candidates:
    """Items with their embeddings; the first `anchors` rows are also the anchors."""

    embeddings: Float[Tensor, "n d"]
    labels: Int[Tensor, "n"]
    ids: Int[Tensor, "n"]
    """Rows with the same id are one item and never each other's positive."""
    anchors: int

    @cached_property
    def distances(self) -> Float[Tensor, "a n"]:
        """Euclidean, from differences: precise also for nearly coincident rows."""
        rows = self.embeddings[: self.anchors]
        return torch.cdist(rows, self.embeddings, compute_mode="donot_use_mm_for_euclid_dist")

    @cached_property
    def same_class(self) -> Bool[Tensor, "a n"]:
        """Whether a row is another item of an anchor's class."""
        return ~self.other_class & (self.ids[: self.anchors, None] != self.ids[None, :])

    @cached_property
    def other_class(self) -> Bool[Tensor, "a n"]:
        """Whether a row is of another class than an anchor."""
        return self.labels[: self.anchors, None] != self.labels[None, :]

"""A cross-batch memory: embeddings of recent training items, as additional positives and negatives.

Wang et al. 1912.06798. After the first epochs embeddings drift slowly, so those of earlier batches are still of use.
The memory may contain older embeddings of an anchor itself, which are not positives: rows have the ids of their items,
and rows with the same id are never paired, neither within the batch nor with earlier steps.
"""

from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor


class Memory:
    """The last `size` embeddings that were added, first in, first out; empty at the start."""

    def __init__(self, size: int, dim: int, *, device: torch.device) -> None:
        self._embeddings = torch.zeros(size, dim, device=device)
        self._labels = torch.zeros(size, dtype=torch.long, device=device)
        self._ids = torch.zeros(size, dtype=torch.long, device=device)
        self._added = 0

    def __len__(self) -> int:
        return min(self._added, len(self._ids))

    def append_to(
        self, embeddings: Float[Tensor, "b d"], labels: Int[Tensor, "b"], ids: Int[Tensor, "b"]
    ) -> tuple[Float[Tensor, "n d"], Int[Tensor, "n"], Int[Tensor, "n"]]:
        """The batch followed by the memory, n = b + len(self); gradients flow to the batch alone."""
        held = slice(len(self))
        return (
            torch.cat([embeddings, self._embeddings[held].to(embeddings.dtype)]),
            torch.cat([labels, self._labels[held]]),
            torch.cat([ids, self._ids[held]]),
        )

    @torch.no_grad()
    def add(self, embeddings: Float[Tensor, "b d"], labels: Int[Tensor, "b"], ids: Int[Tensor, "b"]) -> None:
        """Keep a batch, which must not be larger than the memory, replacing the oldest entries."""
        size = len(self._ids)
        places = torch.arange(self._added, self._added + len(ids), device=ids.device) % size
        self._embeddings[places] = embeddings.detach().float()
        self._labels[places] = labels
        self._ids[places] = ids
        self._added += len(ids)

    def state_dict(self) -> dict[str, Any]:
        """The state for `load_state_dict`."""
        return {"embeddings": self._embeddings, "labels": self._labels, "ids": self._ids, "added": self._added}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the state returned by `state_dict`."""
        self._embeddings.copy_(state["embeddings"])
        self._labels.copy_(state["labels"])
        self._ids.copy_(state["ids"])
        self._added = state["added"]

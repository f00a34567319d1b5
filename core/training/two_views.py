"""Supervised contrast beside the recognition of an item's own other view: losses that see every item twice.

Each row must find its own other view among rivals, which keeps items apart that SupCon alone draws to one point.
Chen et al. 2022 (L_spread, 2204.07596) let it search among the items of its class, Xue et al. 2023 (2305.16536) among
all items, which is SimCLR (Chen et al. 2020).
"""

import torch
from jaxtyping import Float, Int
from pytorch_metric_learning import losses
from torch import Tensor, nn


class TwoViewLoss(nn.Module):
    """(1 - spread) SupCon + spread InfoNCE, with s(i, j) the cosine of rows i and j over the temperature:

    SupCon: mean over i of -1/|P(i)| sum over p in P(i) of log [exp s(i, p) / sum over a != i of exp s(i, a)].
    InfoNCE: mean over i of -log [exp s(i, v) / sum over a in A(i) of exp s(i, a)].
    P(i): the other rows of i's class. v: the other view of i. A(i): P(i) where `within_class`, else all rows but i.

    A term that is 0 in float32 is left out of its mean, as pytorch-metric-learning does in SupCon.
    """

    def __init__(self, *, temperature: float, spread: float, within_class: bool) -> None:
        super().__init__()
        self.contrast = losses.SupConLoss(temperature=temperature)
        self.spread, self.within_class = spread, within_class

    def forward(self, embeddings: Float[Tensor, "n d"], labels: Int[Tensor, "n"]) -> Float[Tensor, ""]:
        """The first half of the rows are the first views of the items, the second half their second views."""
        together = self.contrast(embeddings, labels)
        apart = self.contrast(embeddings, labels, self._pairs(labels))
        return (1 - self.spread) * together + self.spread * apart

    def _pairs(self, labels: Int[Tensor, "n"]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """(row, its other view, row, its rival), as the library takes positive and negative pairs."""
        rows = torch.arange(len(labels), device=labels.device)
        views = rows.roll(len(labels) // 2)
        rival = (rows[:, None] != rows[None, :]) & (views[:, None] != rows[None, :])
        if self.within_class:
            rival &= labels[:, None] == labels[None, :]
        seekers, rivals = torch.nonzero(rival, as_tuple=True)
        return rows, views, seekers, rivals

"""Anti-collapse by coding rate: vectors that lie together can be told in few bits, so the rate is to be high.

Jiang et al. 2024 (2407.03106), who take the rate from Yu et al. 2020 (2006.08558).
"""

import torch
from jaxtyping import Float, Int
from pytorch_metric_learning import losses
from torch import Tensor, nn
from torch.nn.functional import normalize

DISTORTION = 0.5
"""Squared error up to which vectors are told, epsilon^2: Jiang et al.'s code."""


def coding_rate(points: Float[Tensor, "m d"]) -> Float[Tensor, ""]:
    """R = 1/2 log det(I + d / (m epsilon^2) Z^T Z), in nats; higher = the m vectors fill more directions.

    For unit vectors, from 1/2 log(1 + d / epsilon^2), all of them on one line, to d/2 log(1 + 1 / epsilon^2) where
    m >= d.
    """
    m, d = points.shape
    gram = points @ points.T if m < d else points.T @ points  # both have the same determinant
    whole = torch.eye(len(gram), dtype=points.dtype, device=points.device) + d / (m * DISTORTION) * gram
    factor = torch.linalg.cholesky_ex(whole).L  # unlike cholesky, NaN where a training has diverged
    return factor.diagonal().log().sum()


class AntiCollapse(nn.Module):
    """(1 - spread) L + spread exp(-R), with L the Proxy-Anchor loss (Kim et al. 2003.13911) and R the coding rate of
    the proxies of the batch's classes, or of its items.

    So in Jiang et al.'s code, which multiplies by m / (d epsilon^2) for proxies where the rate has d / (m epsilon^2).
    """

    def __init__(self, *, classes: int, dim: int, spread: float, of_items: bool) -> None:
        super().__init__()
        self.anchor = losses.ProxyAnchorLoss(num_classes=classes, embedding_size=dim)
        self.spread, self.of_items = spread, of_items

    def forward(self, embeddings: Float[Tensor, "n d"], labels: Int[Tensor, "n"]) -> Float[Tensor, ""]:
        """labels: class codes, the rows of the proxies."""
        together = self.anchor(embeddings, labels)
        apart = embeddings if self.of_items else self.anchor.proxies[labels.unique()]
        return (1 - self.spread) * together + self.spread * torch.exp(-coding_rate(normalize(apart, dim=1)))

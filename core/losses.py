"""Metric-learning losses by name, from pytorch-metric-learning, fed with the tuples of our sampling rules."""

import torch
from jaxtyping import Float, Int
from pytorch_metric_learning import losses
from torch import Tensor, nn

from core.config import PROXY_LOSSES, LossName, TrainConfig
from core.sampling.negatives import Triplets


def create_loss(name: LossName, config: TrainConfig, *, classes: int, dim: int) -> nn.Module:
    """A loss module; its own parameters (beta, proxies) are trained with the network's.

    triplet: Schroff et al. 1503.03832. margin: Wu et al. 1706.07567, beta learned.
    proxy-anchor: Kim et al. 2003.13911, a baseline without in-batch positives.
    """
    match name:
        case "triplet":
            return losses.TripletMarginLoss(margin=config.margin)
        case "margin":
            return losses.MarginLoss(margin=config.margin, beta=config.beta, learn_beta=True)
        case "proxy-anchor":
            return losses.ProxyAnchorLoss(num_classes=classes, embedding_size=dim)


def takes_triplets(name: LossName) -> bool:
    """Whether a loss compares items of the batch, so that sampling rules apply to it."""
    return name not in PROXY_LOSSES


def active_fraction(embeddings: Float[Tensor, "n d"], triplets: Triplets, *, margin: float) -> Float[Tensor, ""]:
    """Share of triplets whose negative is not yet farther than the positive by the margin, 0 to 1."""
    anchors, positives, negatives = triplets
    with torch.no_grad():
        to_positive = (embeddings[anchors] - embeddings[positives]).norm(dim=1)
        to_negative = (embeddings[anchors] - embeddings[negatives]).norm(dim=1)
        return (to_positive - to_negative + margin > 0).float().mean()


def compute_loss(
    loss: nn.Module, embeddings: Float[Tensor, "n d"], labels: Int[Tensor, "n"], triplets: Triplets | None
) -> Float[Tensor, ""]:
    """The loss in float32, over the given triplets or, for proxy losses, over the batch."""
    if triplets is None:
        return loss(embeddings.float(), labels)
    return loss(embeddings.float(), labels, triplets)

"""Metric-learning losses by name, from pytorch-metric-learning, fed with the tuples of our sampling rules."""

import math

import torch
from jaxtyping import Float, Int
from pytorch_metric_learning import losses
from torch import Tensor, nn

from core.recipe.rules import DEFAULT_BETA_RULE, DEFAULT_MARGINS, DEFAULT_TEMPERATURE, LossName
from core.recipe.train import TrainConfig
from core.sampling.tuples import Tuples


def create_loss(name: LossName, config: TrainConfig, *, classes: int, dim: int) -> nn.Module:
    """A loss module; its own parameters (beta, proxies) are trained beside the network's.

    triplet: Schroff et al. 1503.03832. margin: Wu et al. 1706.07567. contrastive: Hadsell et al. 2006.
    multi-similarity: Wang et al. 1904.06627. nt-xent: Sohn 2016 (N-pair), van den Oord et al. 1807.03748.
    Baselines without in-batch positives, at their papers' settings: proxy-anchor: Kim et al. 2003.13911.
    softtriple: Qian et al. 1909.05235. arcface: Deng et al. 1801.07698. subcenter-arcface: Deng et al. ECCV 2020.
    """
    margin = config.margin or DEFAULT_MARGINS.get(name, math.nan)
    match name:
        case "triplet":
            return losses.TripletMarginLoss(margin=margin)
        case "margin":
            rule = config.learn_beta or DEFAULT_BETA_RULE
            number = classes if rule == "per-class" else None
            return losses.MarginLoss(margin=margin, beta=config.beta, learn_beta=rule != "no", num_classes=number)
        case "contrastive":
            return losses.ContrastiveLoss(pos_margin=0, neg_margin=margin)
        case "multi-similarity":
            return losses.MultiSimilarityLoss(alpha=2, beta=50, base=0.5)
        case "nt-xent":
            return losses.NTXentLoss(temperature=config.temperature or DEFAULT_TEMPERATURE)
        case "proxy-anchor":
            return losses.ProxyAnchorLoss(num_classes=classes, embedding_size=dim)
        case "softtriple":
            return losses.SoftTripleLoss(num_classes=classes, embedding_size=dim)
        case "arcface":
            return losses.ArcFaceLoss(num_classes=classes, embedding_size=dim)
        case "subcenter-arcface":
            return losses.SubCenterArcFaceLoss(num_classes=classes, embedding_size=dim)


def compute_loss(
    loss: nn.Module,
    embeddings: Float[Tensor, "n d"],
    labels: Int[Tensor, "n"],
    tuples: Tuples | None,
    *,
    anchors: int | None = None,
) -> Float[Tensor, ""]:
    """The loss in float32, over the given tuples or, for proxy losses, over the batch.

    anchors: number of leading rows that are anchors; the others are only their positives and negatives.
    """
    embeddings = embeddings.float()
    if tuples is None:
        return loss(embeddings, labels)
    if anchors is None or anchors == len(labels):
        return loss(embeddings, labels, tuples)
    return loss(embeddings[:anchors], labels[:anchors], tuples, ref_emb=embeddings, ref_labels=labels)


@torch.no_grad()
def active_fraction(
    loss: nn.Module,
    to_positive: Float[Tensor, "p"],
    to_negative: Float[Tensor, "q"],
    *,
    classes: Int[Tensor, "p"],
) -> Float[Tensor, ""]:
    """Share of the active tuples, those with a loss above zero, 0 to 1, given the tuples' distances.

    classes: class code of each anchor with a positive. NaN without tuples, and for losses in which every pair has a
    weight (multi-similarity, nt-xent).
    """
    match loss:
        case losses.TripletMarginLoss():
            active = to_positive - to_negative + loss.margin > 0
        case losses.MarginLoss():
            beta = loss.beta.to(to_positive)
            beta = beta if len(beta) == 1 else beta[classes]
            active = (to_positive > beta - loss.margin) | (to_negative < beta + loss.margin)
        case losses.ContrastiveLoss():
            active = torch.cat([to_positive > loss.pos_margin, to_negative < loss.neg_margin])
        case _:
            return to_positive.new_tensor(math.nan)
    return active.float().mean()

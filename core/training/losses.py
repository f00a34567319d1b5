"""Metric-learning losses by name: pytorch-metric-learning's, or made of them, fed with the tuples of our sampling rules
or, where they choose none, with the batch."""

import math

import torch
from jaxtyping import Float, Int
from pytorch_metric_learning import distances, losses
from torch import Tensor, nn

from core.recipe.rules import DEFAULT_BETA_RULE, DEFAULT_MARGINS, DEFAULT_SPREADS, DEFAULT_TEMPERATURES, LossName
from core.recipe.train import TrainConfig
from core.sampling.tuples import Tuples
from core.training.coding_rate import AntiCollapse
from core.training.two_views import TwoViewLoss


def create_loss(name: LossName, config: TrainConfig, *, classes: int, dim: int) -> nn.Module:
    """A loss module; its own parameters (beta, proxies) are trained beside the network's.

    triplet: Schroff et al. 1503.03832. margin: Wu et al. 1706.07567. contrastive: Hadsell et al. 2006.
    multi-similarity: Wang et al. 1904.06627. nt-xent: Sohn 2016 (N-pair), van den Oord et al. 1807.03748.
    supcon: Khosla et al. 2004.11362, eq. 2; with a single positive for each anchor it is nt-xent. nca-triplet: log[1 +
    exp(s(a, n) - s(a, p))] of cosines s, the loss of Xuan et al. 1904.04370; theirs are nearest positives, with hardest
    or semihard negatives.
    Losses of all pairs of a batch: l-spread, supcon-simclr: `core.training.two_views`. soft-nearest-neighbour: Frosst
    et al. 1902.01889, eq. 1: the mean over i of -log of the share that the rows of i's class have in the sum over
    j != i of exp(-d(i, j)^2 / temperature), d Euclidean.
    Baselines without in-batch positives, at their papers' settings: proxy-anchor: Kim et al. 2003.13911.
    softtriple: Qian et al. 1909.05235. arcface: Deng et al. 1801.07698. subcenter-arcface: Deng et al. ECCV 2020.
    anti-collapse, anti-collapse-items: `core.training.coding_rate`, of proxies and of items.
    """
    margin = config.margin or DEFAULT_MARGINS.get(name, math.nan)
    temperature = config.temperature or DEFAULT_TEMPERATURES.get(name, math.nan)
    spread = DEFAULT_SPREADS.get(name, math.nan) if config.spread is None else config.spread
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
            return losses.NTXentLoss(temperature=temperature)
        case "supcon":
            return losses.SupConLoss(temperature=temperature)
        case "nca-triplet":
            return losses.TripletMarginLoss(margin=0, smooth_loss=True, distance=distances.CosineSimilarity())
        case "l-spread" | "supcon-simclr":
            return TwoViewLoss(temperature=temperature, spread=spread, within_class=name == "l-spread")
        case "soft-nearest-neighbour":
            return losses.NCALoss(softmax_scale=1 / temperature)
        case "proxy-anchor":
            return losses.ProxyAnchorLoss(num_classes=classes, embedding_size=dim)
        case "softtriple":
            return losses.SoftTripleLoss(num_classes=classes, embedding_size=dim)
        case "arcface":
            return losses.ArcFaceLoss(num_classes=classes, embedding_size=dim)
        case "subcenter-arcface":
            return losses.SubCenterArcFaceLoss(num_classes=classes, embedding_size=dim)
        case "anti-collapse" | "anti-collapse-items":
            of_items = name == "anti-collapse-items"
            return AntiCollapse(classes=classes, dim=dim, spread=spread, of_items=of_items)


def compute_loss(
    loss: nn.Module,
    embeddings: Float[Tensor, "n d"],
    labels: Int[Tensor, "n"],
    tuples: Tuples | None,
    *,
    anchors: int | None = None,
) -> Float[Tensor, ""]:
    """The loss in float32, over the given tuples or, for losses that choose none, over the batch.

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
    weight (multi-similarity, nt-xent, supcon, nca-triplet).
    """
    match loss:
        case losses.TripletMarginLoss(smooth_loss=False):
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

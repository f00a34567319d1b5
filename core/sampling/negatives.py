"""Negative sampling rules: which items of other classes an anchor is pushed away from."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from core.recipe.rules import NegativeRule
from core.sampling.candidates import Candidates

Pairs = tuple[Int[Tensor, "p"], Int[Tensor, "p"]]
Triplets = tuple[Int[Tensor, "t"], Int[Tensor, "t"], Int[Tensor, "t"]]

MIN_DISTANCE, MAX_DISTANCE = 0.5, 1.4
"""Distance-weighted sampling clamps distances from below to the first, and excludes negatives beyond the second."""


@torch.no_grad()
def mine_triplets(rule: NegativeRule, batch: Candidates, *, pairs: Pairs, generator: torch.Generator) -> Triplets:
    """Give each (anchor, positive) pair its negative; pairs without a negative are left out.

    semihard: the nearest negative that is farther than the positive (Schroff et al. 1503.03832).
    distance-weighted: drawn with probability 1 / q(distance), q the density of distances on the sphere (Wu et al.
    1706.07567, eq. 3). hardest: the nearest negative. random: any negative, uniformly. all: every negative, one
    triplet each. Memory is O(anchors x candidates + pairs), but for `all`. Ties go to the lowest index.
    A batch collapsed onto one point has no semi-hard negative and so no triplets: the caller must report it.
    """
    anchors, positives = pairs
    match rule:
        case "all":
            pair, negatives = torch.nonzero(batch.other_class[anchors], as_tuple=True)
            return anchors[pair], positives[pair], negatives
        case "random":
            negatives, found = _sample_by_weight(_float64(batch.other_class), anchors, generator)
        case "distance-weighted":
            negatives, found = _sample_by_weight(_weights(batch), anchors, generator)
        case "hardest":
            negatives, found = _nearest_negatives(batch, anchors, None)
        case "semihard":
            negatives, found = _nearest_negatives(batch, anchors, positives)
        case "own":
            raise ValueError("own mining chooses pairs, not triplets")
    return anchors[found], positives[found], negatives[found]


@torch.no_grad()
def mine_negatives(rule: NegativeRule, batch: Candidates, *, generator: torch.Generator) -> Pairs:
    """(anchor, negative) pairs that do not depend on the positive rule, each once, for losses that take pairs.

    As in `mine_triplets`, with one draw or one nearest for each anchor; semihard: the semi-hard negatives of all of an
    anchor's possible positives.
    """
    if rule == "semihard":
        anchors, _, negatives = mine_triplets(rule, batch, pairs=_pairs(batch.same_class), generator=generator)
        chosen = torch.zeros_like(batch.other_class)
        chosen[anchors, negatives] = True
        return _pairs(chosen)
    all_anchors = torch.arange(batch.anchors, device=batch.labels.device)
    anchors, _, negatives = mine_triplets(rule, batch, pairs=(all_anchors, all_anchors), generator=generator)
    return anchors, negatives


def _pairs(mask: Bool[Tensor, "a n"]) -> Pairs:
    anchors, others = torch.nonzero(mask, as_tuple=True)
    return anchors, others


def _nearest_negatives(
    batch: Candidates, anchors: Int[Tensor, "p"], positives: Int[Tensor, "p"] | None
) -> tuple[Int[Tensor, "p"], Bool[Tensor, "p"]]:
    """The nearest negative of each anchor, beyond its positive where given, and whether there is one."""
    distances = batch.distances.masked_fill(~batch.other_class, torch.inf)  # (a, n)
    if positives is None:
        nearest = distances.min(dim=1)
        return nearest.indices[anchors], nearest.values[anchors] < torch.inf
    if len(anchors) <= batch.anchors:  # one positive each: a pass over the rows is cheaper than to sort them
        rows = distances[anchors]
        reach = batch.distances[anchors, positives]
        nearest = rows.masked_fill_(rows <= reach[:, None], torch.inf).min(dim=1)
        return nearest.indices, nearest.values < torch.inf
    ordered, order = distances.sort(dim=1, stable=True)
    rank = torch.searchsorted(ordered, batch.distances, right=True)[anchors, positives]
    found = rank < batch.other_class.sum(dim=1)[anchors]
    return order[anchors, rank.clamp_max(order.shape[1] - 1)], found


def _sample_by_weight(
    weights: Float[Tensor, "a n"], anchors: Int[Tensor, "p"], generator: torch.Generator
) -> tuple[Int[Tensor, "p"], Bool[Tensor, "p"]]:
    """For each anchor a row drawn with probability in proportion to its float64 weights, and whether there is one."""
    n, queries = weights.shape[1], anchors.to(weights.device)
    ends = weights.flatten().cumsum(0)
    before = torch.cat([ends.new_zeros(1), ends])[: len(ends) : n]  # of each anchor: the weight of all earlier ones
    total = ends[n - 1 :: n] - before
    draws = torch.rand(len(anchors), generator=generator).to(ends)
    place = torch.searchsorted(ends, before[queries] + draws * total[queries], right=True)
    negatives, found = place.clamp_max(len(ends) - 1) % n, total[queries] > 0
    return negatives.to(anchors.device), found.to(anchors.device)


def _float64(values: Tensor) -> Tensor:
    """As float64; on the CPU if they are on an Apple GPU, which does not support it."""
    return (values.cpu() if values.device.type == "mps" else values).double()


def _weights(batch: Candidates) -> Float[Tensor, "a n"]:
    """1 / q(distance) of each negative, the greatest of each anchor as 1; 0 beyond MAX_DISTANCE and for the own
    class."""
    dim = batch.embeddings.shape[1]
    allowed = batch.other_class & (batch.distances < MAX_DISTANCE)
    distances = _float64(batch.distances).clamp(MIN_DISTANCE, MAX_DISTANCE)
    log_density = (dim - 2) * distances.log() + (dim - 3) / 2 * (1 - distances.square() / 4).log()
    scores = (-log_density).masked_fill(~allowed.to(distances.device), -torch.inf)
    return (scores - scores.amax(dim=1, keepdim=True).clamp_min(-1e300)).exp()

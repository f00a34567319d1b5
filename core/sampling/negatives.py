"""Negative sampling rules: which item of another class an anchor and its positive are compared with."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from core.config import NegativeRule

Triplets = tuple[Int[Tensor, "t"], Int[Tensor, "t"], Int[Tensor, "t"]]


@torch.no_grad()
def mine_triplets(
    rule: NegativeRule,
    embeddings: Float[Tensor, "n d"],
    labels: Int[Tensor, "n"],
    *,
    pairs: tuple[Int[Tensor, "p"], Int[Tensor, "p"]],
    generator: torch.Generator,
) -> Triplets:
    """Give each (anchor, positive) pair its negative; pairs without one are left out.

    semihard: the nearest negative that is farther than the positive (Schroff et al. 1503.03832).
    hardest: the nearest negative. random: any negative, uniformly. all: every negative, one triplet each.
    A batch collapsed onto one point has no semi-hard negative and so no triplets: the caller must report it.
    """
    anchors, positives = pairs
    other = labels[anchors][:, None] != labels[None, :]
    if rule == "all":
        pair, negatives = torch.nonzero(other, as_tuple=True)
        return anchors[pair], positives[pair], negatives
    if rule == "random":
        scores = torch.rand(other.shape, generator=generator).to(other.device)
    else:
        distances = torch.cdist(embeddings, embeddings, compute_mode="donot_use_mm_for_euclid_dist")
        scores = distances[anchors]
    if rule == "semihard":
        other &= scores > distances[anchors, positives][:, None]
    negatives = scores.masked_fill(~other, torch.inf).argmin(dim=1)
    found = other.any(dim=1)
    return anchors[found], positives[found], negatives[found]

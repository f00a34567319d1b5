"""Tuples for a loss, by a positive rule and a negative rule combined."""

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from core.recipe.rules import NegativeRule, PositiveRule
from core.sampling.candidates import Candidates
from core.sampling.negatives import Triplets, mine_negatives, mine_triplets
from core.sampling.positives import positive_pairs

PairTuples = tuple[Int[Tensor, "p"], Int[Tensor, "p"], Int[Tensor, "q"], Int[Tensor, "q"]]
Tuples = Triplets | PairTuples
Rows = tuple[Tensor, Tensor]

EPSILON = 0.1
"""Cosine margin of the mining of the Multi-Similarity loss (epsilon in the paper)."""


@torch.no_grad()
def sample_triplets(
    positives: PositiveRule, negatives: NegativeRule, batch: Candidates, *, generator: torch.Generator
) -> Triplets:
    """(anchor, positive, negative) rows: the rule's positives with their negatives; anchors without are left out."""
    pairs = positive_pairs(positives, batch, generator=generator)
    return mine_triplets(negatives, batch, pairs=pairs, generator=generator)


@torch.no_grad()
def sample_pairs(
    positives: PositiveRule, negatives: NegativeRule, batch: Candidates, *, generator: torch.Generator
) -> PairTuples:
    """(anchor, positive, anchor, negative) rows, the first two of one length, the last two of another.

    Positives are exactly the rule's; negatives are what they would be under any other positive rule, but for anchors
    without a positive, which are left out. `own` negatives also leave out anchors whose positives are all easy, and
    with `all` positives keep the hard ones only: the loss's own mining as it was published.
    """
    wanted = positive_pairs(positives, batch, generator=generator)
    if negatives == "own":
        hard, opposed = _multi_similarity(batch)
        if positives == "all":
            wanted = hard
    else:
        hard, opposed = wanted, mine_negatives(negatives, batch, generator=generator)
    return *_of_anchors(wanted, hard[0], batch), *_of_anchors(opposed, hard[0], batch)


def _of_anchors(pairs: Rows, anchors: Int[Tensor, "k"], batch: Candidates) -> Rows:
    """The pairs whose anchor is one of `anchors`."""
    kept: Bool[Tensor, "a"] = torch.zeros(batch.anchors, dtype=torch.bool, device=anchors.device)
    kept[anchors] = True
    keep = kept[pairs[0]]
    return pairs[0][keep], pairs[1][keep]


def _multi_similarity(batch: Candidates) -> tuple[Rows, Rows]:
    """Positives not clearly more similar than the hardest negative, and the reverse (Wang et al. 1904.06627, eq. 7)."""
    similarity = 1 - batch.distances.square() / 2
    hardest_negative = similarity.masked_fill(~batch.other_class, -torch.inf).amax(dim=1, keepdim=True)
    hardest_positive = similarity.masked_fill(~batch.same_class, torch.inf).amin(dim=1, keepdim=True)
    hard = torch.nonzero(batch.same_class & (similarity - EPSILON < hardest_negative), as_tuple=True)
    opposed = torch.nonzero(batch.other_class & (similarity + EPSILON > hardest_positive), as_tuple=True)
    return (hard[0], hard[1]), (opposed[0], opposed[1])

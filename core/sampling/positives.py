"""Positive sampling rules: which same-class item of the batch an anchor is pulled towards.

`nearest` is Easy Positive Sampling of Levi, Xiao, Wang, Darrell (ICCV 2021), eq. 6: the only positive of an
anchor is its nearest same-class item, so that a class may keep several modes.
"""

from collections.abc import Callable, Iterator

import torch
from jaxtyping import Float, Int
from torch import Tensor

from core.recipe.rules import PositiveRule
from core.sampling.candidates import Candidates

BLOCK = 256
NO_POSITIVE = -1


@torch.no_grad()
def nearest_positives(
    embeddings: Float[Tensor, "n d"],
    labels: Int[Tensor, "n"],
    ids: Int[Tensor, "n"] | None = None,
    *,
    anchors: int | None = None,
) -> Int[Tensor, "a"]:
    """Index of the nearest same-class row of each row, by Euclidean distance.

    ids: rows with the same id are one item (a second view, a memory-bank copy) and never each other's positive.
    anchors: number of leading rows that are anchors, all rows being candidates; default: a = n.
    Ties go to the lowest index; -1 if a row has no candidate. Exact down to float32 resolution of the class's
    own spread, also in a collapsed batch. Takes O(n x block) memory, and distances within classes only.
    """

    exact = _precise(embeddings)
    centred = _centred(exact, labels)

    def nearest(queries: Tensor, candidates: Tensor, excluded: Tensor) -> Tensor:
        rows, columns = centred[queries], centred[candidates]
        squared = _squared_distances(rows, columns).masked_fill_(excluded, torch.inf)
        best = squared.amin(dim=1, keepdim=True)
        # The expanded square has a rounding error of this size; rows with several candidates within it are decided by
        # exact distances of the embeddings as given, because centring rounds too and would break ties by chance.
        error = 32 * torch.finfo(exact.dtype).eps * (rows.square().sum(1).max() + columns.square().sum(1).max())
        ambiguous = torch.nonzero((squared <= best + error).sum(1) > 1).squeeze(1)
        choice = squared.argmin(dim=1)
        if len(ambiguous):
            distances = _exact_distances(exact[queries[ambiguous]], exact[candidates])
            choice[ambiguous] = distances.masked_fill_(excluded[ambiguous], torch.inf).argmin(dim=1)
        return choice

    return _choose(labels, ids, nearest, anchors=anchors)


@torch.no_grad()
def hardest_positives(
    embeddings: Float[Tensor, "n d"],
    labels: Int[Tensor, "n"],
    ids: Int[Tensor, "n"] | None = None,
    *,
    anchors: int | None = None,
) -> Int[Tensor, "a"]:
    """Index of the farthest same-class row of each row (Hermans et al. 1703.07737, batch hard); -1 where none."""
    centred = _centred(_precise(embeddings), labels)

    def farthest(queries: Tensor, candidates: Tensor, excluded: Tensor) -> Tensor:
        squared = _squared_distances(centred[queries], centred[candidates])
        return squared.masked_fill_(excluded, -torch.inf).argmax(dim=1)

    return _choose(labels, ids, farthest, anchors=anchors)


@torch.no_grad()
def random_positives(
    labels: Int[Tensor, "n"],
    ids: Int[Tensor, "n"] | None = None,
    *,
    generator: torch.Generator,
    anchors: int | None = None,
) -> Int[Tensor, "a"]:
    """Index of a same-class row drawn uniformly for each row; -1 where none. The generator is on the CPU."""

    def draw(_queries: Tensor, _candidates: Tensor, excluded: Tensor) -> Tensor:
        scores = torch.rand(excluded.shape, generator=generator).to(excluded.device)
        return scores.masked_fill_(excluded, -1.0).argmax(dim=1)

    return _choose(labels, ids, draw, anchors=anchors)


@torch.no_grad()
def positive_pairs(
    rule: PositiveRule, batch: Candidates, *, generator: torch.Generator
) -> tuple[Int[Tensor, "p"], Int[Tensor, "p"]]:
    """The (anchor, positive) pairs of a batch under a rule; anchors without a positive are left out.

    all: every pair of the same class and different ids. The others choose one positive for each anchor.
    """
    match rule:
        case "all":
            anchors, positives = torch.nonzero(batch.same_class, as_tuple=True)
            return anchors, positives
        case "random":
            chosen = random_positives(batch.labels, batch.ids, generator=generator, anchors=batch.anchors)
        case "hardest":
            chosen = hardest_positives(batch.embeddings, batch.labels, batch.ids, anchors=batch.anchors)
        case "nearest":
            chosen = nearest_positives(batch.embeddings, batch.labels, batch.ids, anchors=batch.anchors)
    anchors = torch.nonzero(chosen != NO_POSITIVE).squeeze(1)
    return anchors, chosen[anchors]


Choice = Callable[[Tensor, Tensor, Tensor], Tensor]


def _choose(labels: Tensor, ids: Tensor | None, choice: Choice, *, anchors: int | None) -> Tensor:
    """Apply `choice(queries, candidates, excluded) -> column` to blocks of anchors and all rows of their classes."""
    ids = torch.arange(len(labels), device=labels.device) if ids is None else ids
    columns = torch.argsort(labels, stable=True)  # stable, so that the first column is also the lowest index
    rows = columns if anchors is None or anchors == len(labels) else torch.argsort(labels[:anchors], stable=True)
    chosen = torch.full_like(rows, NO_POSITIVE)
    with torch.autocast(labels.device.type, enabled=False):  # half precision cannot rank close candidates
        for block, span in _blocks(labels[rows], labels[columns]):
            queries, candidates = rows[block], columns[span]
            excluded = (labels[queries, None] != labels[None, candidates]) | (
                ids[queries, None] == ids[None, candidates]
            )
            best = candidates[choice(queries, candidates, excluded)]
            chosen[queries] = torch.where(excluded.all(dim=1), NO_POSITIVE, best)
    return chosen


def _blocks(anchors: Tensor, candidates: Tensor) -> Iterator[tuple[slice, slice]]:
    """Blocks of anchors, by their sorted labels, each with the span of sorted candidates that holds its classes."""
    firsts, lasts = (
        anchors[::BLOCK],
        torch.cat([anchors[BLOCK - 1 :: BLOCK], anchors[-1:]])[: -(-len(anchors) // BLOCK)],
    )
    starts = torch.searchsorted(candidates, firsts.contiguous()).tolist()
    ends = torch.searchsorted(candidates, lasts.contiguous(), right=True).tolist()
    for block, (start, end) in enumerate(zip(starts, ends, strict=True)):
        yield slice(block * BLOCK, (block + 1) * BLOCK), slice(start, end)


def _precise(embeddings: Tensor) -> Tensor:
    """As float32 or more: half precision is too coarse to rank distances."""
    return embeddings.to(torch.promote_types(embeddings.dtype, torch.float32))


def _centred(features: Tensor, labels: Tensor) -> Tensor:
    """Embeddings relative to their class mean: the same distances within a class, with smaller rounding errors."""
    classes, codes = labels.unique(return_inverse=True)
    sums = features.new_zeros(len(classes), features.shape[1]).index_add_(0, codes, features)
    return features - (sums / codes.bincount(minlength=len(classes))[:, None])[codes]


def _squared_distances(rows: Tensor, columns: Tensor) -> Tensor:
    """(r, c) squared Euclidean distances by the expanded square: one matrix product."""
    return torch.addmm(columns.square().sum(1)[None, :], rows, columns.T, alpha=-2) + rows.square().sum(1)[:, None]


def _exact_distances(rows: Tensor, columns: Tensor) -> Tensor:
    """(r, c) Euclidean distances from differences: slower, but precise for nearly coincident rows too."""
    return torch.cdist(rows, columns, compute_mode="donot_use_mm_for_euclid_dist")

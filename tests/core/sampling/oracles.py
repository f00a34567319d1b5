"""Independent answers to check the sampling rules against: float64, every pair, no blocks."""

import torch
from hypothesis import strategies as st
from torch import Tensor

from core.sampling import Candidates


def squared_distances(embeddings: Tensor) -> Tensor:
    points = embeddings.double()
    return torch.stack([(points - point).square().sum(1) for point in points]) if len(points) else points[:, :0]


def candidates(labels: Tensor, ids: Tensor | None = None) -> Tensor:
    """(n, n) True where a row may be the positive of another."""
    ids = torch.arange(len(labels)) if ids is None else ids
    return (labels[:, None] == labels[None]) & (ids[:, None] != ids[None])


def nearest(embeddings: Tensor, labels: Tensor, ids: Tensor | None = None) -> list[int]:
    """The definition, one row at a time: smallest distance, then smallest index; -1 without a candidate."""
    squared, allowed = squared_distances(embeddings), candidates(labels, ids)
    found = []
    for row in range(len(labels)):
        rivals = torch.nonzero(allowed[row]).flatten().tolist()
        found.append(min(rivals, key=lambda rival: (squared[row, rival].item(), rival), default=-1))
    return found


def together(embeddings: Tensor, labels: Tensor, ids: Tensor | None = None, anchors: int | None = None) -> Candidates:
    """A batch whose rows are all anchors, unless told otherwise."""
    ids = torch.arange(len(labels)) if ids is None else ids
    return Candidates(embeddings, labels, ids, anchors=len(labels) if anchors is None else anchors)


def all_pairs(labels: Tensor) -> tuple[Tensor, Tensor]:
    """Every (anchor, positive)."""
    anchors, positives = torch.nonzero(candidates(labels), as_tuple=True)
    return anchors, positives


@st.composite
def batches(
    draw: st.DrawFn, *, least: int = 0, most: int = 40, copies: bool = True
) -> tuple[Tensor, Tensor, Tensor | None]:
    """Embeddings on a coarse grid, so full of ties and duplicates, with labels and maybe repeated ids."""
    n, d, classes = draw(st.integers(least, most)), draw(st.integers(1, 4)), draw(st.integers(1, 5))
    rng = torch.Generator().manual_seed(draw(st.integers(0, 2**32 - 1)))
    embeddings = torch.randint(-3, 4, (n, d), generator=rng).float()
    labels = torch.randint(0, classes, (n,), generator=rng) * 7 - 3
    ids = torch.randint(0, max(1, n // 2), (n,), generator=rng) if copies and draw(st.booleans()) else None
    return embeddings, labels, ids

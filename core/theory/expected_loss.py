"""Why classes collapse: expected losses under label noise, and where they are smallest.

The set-up, and what it comes to for the triplet loss, are those of `core.theory.slope`.

Margin loss, [D(a, p) - beta + alpha]+ + [beta + alpha - D(a, n)]+. For d <= beta - alpha no positive costs anything,
while noise makes the modes of A meet as negatives, which want d up to beta + alpha: the slope at 0 is negative if beta
is fixed above alpha. With random positives d = beta - alpha is best, since from there on positives outweigh negatives.
A learned beta falls: negatives of the own mode, at distance 0, cost beta + alpha each, and all else moves along with
beta at no cost. It stops at beta = alpha, below which positives of the own mode begin to cost; and there
d = beta - alpha = 0. With nearest positives it stops there as well, but then positives seldom lie in another mode, and
d = 2 alpha is best: no collapse.
"""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from core.recipe.rules import PositiveRule
from core.theory.slope import TINY, Setting

MAX_DISTANCE = 2.0
"""Distances are looked at up to that of opposite unit vectors."""

Tendency = Literal["collapse", "spread", "indifferent", "total collapse"]


# The expected loss, exactly, of any points.


def seen_as(classes: Int[Tensor, "s"], noise: float) -> Float[Tensor, "c s"]:
    """For each seen class, how likely one of its items is at each point; points of a class are equally frequent.

    classes: true class of each point. Classes are equally frequent; a wrong label is any other with equal chance.
    """
    members = torch.nn.functional.one_hot(classes).double().T  # (c, s)
    of_class = members / members.sum(dim=1, keepdim=True)
    wrong = noise / (len(members) - 1)
    return (1 - noise) * of_class + wrong * (of_class.sum(dim=0) - of_class)


def positive_chances(
    distances: Float[Tensor, "*g s s"], seen: Float[Tensor, "c s"], *, positives: PositiveRule, others: int
) -> Float[Tensor, "*g s c s"]:
    """For an anchor at each point that is seen as each class, how likely its positive is at each point.

    others: of how many independent items of the seen class the nearest or hardest is taken.
    """
    shape = (*distances.shape[:-1], *seen.shape)
    if positives in ("random", "all"):
        return seen.expand(shape)
    order = distances.detach().argsort(dim=-1, descending=positives == "hardest")  # (..., s, s), the preferred first
    order = order[..., None, :].expand(shape)
    ranked = seen.expand(shape).gather(-1, order)
    left = ranked.flip(-1).cumsum(-1).flip(-1).clamp(max=1) ** others  # chance that none is preferred to these
    after = torch.cat([left[..., 1:], torch.zeros_like(left[..., :1])], dim=-1)
    return torch.zeros_like(left).scatter(-1, order, left - after)


def expected_loss(
    distances: Float[Tensor, "*g s s"],
    seen: Float[Tensor, "c s"],
    setting: Setting,
    *,
    beta: Tensor | float | None = None,
) -> Float[Tensor, "*g"]:
    """Expected loss per anchor over labels, batches and choices; differentiable in the distances.

    beta: of the margin loss, broadcast over the leading dimensions; `setting.beta` where it is not given.
    """
    met = positive_chances(distances, seen, positives=setting.positives, others=setting.others)  # (..., i, c, j)
    anchor = seen.T / len(seen)  # (i, c)
    negative = (seen.sum(dim=0) - seen) / (len(seen) - 1)  # (c, k)
    alpha = setting.margin
    if setting.loss == "triplet":
        gaps = (distances[..., :, None] - distances[..., None, :] + alpha).relu()  # (..., i, j, k)
        return torch.einsum("ic,...icj,ck,...ijk->...", anchor, met, negative, gaps)
    edge = torch.as_tensor(setting.beta if beta is None else beta, dtype=distances.dtype)[..., None, None]
    to_positive = torch.einsum("ic,...icj,...ij->...", anchor, met, (distances - edge + alpha).relu())
    return to_positive + torch.einsum("ic,ck,...ik->...", anchor, negative, (edge + alpha - distances).relu())


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """For tensors so small that threads only wait for each other, or for whoever else keeps the cores busy."""
    with _threads:  # their number is that of the process: who restores it must be who changed it
        before = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(before)


_threads = threading.Lock()


# The set-up of modes and one other class.


@dataclass(frozen=True)
class Landscape:
    """The smallest expected loss over the distance between modes."""

    distance: Float[np.ndarray, "g"]
    """d, between the modes of A."""
    energy: Float[np.ndarray, "g"]
    """Expected loss with the best h and, where it is learned, the best beta."""
    to_other: Float[np.ndarray, "g"]
    """That h, from the modes to B."""
    beta: Float[np.ndarray, "g"] | None
    """That beta; None for the triplet loss."""

    @property
    def best(self) -> float:
        """The distance with the smallest energy; the smaller of equals."""
        return float(self.distance[np.flatnonzero(self.energy <= self.energy.min() + TINY)[0]])


@_one_thread()
def landscape(setting: Setting, distance: Float[np.ndarray, "g"] | None = None) -> Landscape:
    """The energy at each distance (0 to 2 where none are given), exact: over h and beta the loss is piecewise linear,
    so that its minimum is at one of few corners."""
    d = torch.as_tensor(np.linspace(0, MAX_DISTANCE, 401) if distance is None else distance).double()
    nearest = d * ((setting.modes - 1) / (2 * setting.modes)) ** 0.5  # B cannot be nearer to all modes at once
    pairs = list(_corners(setting, d, nearest))
    h = torch.stack([torch.maximum(h, nearest) for h, _ in pairs])  # (corners, g)
    beta = torch.stack([beta for _, beta in pairs])
    energies = expected_loss(_simplex(d.expand_as(h), h, setting.modes), _seen(setting), setting, beta=beta)
    energy, corner = energies.min(dim=0)
    chosen = [values.gather(0, corner[None])[0].numpy() for values in (h, beta)]
    return Landscape(d.numpy(), energy.numpy(), chosen[0], chosen[1] if setting.loss == "margin" else None)


@lru_cache(maxsize=4096)
def tendency(setting: Setting) -> Tendency:
    """Where an embedding goes that is about to collapse: to d = 0, away from it, neither, or altogether to a point."""
    step = 1e-4 * setting.margin
    near = landscape(setting, np.array([0.0, step]))
    rise = (near.energy[1] - near.energy[0]) / step
    if near.to_other[0] < TINY:
        return "total collapse"
    return "indifferent" if abs(rise) < TINY else "collapse" if rise > 0 else "spread"


def _seen(setting: Setting) -> Float[Tensor, "2 s"]:
    return seen_as(torch.tensor([0] * setting.modes + [1]), setting.noise)


def _simplex(d: Float[Tensor, "*g"], h: Float[Tensor, "*g"], modes: int) -> Float[Tensor, "*g s s"]:
    """Distances between the modes of A, and B as the last point."""
    distances = d[..., None, None] * (1 - torch.eye(modes + 1, dtype=d.dtype))
    distances[..., -1, :-1] = distances[..., :-1, -1] = h[..., None]
    return distances


def _corners(setting: Setting, d: Tensor, nearest: Tensor) -> list[tuple[Tensor, Tensor]]:
    """(h, beta) at which the energy can be smallest: where a term of the loss begins, or the order of two changes."""
    alpha, zero = torch.full_like(d, setting.margin), torch.zeros_like(d)
    if setting.loss == "triplet":
        return [(h, zero) for h in (nearest, d, alpha, d + alpha, (d - alpha).abs())]
    if setting.beta is not None:
        betas = [torch.full_like(d, setting.beta)]
    else:
        betas = [alpha, d + alpha, (d - alpha).abs(), nearest + alpha, (nearest - alpha).abs()]
    return [(h, beta) for beta in betas for h in (nearest, d, (beta - alpha).abs(), beta + alpha)]


# Points that are free to move.


@_one_thread()
def free_points(
    setting: Setting,
    *,
    classes: int = 2,
    steps: int = 300,
    rate: float = 0.02,
    batch: int | None = None,
    seed: int = 0,
    dim: int = 2,
) -> Float[np.ndarray, "t s dim"]:
    """Where gradient descent (Adam) takes one free point for each mode of each class, class by class; t = steps + 1.

    batch: None = under the exact expected loss, else under this many anchors a step, each with labels, positive and
    negative drawn anew. A learned beta starts at 1.2 and descends along. Positions start at random, about 1 apart.
    """
    generator = torch.Generator().manual_seed(seed)
    truth = torch.arange(classes).repeat_interleave(setting.modes)
    points = torch.randn(len(truth), dim, generator=generator, dtype=torch.float64).mul(0.5).requires_grad_()
    beta = torch.tensor(1.2 if setting.beta is None else setting.beta, dtype=torch.float64)
    beta.requires_grad_(setting.loss == "margin" and setting.beta is None)
    optimizer = torch.optim.Adam([points, beta] if beta.requires_grad else [points], lr=rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    seen = seen_as(truth, setting.noise)
    path = [points.detach().clone()]
    for _ in range(steps):
        distances = _distances(points)
        if batch is None:
            loss = expected_loss(distances, seen, setting, beta=beta)
        else:
            loss = sampled_loss(distances, seen, setting, anchors=batch, beta=beta, generator=generator).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        path.append(points.detach().clone())
    return torch.stack(path).numpy()


def sampled_loss(
    distances: Float[Tensor, "s s"],
    seen: Float[Tensor, "c s"],
    setting: Setting,
    *,
    anchors: int,
    generator: torch.Generator,
    beta: Tensor | float | None = None,
) -> Float[Tensor, "anchors"]:
    """What `expected_loss` is the mean of: the loss of anchors drawn as in a batch, each on its own."""
    label = torch.randint(len(seen), (anchors,), generator=generator)
    step = torch.randint(1, len(seen), (anchors,), generator=generator)
    anchor = torch.multinomial(seen[label], 1, generator=generator)  # (anchors, 1)
    candidates = torch.multinomial(seen[label], setting.others, replacement=True, generator=generator)
    negative = torch.multinomial(seen[(label + step) % len(seen)], 1, generator=generator)
    to_candidates = distances[anchor, candidates]
    to_positive = to_candidates.amax(dim=1) if setting.positives == "hardest" else to_candidates.amin(dim=1)
    to_negative = distances[anchor, negative][:, 0]
    if setting.loss == "triplet":
        return (to_positive - to_negative + setting.margin).relu()
    edge = torch.as_tensor(setting.beta if beta is None else beta, dtype=distances.dtype)
    return (to_positive - edge + setting.margin).relu() + (edge + setting.margin - to_negative).relu()


def _distances(points: Float[Tensor, "s dim"]) -> Float[Tensor, "s s"]:
    """Euclidean, with a gradient of zero between coincident points."""
    squares = (points[:, None] - points[None]).square().sum(dim=-1)
    return (squares + 1e-12).sqrt() * (1 - torch.eye(len(points), dtype=points.dtype))

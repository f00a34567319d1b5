"""Why classes collapse: expected losses under label noise, and where they are smallest.

The set-up (after Levi et al. 2021, arXiv 2006.05162, whose argument this makes exact). Class A has K equally frequent
modes at a mutual distance d, class B one mode at distance h from each of them. Items of a mode cannot be told apart, so
a mode is a single point. Every label is wrong with probability p < 1/2, independently. A batch holds m samples of each
*seen* class, of which an anchor meets the M = m - 1 others of its own and one random item of the other seen class as
its negative. Distances are Euclidean, without the bound of the sphere. An embedding collapses class A if the smallest
expected loss is at d = 0.

What an anchor meets. Of the items seen as A, a share (1-p)/K is of each mode of A, and p is of B; of those seen as B,
p/K and 1-p. By rule, an anchor in a mode of A finds its positive in its own mode, in another mode, or in B, with
chances S, O, b; seen as A, or as B where the bars are:

    nearest    S = 1-u, O = u - p^M, b = p^M    u = (1 - (1-p)/K)^M    S' = 1-v, O' = v-w, b' = w    v = (1 - p/K)^M
    hardest    S = ((1-p)/K)^M, O = w - S, b = 1-w    w = (1-p)^M      S' = (p/K)^M, O' = p^M - S', b' = 1 - p^M
    random     the same with M = 1

since the nearest positive is in the own mode unless none of the M is, and in B only if all of them are (as long as
d < h); the hardest the other way round. An anchor in B meets A with chance b if it is seen as B, and b' if seen as A.

Triplet loss, [D(a, p) - D(a, n) + alpha]+. At d = 0 only h matters. Below alpha the slope in h is
q(b + b') - (1-p)^2 (1-b) - p^2 (1-b') with q = p(1-p), above it q(b + b'). So h = alpha is best, unless the first is
positive: then everything at one point is (total collapse), which happens to the hardest positives alone. For a small
d > 0 the best h is alpha or alpha + d, since the loss is linear between them. Adding up what grows with d:

    slope = 1/2 { q/K [ O + O' - (K-1)(S + S' + b + b') ] + min( O (1-p)^2 + O' p^2 , 2q (b + b') ) }

the first of the minimum for h = alpha, where positives in another mode cost d; the second for h = alpha + d, where
positives in B cost d more. For K = 2 and M = 1 this is 3/4 q for q < 1/7, else (1-2p)^2/4: positive for any noise, so
that random positives always collapse; and zero at p = 0, where nothing is to be gained.

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
from scipy.optimize import brentq
from torch import Tensor

from core.common.errors import RecipeError
from core.recipe.rules import PositiveRule

MAX_DISTANCE = 2.0
"""Distances are looked at up to that of opposite unit vectors."""
TINY = 1e-9

Figures = np.ndarray | np.floating
"""What NumPy makes of arithmetic on an array, which is no array where there is a single number."""

Tendency = Literal["collapse", "spread", "indifferent", "total collapse"]


@dataclass(frozen=True)
class Setting:
    """What the expected loss depends on."""

    noise: float
    """Probability p of a wrong label, in [0, 0.5)."""
    positives: PositiveRule = "random"
    """The rule; `all` has the expected loss of `random`."""
    samples: int = 32
    """Samples per class m, at least 2; random positives do not depend on it."""
    modes: int = 2
    """Modes K of class A, at least 2."""
    loss: Literal["triplet", "margin"] = "triplet"
    margin: float = 0.2
    """alpha, in units of distance."""
    beta: float | None = None
    """Margin loss only: the fixed boundary; None where it is learned."""

    def __post_init__(self) -> None:
        if not 0 <= self.noise < 0.5:
            raise RecipeError(f"the theory is for label noise of at least 0 and below 0.5, not {self.noise:g}")
        if self.samples < 2 or self.modes < 2:
            raise RecipeError("the theory needs at least 2 samples per class and 2 modes")

    @property
    def others(self) -> int:
        """M: how many items of its class an anchor chooses from."""
        return 1 if self.positives in ("random", "all") else self.samples - 1


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
    distances: Float[Tensor, "*g s s"], seen: Float[Tensor, "c s"], setting: Setting, *, beta: Tensor | None = None
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
    edge = torch.as_tensor(setting.beta if beta is None else beta).to(distances)[..., None, None]
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


def slope(
    noise: Float[np.ndarray, "*g"] | float, *, samples: int, modes: int = 2, positives: PositiveRule = "nearest"
) -> Float[np.ndarray, "*g"]:
    """Slope at d = 0 of the smallest expected triplet loss, by the formula above: above 0 the class collapses, below it
    does not, at 0 nothing is gained either way. NaN where everything at one point is best.

    noise: p, in [0, 0.5].
    """
    p, k = np.asarray(noise, float), modes
    own, other, b = _chances(p, samples=samples, modes=modes, positives=positives)  # each of (seen as A, seen as B)
    q = p * (1 - p)
    common = q / k * (other[0] + other[1] - (k - 1) * (own[0] + own[1] + b[0] + b[1]))
    found = (common + np.minimum(other[0] * (1 - p) ** 2 + other[1] * p**2, 2 * q * (b[0] + b[1]))) / 2
    total = q * (b[0] + b[1]) > (1 - p) ** 2 * (1 - b[0]) + p**2 * (1 - b[1]) + TINY
    return np.where(total, np.nan, np.where(np.abs(found) < 1e-15, 0.0, found))


@lru_cache(maxsize=4096)
def tendency(setting: Setting) -> Tendency:
    """Where an embedding goes that is about to collapse: to d = 0, away from it, neither, or altogether to a point."""
    step = 1e-4 * setting.margin
    near = landscape(setting, np.array([0.0, step]))
    rise = (near.energy[1] - near.energy[0]) / step
    if near.to_other[0] < TINY:
        return "total collapse"
    return "indifferent" if abs(rise) < TINY else "collapse" if rise > 0 else "spread"


def critical_noise(samples: int, *, modes: int = 2) -> float | None:
    """p_c: the label noise above which nearest positives keep modes apart; None where no noise below 1/2 is enough.

    Below it collapse is best too, but the slope is never above p: the less noise, the weaker the pull.
    """

    def height(p: float) -> float:
        return float(slope(p, samples=samples, modes=modes))

    grid = np.geomspace(1e-12, 0.5, 400)
    found = slope(grid, samples=samples, modes=modes)
    crossings = np.flatnonzero((found[:-1] > 0) & (found[1:] <= 0))
    return None if not len(crossings) else float(brentq(height, grid[crossings[0]], grid[crossings[0] + 1]))


def samples_needed(noise: float, *, modes: int = 2, most: int = 1024) -> int | None:
    """Fewest samples per class with which nearest positives keep modes apart; None where `most` do not.

    `core.recipe.recipe.samples_against_noise` is within 1.2 of it for 2 and 3 modes and up to three times as many
    for 10: the slope is that of all modes parting at once, while the rule of thumb looks at a single one.
    """
    return next((m for m in range(2, most + 1) if float(slope(noise, samples=m, modes=modes)) < 0), None)


def phase_diagram(
    noise: Float[np.ndarray, "p"], samples: Int[np.ndarray, "m"], *, modes: int = 2, positives: PositiveRule = "nearest"
) -> Float[np.ndarray, "m p"]:
    """`slope` over both: collapse where it is above 0."""
    return np.stack([slope(noise, samples=m, modes=modes, positives=positives) for m in samples.tolist()])


def _chances(
    p: np.ndarray, *, samples: int, modes: int, positives: PositiveRule
) -> tuple[tuple[Figures, Figures], ...]:
    """S, O and b, each seen as A and seen as B."""
    many = 1 if positives in ("random", "all") else samples - 1
    w, pm = (1 - p) ** many, p**many
    if positives == "hardest":
        own = ((1 - p) / modes) ** many, (p / modes) ** many
        return own, (w - own[0], pm - own[1]), (1 - w, 1 - pm)
    u, v = (1 - (1 - p) / modes) ** many, (1 - p / modes) ** many
    return (1 - u, 1 - v), (u - pm, v - w), (pm, w)


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
    beta: Tensor | None = None,
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
    edge = torch.as_tensor(setting.beta if beta is None else beta)
    return (to_positive - edge + setting.margin).relu() + (edge + setting.margin - to_negative).relu()


def _distances(points: Float[Tensor, "s dim"]) -> Float[Tensor, "s s"]:
    """Euclidean, with a gradient of zero between coincident points."""
    squares = (points[:, None] - points[None]).square().sum(dim=-1)
    return (squares + 1e-12).sqrt() * (1 - torch.eye(len(points), dtype=points.dtype))

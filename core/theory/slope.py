"""Why classes collapse: the slope of the expected triplet loss under label noise, in closed form. No torch here.

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
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from core.common.errors import RecipeError
from core.recipe.rules import PositiveRule

TINY = 1e-9

Figures = np.ndarray | np.floating
"""What NumPy makes of arithmetic on an array, which is no array where there is a single number."""


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


def critical_noise(samples: int, *, modes: int = 2) -> float | None:
    """p_c: the label noise above which nearest positives keep modes apart; None where no noise below 1/2 is enough.

    Below it collapse is best too, but the slope is never above p: the less noise, the weaker the pull.
    """
    from scipy.optimize import brentq  # takes most of a second to import, and nothing else here needs it

    def height(p: float) -> float:
        return float(slope(p, samples=samples, modes=modes))

    grid = np.geomspace(1e-12, 0.5, 400)
    found = slope(grid, samples=samples, modes=modes)
    crossings = np.flatnonzero((found[:-1] > 0) & (found[1:] <= 0))
    return None if not len(crossings) else float(brentq(height, grid[crossings[0]], grid[crossings[0] + 1]))


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

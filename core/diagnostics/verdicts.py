"""The verdict on each class: one word for the state of its modes."""

from typing import Literal, get_args

import numpy as np
from jaxtyping import Float64, Int64

Verdict = Literal["preserved", "compressed", "blurred", "destroyed", "unimodal", "too small"]
VERDICTS: tuple[str, ...] = get_args(Verdict)

TOO_SMALL = 20
"""Number of items below which neither the count nor the mode recall can distinguish one group from several."""

COMPRESSED_BELOW = 0.1
"""kappa below which a class is compressed: its spread is a tenth of the distance to the nearest class."""

CHANCE_BELOW = 0.2
"""Excess of mode recall below which neighbours carry no usable trace of the modes."""

SEPARATE_ABOVE = 0.8
"""Excess of mode recall from which the modes count as separated, even if the count has too few items to find a gap."""


def verdicts(
    sizes: Int64[np.ndarray, "c"],
    *,
    subclusters: Int64[np.ndarray, "c"],
    kappa: Float64[np.ndarray, "c"],
    expected: Int64[np.ndarray, "c"],
    excess: Float64[np.ndarray, "c"],
    limit: Float64[np.ndarray, "c"],
) -> list[Verdict]:
    """The verdict on each class.

    subclusters: counted in this embedding. expected: modes known, or counted in the reference; 1 without
    evidence for more. excess: recall of those modes beyond chance, at most 1, NaN if unknown; limit: excess that chance
    may reach. A class is *destroyed* only if neither count nor neighbours show its modes. Modes without a gap between
    them whose items find neighbours of their own mode more often than by chance, if not reliably, are *blurred*.
    """
    with np.errstate(invalid="ignore"):
        traceable = excess >= np.fmax(CHANCE_BELOW, limit)
        kept = np.where(kappa < COMPRESSED_BELOW, "compressed", "preserved")
        apart = (subclusters > 1) | (excess >= SEPARATE_ABOVE)
    return np.select(
        [sizes < TOO_SMALL, apart, expected < 2, traceable], ["too small", kept, "unimodal", "blurred"], "destroyed"
    ).tolist()

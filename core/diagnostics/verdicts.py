"""One word per class for what became of its modes."""

from typing import Literal, get_args

import numpy as np
from jaxtyping import Float64, Int64

Verdict = Literal["preserved", "compressed", "blurred", "destroyed", "unimodal", "too small"]
VERDICTS: tuple[str, ...] = get_args(Verdict)

TOO_SMALL = 20
"""Items under which neither the count nor the mode recall can tell one group from several."""

COMPRESSED_BELOW = 0.1
"""kappa under which a class is called small: its spread is a tenth of the distance to the next class."""

CHANCE_BELOW = 0.2
"""Mode recall excess under which neighbours carry no usable trace of the modes."""

WHOLE_ABOVE = 0.8
"""Mode recall excess from which the modes are apart, also where the count has too few items to see the gap."""


def verdicts(
    sizes: Int64[np.ndarray, "c"],
    *,
    subclusters: Int64[np.ndarray, "c"],
    kappa: Float64[np.ndarray, "c"],
    expected: Int64[np.ndarray, "c"],
    excess: Float64[np.ndarray, "c"],
    limit: Float64[np.ndarray, "c"],
) -> list[Verdict]:
    """What became of the modes of each class.

    subclusters: counted in this embedding. expected: modes known, or counted in the reference; 1 where nothing speaks
    for more. excess: recall of those modes beyond chance, at most 1, NaN where unknown; limit: what guessing reaches.
    A class is *destroyed* only if count and neighbours both see nothing. Modes without a gap between them whose items
    still find their own kind more often than by chance, if not reliably, are *blurred*.
    """
    with np.errstate(invalid="ignore"):
        traceable = excess >= np.fmax(CHANCE_BELOW, limit)
        kept = np.where(kappa < COMPRESSED_BELOW, "compressed", "preserved")
        apart = (subclusters > 1) | (excess >= WHOLE_ABOVE)
    return np.select(
        [sizes < TOO_SMALL, apart, expected < 2, traceable], ["too small", kept, "unimodal", "blurred"], "destroyed"
    ).tolist()

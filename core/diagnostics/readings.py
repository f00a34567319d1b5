"""Ways to divide a class, from one group to many, each with the evidence for its weakest separation."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Int64

LEVEL = 0.001
"""p-value below which a class is more than one group."""

READABLE_BELOW = 0.05
"""p-value from which a reading is not offered at all."""

SMALLEST_GROUP = 4
SMALLEST_SHARE = 0.02
SMALLEST_OF_EVEN_SHARE = 0.5
"""Groups below this number of rows, and below both this share of the class and this part of an even share, are not
counted."""

Evidence = Literal["peaks", "gaps", "none"]
"""What tells the groups of a reading apart: peaks of the density, gaps between compact pieces; none for one group."""


@dataclass(frozen=True)
class Reading:
    """One way to divide a class."""

    assignments: Int64[np.ndarray, "n"]
    """Group of each row, 0 = the largest; -1 = in a group below the smallest size."""
    p_value: float
    """Chance of a separation as clear as the weakest one within a single group; 1 for one group."""
    evidence: Evidence

    @classmethod
    def whole(cls, n: int) -> "Reading":
        """All n rows in one group."""
        return cls(np.zeros(n, dtype=np.int64), 1.0, "none")

    @property
    def count(self) -> int:
        return max(1, int(self.assignments.max(initial=0)) + 1)


def best_readings(found: Iterable[Reading]) -> list[Reading]:
    """The reading with the best evidence for each number of groups above one, ascending."""
    best: dict[int, Reading] = {}
    for reading in found:
        known = best.get(reading.count)
        if reading.count > 1 and (known is None or reading.p_value < known.p_value):
            best[reading.count] = reading
    return [best[count] for count in sorted(best)]


def numbered(groups: Int64[np.ndarray, "n"]) -> Int64[np.ndarray, "n"]:
    """Groups numbered from the largest down; those below the smallest size become -1."""
    _, inverse, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    number = np.empty(len(sizes), dtype=np.int64)
    number[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
    share = min(SMALLEST_SHARE, SMALLEST_OF_EVEN_SHARE / len(sizes))
    number[sizes < max(SMALLEST_GROUP, share * len(groups))] = -1
    return number[inverse]

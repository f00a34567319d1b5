"""What L2-normalisation takes away: groups that differ in the length of their vectors."""

import diptest
import numpy as np
from jaxtyping import Bool, Float64, Int64
from scipy.stats import false_discovery_control

FEWEST = 20
"""Items of a class below which nothing is said of their lengths."""

SMALLEST_SPREAD = 0.01
"""Standard deviation of log lengths below which lengths differ by rounding, as those of stored unit vectors do."""

FALSE_DISCOVERIES = 0.01


def lengths_in_groups(
    lengths: Float64[np.ndarray, "n"], members: list[Int64[np.ndarray, "_"]]
) -> Bool[np.ndarray, "c"]:
    """Per class, whether the lengths of its vectors fall into several groups.

    lengths: Euclidean norms, above 0. members: rows of each class. A dip test on the logarithms (Hartigan & Hartigan
    1985, Annals of Statistics 13, 70-84), with at most FALSE_DISCOVERIES wrong ones expected among the classes named.
    """
    logs = np.log(lengths)
    spread = [len(rows) >= FEWEST and logs[rows].std() >= SMALLEST_SPREAD for rows in members]
    p_values = [
        float(diptest.diptest(logs[rows])[1]) if spreads else 1.0 for rows, spreads in zip(members, spread, strict=True)
    ]
    return false_discovery_control(p_values) < FALSE_DISCOVERIES

"""How prominent the second peak of a class becomes by chance, if the class is one group.

Fitted to the most prominent peak but the highest in 35 shapes of one piece (Gaussian, uniform, skewed, heavy-tailed, on
curves and surfaces, bent or not, in 1 to 12 dimensions, with noise in 64), 100 to 2,500 rows, over all scales together:
its 95 % quantile grows with the logarithm of the number of neighbourhoods, faster in few dimensions, and beyond it the
distribution is a Gumbel one of constant width. tests/benchmarks/prominence.py draws it again.
"""

import numpy as np
from jaxtyping import Float64

PER_ROOM = 0.73
PER_ROOM_AND_DIMENSION = 0.84
PER_DIMENSION = 1.67
OFFSET = -1.97
WIDTH = 0.42


def prominence_p_values(
    prominences: Float64[np.ndarray, "p"], *, neighbourhoods: float, dimension: float
) -> Float64[np.ndarray, "p"]:
    """Chance of a peak at least that prominent, at any scale, in a class of one group.

    prominences: in standard errors of the log density. neighbourhoods: rows divided by neighbours of the scale.
    dimension: the smallest intrinsic dimension over the scales: a thin curve shows as one only at the larger ones.
    """
    room = np.log(neighbourhoods)
    place = PER_ROOM * room + (PER_ROOM_AND_DIMENSION * room + PER_DIMENSION) / max(dimension, 1) + OFFSET
    return -np.expm1(-np.exp(-(prominences - place) / WIDTH))

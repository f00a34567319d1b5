"""The middle of a set of vectors, and its members from there outwards."""

import numpy as np
from jaxtyping import Float, Int64


def by_distance_from_medoid(points: Float[np.ndarray, "n d"]) -> Int64[np.ndarray, "n"]:
    """Rows by their distance from the medoid: the row with the least sum of squared distances, nearest to the mean."""
    points = points.astype(np.float64)
    medoid = np.square(points - points.mean(axis=0)).sum(axis=1).argmin()
    return np.argsort(np.square(points - points[medoid]).sum(axis=1), kind="stable")

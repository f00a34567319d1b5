"""Input validation of the diagnostics: finite matrices and one label per row; otherwise one clear DataError."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int64

from core.common.directions import directions_of
from core.common.errors import DataError

ON_SPHERE = 2e-3
"""A matrix counts as L2-normalised if all norms are this close to 1; float16 storage alone changes a norm by 5e-4."""


Labels: TypeAlias = Sequence | np.ndarray | pd.Series
"""One label per row, of any type with equality."""


@dataclass(frozen=True)
class Groups:
    """Labels as integer codes: `names[codes[i]]` is the label of row i; names are sorted."""

    codes: Int64[np.ndarray, "n"]
    names: np.ndarray

    @property
    def sizes(self) -> Int64[np.ndarray, "c"]:
        return np.bincount(self.codes, minlength=len(self.names))

    def members(self) -> list[Int64[np.ndarray, "m"]]:
        """Row numbers of each group, ascending."""
        return np.split(np.argsort(self.codes, kind="stable"), np.cumsum(self.sizes)[:-1])


def check_points(points: np.ndarray, *, name: str = "embeddings") -> Float[np.ndarray, "n d"]:
    """The matrix as an array of floats. Raises DataError unless it is (n, d), finite, n and d at least 1.

    Rows of zeros are rejected if all other rows have norm 1, because they cannot be normalised.
    """
    points = np.asarray(points)
    if points.ndim != 2 or not points.size:
        raise DataError(f"{name} have shape {points.shape}: provide a matrix with one row per item")
    if not np.issubdtype(points.dtype, np.floating):
        if not np.issubdtype(points.dtype, np.number) or np.issubdtype(points.dtype, np.complexfloating):
            raise DataError(f"{name} are of type {points.dtype}: provide real numbers")
        points = points.astype(np.float32 if points.dtype.itemsize < 4 else np.float64)
    _refuse(~np.isfinite(points).all(axis=1), name, "NaN or infinite values")
    norms = np.linalg.norm(points.astype(np.float64, copy=False), axis=1)
    zero = norms == 0
    if points.shape[1] > 1 and zero.any() and not zero.all() and np.all(np.abs(norms[~zero] - 1) < ON_SPHERE):
        _refuse(zero, name, "only zeros, which cannot be L2-normalised like the other rows")
    return points


def check_directions(points: Float[np.ndarray, "n d"], *, name: str = "embeddings") -> Float[np.ndarray, "n d"]:
    """The directions of vectors that `check_points` has checked: rows divided by their norms, unit rows unchanged.

    Raises DataError for rows of zeros and for a single column, which have none.
    """
    if points.shape[1] < 2:
        raise DataError(f"{name} have a single column, which has no directions; analyse them with normalise=False")
    _refuse(np.all(points == 0, axis=1), name, "only zeros, which have no direction")
    return directions_of(points)


def check_groups(labels: Labels, n: int, *, name: str = "labels") -> Groups:
    """Labels of any hashable type as integer codes. Raises DataError for a wrong length or a missing label."""
    values: np.ndarray = np.asarray(labels)
    if values.shape != (n,):
        raise DataError(f"{name} have shape {values.shape} for {n} embeddings: provide one per row")
    if pd.isna(values).any():
        raise DataError(f"{name} are missing at row {np.flatnonzero(pd.isna(values))[0]}: fill them in or drop the row")
    if values.dtype == object:
        values = values.astype(str)
    names, codes = np.unique(values, return_inverse=True)
    return Groups(codes.astype(np.int64), names)


def on_sphere(points: Float[np.ndarray, "n d"]) -> bool:
    """Whether all rows have norm 1, within ON_SPHERE."""
    return bool(np.all(np.abs(np.linalg.norm(points, axis=1) - 1) < ON_SPHERE))


def _refuse(broken: Bool[np.ndarray, "n"], name: str, what: str) -> None:
    rows = np.flatnonzero(broken)
    if len(rows):
        others = f", and {len(rows) - 1} more rows do" if len(rows) > 1 else ""
        raise DataError(f"{name} row {rows[0]} contains {what}{others}: remove these items or embed them again")

"""Numbers as text: never "inf", "nan" or "-0.000"."""

import math

import pandas as pd

NONE = "none"
"""What stands where there is no number, e.g. a distance to another class where there is a single one."""


def fixed(value: float, digits: int) -> str:
    """The number with so many digits after the point."""
    return _text(value, digits, "")


def signed(value: float, digits: int) -> str:
    """The same with its sign, for differences; zero has none."""
    return _text(value, digits, "+")


def _text(value: float, digits: int, sign: str) -> str:
    if not math.isfinite(value):
        return NONE
    if round(value, digits) == 0:
        return f"{0:.{digits}f}"
    return f"{value:{sign}.{digits}f}"


def plain_column(values: pd.Series, digits: int) -> pd.Series:
    """A column to be shown with so many digits: empty where it is infinite, and zero without a sign."""
    if not pd.api.types.is_float_dtype(values.dtype):
        return values
    rounded = values.round(digits) + 0.0  # -0.0 + 0.0 is 0.0
    return rounded.where(rounded.abs() != math.inf)

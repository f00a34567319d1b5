"""Strict JSON: values that JSON cannot represent (NaN, infinity, a missing value) become null."""

import json
import math
from typing import Any

import numpy as np
import pandas as pd


def to_json(value: Any, *, indent: int | None = None) -> str:
    """Nested dicts and lists of plain and NumPy values as strict JSON."""
    return json.dumps(_plain(value), indent=indent, ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    missing = value is pd.NA or (isinstance(value, float) and not math.isfinite(value))
    return None if missing else value

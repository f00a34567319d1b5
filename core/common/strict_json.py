"""Strict JSON: values that JSON cannot represent (NaN, infinity, a missing value) become null."""

import contextlib
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.common.files import write_text


def to_json(value: Any, *, indent: int | None = None) -> str:
    """Nested dicts and lists of Python and NumPy values as strict JSON."""
    return json.dumps(_builtin(value), indent=indent, ensure_ascii=False, allow_nan=False)


def write_json(path: Path, value: Any, *, indent: int | None = None) -> None:
    """Write such JSON to a file, atomically. Raises OSError."""
    write_text(path, to_json(value, indent=indent))


def read_json(path: Path) -> dict[str, Any]:
    """The object in a file. Raises OSError, and ValueError where it is not JSON or holds no object."""
    values = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(values, dict):
        raise ValueError(f"{path.name} holds no JSON object")
    return values


def read_json_if_valid(path: Path) -> dict[str, Any]:
    """The object in a file; empty where the file is missing or not valid."""
    with contextlib.suppress(OSError, ValueError, RecursionError):
        return read_json(path)
    return {}


def _builtin(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _builtin(item) for key, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_builtin(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    missing = value is pd.NA or (isinstance(value, float) and not math.isfinite(value))
    return None if missing else value

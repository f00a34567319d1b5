"""Names of classes and modes: label options of the digit data sets, and validation of names."""

import re
import unicodedata

import numpy as np
import pandas as pd
from jaxtyping import Integer

from core.common.errors import DataError, shown

MAX_NAME_LENGTH = 200
DIGIT_OPTIONS = ("digit", "parity")

# Control characters, line and paragraph separators, bidirectional overrides, and undecodable bytes.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def digit_labels(digits: Integer[np.ndarray, "n"], option: str, *, source: str) -> pd.DataFrame:
    """`digit` (or ""): the digit is the class. `parity`: even or odd is the class and the digit its mode."""
    names = pd.Series(digits).astype(str)
    if option in {"", "digit"}:
        return pd.DataFrame({"label": names})
    if option == "parity":
        return pd.DataFrame({"label": np.where(digits % 2 == 0, "even", "odd"), "sublabel": names})
    raise unknown_option(option, DIGIT_OPTIONS, source=source)


def unknown_option(option: str, known: tuple[str, ...], *, source: str) -> DataError:
    """The error for a label option that a source does not support."""
    known_text = f"use one of: {', '.join(known)}" if known else "leave it out"
    return DataError(f'data.label = "{shown(option)}" is unknown for {source}; {known_text}')


def clean_names(names: pd.Series) -> pd.Series:
    """Names stripped of surrounding whitespace and in Unicode normal form C."""
    cleaned = {name: unicodedata.normalize("NFC", name).strip() for name in names.unique()}
    return names.map(cleaned).astype(object)


def name_faults(names: pd.Series) -> pd.Series:
    """For each cleaned name, why it is invalid, or None. Emoji, markup and all scripts are valid."""
    return names.map({name: _name_fault(name) for name in names.unique()}).astype(object)


def qualify_modes(items: pd.DataFrame) -> pd.DataFrame:
    """Use `class/mode` as the sublabel if classes share names of modes, because these are different modes."""
    pairs = items[["label", "sublabel"]].drop_duplicates()
    if not pairs["sublabel"].duplicated().any():
        return items
    return items.assign(sublabel=items["label"] + "/" + items["sublabel"])


def _name_fault(name: str) -> str | None:
    if not name:
        return "is missing"
    if len(name) > MAX_NAME_LENGTH:
        return f"is longer than {MAX_NAME_LENGTH} characters"
    if _UNPRINTABLE.search(name):
        return "has characters that cannot be shown"
    return None

"""Names of classes and modes: the options of the digit data sets, and what any name must be like."""

import re
import unicodedata

import numpy as np
import pandas as pd
from jaxtyping import Integer

from core.common.errors import DataError

MAX_NAME = 200
DIGIT_OPTIONS = ("digit", "parity")

# Control characters, line and paragraph separators, what reverses the text after it, and undecodable bytes.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def digit_labels(digits: Integer[np.ndarray, "n"], option: str, *, source: str) -> pd.DataFrame:
    """`digit` (also ""): the digit is the class. `parity`: even or odd is the class, the digit its mode."""
    names = pd.Series(digits).astype(str)
    if option in {"", "digit"}:
        return pd.DataFrame({"label": names})
    if option == "parity":
        return pd.DataFrame({"label": np.where(digits % 2 == 0, "even", "odd"), "sublabel": names})
    raise unknown_option(option, DIGIT_OPTIONS, source=source)


def unknown_option(option: str, known: tuple[str, ...], *, source: str) -> DataError:
    """The error for a label option that a source does not have."""
    known_text = f"use one of: {', '.join(known)}" if known else "leave it out"
    return DataError(f'data.label = "{option}" is unknown for {source}; {known_text}')


def clean_names(names: pd.Series) -> pd.Series:
    """Names without blanks around them, and with one spelling of accented letters where Unicode has two."""
    cleaned = {name: unicodedata.normalize("NFC", name).strip() for name in names.unique()}
    return names.map(cleaned).astype(object)


def name_faults(names: pd.Series) -> pd.Series:
    """For each clean name, why it cannot be used, or None. Emoji, markup and any script are fine."""
    return names.map({name: _name_fault(name) for name in names.unique()}).astype(object)


def qualify_modes(items: pd.DataFrame) -> pd.DataFrame:
    """`class/mode` as the sublabel, if two classes use the same name for a mode: they are different modes."""
    pairs = items[["label", "sublabel"]].drop_duplicates()
    if not pairs["sublabel"].duplicated().any():
        return items
    return items.assign(sublabel=items["label"] + "/" + items["sublabel"])


def _name_fault(name: str) -> str | None:
    if not name:
        return "is missing"
    if len(name) > MAX_NAME:
        return f"is longer than {MAX_NAME} characters"
    if _UNPRINTABLE.search(name):
        return "has characters that cannot be shown"
    return None

"""Label options of the data sets whose items are digits 0 to 9."""

import numpy as np
import pandas as pd
from jaxtyping import Int

from core.errors import DataError

DIGIT_OPTIONS = ("digit", "parity")


def digit_labels(digits: Int[np.ndarray, "n"], option: str, *, source: str) -> pd.DataFrame:
    """`digit` (also ""): the digit is the class. `parity`: even or odd is the class, the digit its mode."""
    names = pd.Series(digits).astype(str)
    if option in {"", "digit"}:
        return pd.DataFrame({"label": names})
    if option == "parity":
        return pd.DataFrame({"label": np.where(digits % 2 == 0, "even", "odd"), "sublabel": names})
    raise unknown_option(option, DIGIT_OPTIONS, source=source)


def unknown_option(option: str, known: tuple[str, ...], *, source: str) -> DataError:
    """The error for a label option that a source does not have."""
    return DataError(f'data.label = "{option}" is unknown for {source}; use one of: {", ".join(known)}')

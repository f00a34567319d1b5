"""What items are called where people see them: the name that the user gives them, and what the table says of them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from jaxtyping import Int

from core.data.metadata import metadata
from core.storage.study import Study

LONGEST = 300
"""Characters of a caption: enough to read what a text is about."""


def called(study: Study, ids: Int[np.ndarray, "m"] | Sequence[int] | pd.Series) -> list[str]:
    """One line for each item, "" where nothing is known but its number: its name, then the caption of its table."""
    items = study.items.iloc[np.asarray(ids, dtype=np.int64)]
    names = items["name"].tolist() if "name" in items else [""] * len(items)
    if study.caption is None:
        return names
    captions = metadata(items)[study.caption].str.split().str.join(" ").str.slice(0, LONGEST)
    return [" · ".join(filter(None, pair)) for pair in zip(names, captions, strict=True)]

"""What retrieval would be without a cause of misses: the data are mended, and the study's own figures computed again.

What mending means is said by each of `core.analysis.misses.CAUSES`. Twins that are left out, labels that are changed
and hubs that are no longer searched change what others find, so all is ranked again; queries that are left out change
no other query, so the mean over the rest is what ranking again would give.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.analysis.misses import CAUSES, Suspects, dropped_twins, explain_misses, same_pictures, suspects
from core.diagnostics import retrieval_per_query
from core.storage.study import Study, roles

FIGURES = ["recall@1", "map@r"]
AS_IT_IS = ""
"""In the place of a cause: all misses, with the figures as they are."""


def misses_table(study: Study, arms: Sequence[str]) -> pd.DataFrame:
    """Per arm and cause: `misses`, and the figures of retrieval if it were mended (missing where there are none).

    The first row of each arm is AS_IT_IS.
    """
    doubt = suspects(study)
    parts = [arm_table(study, arm, explain_misses(study, arm, doubt), doubt).assign(arm=arm) for arm in arms]
    return pd.concat(parts, ignore_index=True)[["arm", "cause", "misses", *FIGURES]]


def arm_table(study: Study, arm: str, found: pd.DataFrame, doubt: Suspects) -> pd.DataFrame:
    """`misses_table` of one arm. found: of `explain_misses`."""
    counts = found["cause"].value_counts()
    rows = [{"cause": AS_IT_IS, "misses": len(found), **study.queries(arm)[FIGURES].mean()}]
    for cause in CAUSES:
        count = int(counts.get(cause, 0))
        rows.append({"cause": cause, "misses": count, **(if_mended(study, arm, found, doubt, cause) if count else {})})
    return pd.DataFrame(rows, columns=["cause", "misses", *FIGURES])


def if_mended(study: Study, arm: str, found: pd.DataFrame, doubt: Suspects, cause: str) -> "pd.Series[float]":
    """FIGURES with this cause of the misses mended; missing where no query is left. found: of `explain_misses`."""
    missed = found[found["cause"] == cause]
    if cause not in ("twin", "label", "hub"):
        return study.queries(arm)[FIGURES].drop(missed.index).mean()
    ids, n = np.flatnonzero(study.evaluated), int(study.evaluated.sum())
    asked = roles(study.items[study.evaluated])
    is_query, is_gallery = (asked.get(role, np.ones(n, dtype=bool)) for role in ("is_query", "is_gallery"))
    codes = doubt.mended if cause == "label" else doubt.classes.codes
    if cause == "twin":
        dropped = dropped_twins(study, arm, found)
        is_query, is_gallery = is_query & ~dropped, is_gallery & ~dropped
    elif cause == "hub":
        is_gallery = is_gallery & ~np.isin(ids, missed["hit"].to_numpy(np.int64))
    if not is_query.any() or not is_gallery.any():
        return pd.Series(np.nan, index=FIGURES)
    return retrieval_per_query(
        study.arm(arm).embeddings[ids],
        codes,
        ks=(1,),
        ids=same_pictures(study),
        is_query=is_query,
        is_gallery=is_gallery,
    )[FIGURES].mean()

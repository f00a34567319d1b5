"""What retrieval would be without a cause of misses: the data are mended, and the study's own figures computed again.

What mending means is said by each of `core.analysis.misses.CAUSES`. Twins that are left out, labels that are changed
and hubs that are no longer searched change what others find, so queries are ranked again; those that are left out
change no other query, so the mean over the rest is what ranking again would give.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from jaxtyping import Bool

from core.analysis.misses import CAUSES, Misses, dropped_twins, explain_misses, same_pictures, suspects
from core.diagnostics import retrieval_per_query
from core.storage.study import Study, roles

FIGURES = ["recall@1", "map@r"]
AS_IT_IS = ""
"""In the place of a cause: all misses, with the figures as they are."""
TITLES = {AS_IT_IS: "All, as it is", **{name: cause.title for name, cause in CAUSES.items()}}

MOST_RANKED = 5000
"""Queries that are ranked again; of more, a sample tells by how much the figures change, to some .003."""


def misses_table(study: Study, arms: Sequence[str]) -> pd.DataFrame:
    """Per arm and cause: `misses`, and the figures of retrieval if it were mended (missing where there are none).

    The first row of each arm is AS_IT_IS.
    """
    doubt = suspects(study)
    parts = [arm_table(study, explain_misses(study, arm, doubt)).assign(arm=arm) for arm in arms]
    return pd.concat(parts, ignore_index=True)[["arm", "cause", "misses", *FIGURES]]


def arm_table(study: Study, misses: Misses) -> pd.DataFrame:
    """`misses_table` of one arm."""
    rows = [{"cause": AS_IT_IS, "misses": len(misses.table), **misses.figures[FIGURES].mean()}]
    for cause in CAUSES:
        count = len(misses.of(cause))
        rows.append({"cause": cause, "misses": count, **(if_mended(study, misses, cause) if count else {})})
    return pd.DataFrame(rows, columns=["cause", "misses", *FIGURES])


def if_mended(study: Study, misses: Misses, cause: str) -> "pd.Series[float]":
    """FIGURES with this cause of the misses mended; missing where no query is left."""
    figures, missed = misses.figures[FIGURES], misses.of(cause)
    if cause not in ("twin", "label", "hub"):
        return figures.drop(missed.index).mean()
    ids, n = np.flatnonzero(study.evaluated), int(study.evaluated.sum())
    asked = roles(study.items[study.evaluated])
    is_query, is_gallery = (asked.get(role, np.ones(n, dtype=bool)) for role in ("is_query", "is_gallery"))
    codes = misses.doubt.mended if cause == "label" else misses.doubt.classes.codes
    if cause == "twin":
        dropped = dropped_twins(study, misses)
        is_query, is_gallery = is_query & ~dropped, is_gallery & ~dropped
    elif cause == "hub":
        is_gallery = is_gallery & ~np.isin(ids, missed["hit"].to_numpy(np.int64))
    if not is_query.any() or not is_gallery.any():
        return pd.Series(np.nan, index=FIGURES)
    sample = _sample(is_query)
    again = retrieval_per_query(
        study.arm(misses.arm).embeddings[ids],
        codes,
        ks=(1,),
        ids=same_pictures(study),
        is_query=sample,
        is_gallery=is_gallery,
    )[FIGURES]
    if sample.sum() == is_query.sum():
        return again.mean()
    return _projected(again.set_axis(ids[again.index]), figures.loc[ids[is_query]])


def _projected(again: pd.DataFrame, before: pd.DataFrame) -> "pd.Series[float]":
    """The mean over all queries, of which a sample was ranked again: misses and hits change as much as the sample's."""
    before = before.dropna()
    missed = before["recall@1"] < 1
    known = again[again.index.isin(before.index)]
    change = (known - before.loc[known.index]).groupby(missed[known.index]).mean()
    after = before.groupby(missed).mean().add(change, fill_value=0.0)  # of a part so small that none is in the sample
    share = missed.value_counts(normalize=True)
    return after.mul(share, axis=0).sum().clip(0, 1)


def _sample(is_query: Bool[np.ndarray, "m"]) -> Bool[np.ndarray, "m"]:
    """At most MOST_RANKED of the queries, always the same."""
    rows = np.flatnonzero(is_query)
    if len(rows) <= MOST_RANKED:
        return is_query
    chosen = np.zeros_like(is_query)
    chosen[np.random.default_rng(0).choice(rows, MOST_RANKED, replace=False)] = True
    return chosen

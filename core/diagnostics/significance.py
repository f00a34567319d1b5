"""Whether two arms differ by more than chance, query by query."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from jaxtyping import Float64
from scipy.stats import binomtest

from core.common.errors import DataError

RESAMPLES = 2000
CONFIDENCE = 0.95


def compare_retrieval(first: pd.DataFrame, second: pd.DataFrame, *, seed: int = 0) -> pd.DataFrame:
    """Paired comparison of two results of `retrieval_per_query` over the same queries.

    One row per figure: `first`, `second` (means), `difference` (second - first), `low`, `high` (its 95 % interval, by
    resampling queries), `p_value` (both sides), `n` (queries with a figure in both). Figures that are 0 or 1 for
    every query (recall) are tested by McNemar's exact test on the queries that changed, others by the paired
    bootstrap; its smallest possible p-value is 1 / 2001. Raises DataError where the queries are not the same.
    """
    if not first.index.equals(second.index) or list(first.columns) != list(second.columns):
        raise DataError("the two arms have different queries: compare results over the same items")
    rng = np.random.default_rng(seed)
    rows = {name: _compare(first[name].to_numpy(), second[name].to_numpy(), rng) for name in first.columns}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("figure")


def _compare(
    first: Float64[np.ndarray, "q"], second: Float64[np.ndarray, "q"], rng: np.random.Generator
) -> Mapping[str, float]:
    both = ~(np.isnan(first) | np.isnan(second))
    first, second = first[both], second[both]
    if not len(first):
        return dict.fromkeys(("first", "second", "difference", "low", "high", "p_value"), np.nan) | {"n": 0}
    difference = second - first
    means = _resampled_means(difference, rng)
    low, high = np.quantile(means, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    binary = np.isin(np.concatenate([first, second]), (0, 1)).all()
    return {
        "first": float(first.mean()),
        "second": float(second.mean()),
        "difference": float(difference.mean()),
        "low": float(low),
        "high": float(high),
        "p_value": mcnemar(difference) if binary else _bootstrap_p_value(means),
        "n": len(difference),
    }


def mcnemar(difference: Float64[np.ndarray, "q"]) -> float:
    """Exact two-sided p-value that as many queries were gained (+1) as lost (-1); 1 where none changed."""
    gained, lost = np.count_nonzero(difference > 0), np.count_nonzero(difference < 0)
    return float(binomtest(gained, gained + lost).pvalue) if gained + lost else 1.0


def _resampled_means(difference: Float64[np.ndarray, "q"], rng: np.random.Generator) -> Float64[np.ndarray, "b"]:
    """Means over resampled queries, drawn through counts of the distinct values so that cost stays small."""
    values, counts = np.unique(difference, return_counts=True)
    draws = rng.multinomial(len(difference), counts / counts.sum(), size=RESAMPLES)
    return draws @ values / len(difference)


def _bootstrap_p_value(means: Float64[np.ndarray, "b"]) -> float:
    """Share of resampled means on the other side of zero, both sides; ties with zero count for each side."""
    beyond = min(np.count_nonzero(means <= 0), np.count_nonzero(means >= 0))
    return float(min(1.0, (2 * beyond + 1) / (len(means) + 1)))

"""The league's records as Markdown. A count that failed is neither right nor within 1, and has an ARI of 0."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from scipy.stats import binom

from tests.benchmarks.counting.cases import ONE, PLANTED, PROMISE, PROMISED, PROMISED_SIZES, REAL
from tests.benchmarks.counting.methods import METHODS, OURS, PRESENT, TOLD
from tests.benchmarks.counting.real import COMPONENTS, PIXELS

OVER_AT_MOST = 0.01
ARMS = {"nearest": "nearest arms", "standard": "standard arms", PIXELS: "raw pixels", COMPONENTS: "pixels, PCA"}


def scored(records: pd.DataFrame) -> pd.DataFrame:
    """The records with what they are worth: exact, within 1, over (too high) as 0 or 1; over is no failure's."""
    count, pieces = records["count"].astype(float), records["pieces"].astype(float)
    return records.assign(
        exact=(count == pieces).astype(float),
        within=((count - pieces).abs() <= 1).astype(float),
        over=(count > pieces).astype(float),
        failed=count.isna().astype(float),
    )


def league(records: pd.DataFrame) -> str:
    """All planted cases by method: means over the kinds of shape, each of which weighs the same."""
    planted = scored(records[records["section"] == PLANTED])
    columns = [
        "exact",
        "within 1",
        "too high",
        "exact, held-out shapes",
        "ARI of several pieces",
        "median CPU s",
        "failed",
    ]

    def row(mine: pd.DataFrame) -> list[str]:
        several, held_out = mine[mine["pieces"] > 1], mine[mine["held_out"].astype(bool)]
        shares = [
            _by_kind(mine, "exact"),
            _by_kind(mine, "within"),
            _by_kind(mine, "over"),
            _by_kind(held_out, "exact"),
        ]
        shares.append(_by_kind(several, "ari"))
        return [*map(_share, shares), f"{mine['seconds'].median():.2f}", str(int(mine["failed"].sum()))]

    return _by_method(planted[planted["method"] != TOLD], columns, row)


def kinds(records: pd.DataFrame) -> str:
    """Share of exact counts by method and kind of shape; in brackets where it was too high."""
    planted = scored(records[(records["section"] == PLANTED) & (records["method"] != TOLD)])
    names = list(dict.fromkeys(planted["kind"]))

    def row(mine: pd.DataFrame) -> list[str]:
        means = mine.groupby("kind")[["exact", "over"]].mean().reindex(names)
        return [f"{_share(exact)} ({_share(over)})" for exact, over in means.to_numpy()]

    return _by_method(planted, names, row)


def real(records: pd.DataFrame) -> str:
    """Real classes by method and arm: exact, within 1, and ARI; means over the studies, each of which weighs the same.

    The last row's ARI is of k-means that was told how many modes there are.
    """
    found = scored(records[records["section"] == REAL])
    arms = [arm for arm in ARMS if arm in set(found["arm"])]

    def row(mine: pd.DataFrame) -> list[str]:
        return [_three(mine[mine["arm"] == arm]) for arm in arms]

    return _by_method(found, [ARMS[arm] for arm in arms], row)


def studies(records: pd.DataFrame, arm: str) -> str:
    """The real classes of one arm by method and study: exact, within 1, ARI; and over all classes alike."""
    found = scored(records[(records["section"] == REAL) & (records["arm"] == arm)])
    names = list(dict.fromkeys(found["name"]))

    def row(mine: pd.DataFrame) -> list[str]:
        return [*(_three(mine[mine["name"] == name]) for name in names), _three(mine.assign(name="all"))]

    return _by_method(found, [*names, "all classes alike"], row)


def counts(records: pd.DataFrame, method: str) -> str:
    """What one method counted, class by class: mean and range over the seeds, in each arm."""
    found = records[(records["section"] == REAL) & (records["method"] == method)]
    arms = [arm for arm in ARMS if arm in set(found["arm"])]
    lines = _head(["study", "class", "modes", *(ARMS[arm] for arm in arms)])
    for (name, label), own in found.groupby(["name", "label"], sort=False):
        cells = [_range(own.loc[own["arm"] == arm, "count"]) for arm in arms]
        lines.append(_line([name, label, f"{own['pieces'].iloc[0]}", *cells]))
    return "\n".join(lines)


def single_pieces(records: pd.DataFrame) -> str:
    """How often a single piece was counted as several, shape by shape; in bold where 1 % would be a rare accident."""
    found = scored(records[records["section"] == ONE])
    methods = _order(found)
    lines = _head(["shape", "draws", *methods])
    for name, own in found.groupby("name", sort=False):
        cells = [_over(own[own["method"] == method]) for method in methods]
        title = f"{name} *" if bool(own["held_out"].iloc[0]) else str(name)
        lines.append(_line([title, f"{own['key'].nunique():,}", *cells]))
    lines.append(_line(["all", f"{found['key'].nunique():,}", *(_over(found[found["method"] == m]) for m in methods)]))
    return "\n".join(lines)


def promised(records: pd.DataFrame) -> str:
    """Exact counts of equal modes by separation and n, with standard errors: what was promised, and each method."""
    found = scored(records[records["section"] == PROMISE])
    separation = found["name"].str.rpartition(" ")[2].astype(float)
    lines = _head(["separation", "", *(f"n = {n}" for n in PROMISED_SIZES)])
    for apart, shares in PROMISED.items():
        if shares is not None:
            lines.append(_line([f"{apart}", "promised", *(_share(shares[n]) for n in PROMISED_SIZES)]))
        for method in _order(found):
            mine = found[(separation == apart) & (found["method"] == method)]
            cells = [_with_error(mine.loc[mine["n"] == n, "exact"]) for n in PROMISED_SIZES]
            lines.append(_line([f"{apart}", method, *cells]))
    return "\n".join(lines)


def methods(present: Sequence[str]) -> str:
    """What was compared, and what was not because it is not installed."""
    lines = [f"- **{method.name}**: {method.how}" for method in METHODS if method.name in present]
    absent = [method.name for method in METHODS if not method.available]
    if absent:
        lines.append(f"- Not installed, and so absent: {', '.join(absent)}")
    return "\n".join(lines)


def _order(records: pd.DataFrame) -> list[str]:
    there = set(records["method"])
    return [name for name in (*(method.name for method in METHODS), TOLD) if name in there]


def _by_method(records: pd.DataFrame, columns: Sequence[str], row: Callable[[pd.DataFrame], list[str]]) -> str:
    lines = _head(["method", *columns])
    for name in _order(records):
        title = f"**{name}**" if name in {OURS, PRESENT} else name
        lines.append(_line([title, *row(records[records["method"] == name])]))
    return "\n".join(lines)


def _head(columns: Sequence[str]) -> list[str]:
    return [_line(columns), "|---" * len(columns) + "|"]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _by_kind(records: pd.DataFrame, column: str) -> float:
    return float(records.groupby("kind")[column].mean().mean())


def _three(records: pd.DataFrame) -> str:
    """Exact / within 1 / ARI, means over studies; without the counts for a method that was told them."""
    if records.empty:
        return "-"
    exact, within, ari = records.groupby("name")[["exact", "within", "ari"]].mean().mean()
    told = (records["method"] == TOLD).all()
    return f"- / - / {_share(ari)}" if told else f"{_share(exact)} / {_share(within)} / {_share(ari)}"


def _range(values: pd.Series) -> str:
    values = values.dropna()
    if values.empty:
        return "-"
    low, high = int(values.min()), int(values.max())
    return f"{values.mean():.1f} ({low} to {high})" if low < high else f"{low}"


def _over(records: pd.DataFrame) -> str:
    draws, high = len(records), int(records["over"].sum())
    if not draws:
        return "-"
    text = f"{100 * high / draws:.1f} %"
    return f"**{text}**" if binom.sf(high - 1, draws, OVER_AT_MOST) < 0.001 else text


def _with_error(exact: pd.Series) -> str:
    if exact.empty:
        return "-"
    return f"{_share(exact.mean())} ± {_share(exact.std(ddof=0) / np.sqrt(len(exact)))}"


def _share(value: float) -> str:
    """ ".12" for 0.12, as in the other results."""
    if np.isnan(value):
        return "-"
    text = f"{value:.2f}"
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text

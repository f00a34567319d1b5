"""Tables for export: what the app shows, as CSV for spreadsheets and as Parquet for programs."""

import csv
import io
import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
from jaxtyping import Int

from core.analysis.search import Filters, Metric, Query, hits_by_arm
from core.data.metadata import PREFIX
from core.storage.kept import Kept
from core.storage.study import Study

_FORMULA = re.compile(r"^[=+\-@\t\r\n＝＋－＠]")


def to_csv(table: pd.DataFrame) -> bytes:
    """CSV in UTF-8, protected against formula injection.

    A spreadsheet runs a cell that begins with = + - or @, and labels and file names are not to be trusted. As OWASP
    advises (CSV Injection), such text gets a single quote before it; numbers stay as they are. Parquet is not read by
    programs that would, and keeps every text as it is.
    """
    safe = table.copy()
    for name in table.columns:
        if not pd.api.types.is_numeric_dtype(table[name].dtype):
            safe[name] = table[name].map(_without_formula)
    safe.columns = [_without_formula(str(name)) for name in table.columns]
    return safe.to_csv(index=False, quoting=csv.QUOTE_NONNUMERIC).encode("utf-8", "replace")


def to_parquet(table: pd.DataFrame) -> bytes:
    """Parquet, text untouched."""
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    return buffer.getvalue()


def selection_table(study: Study, ids: Int[np.ndarray, "m"], arms: tuple[str, ...]) -> pd.DataFrame:
    """All that is known of some evaluated items: the study's columns, the user's own, and the figures per arm.

    Per arm, as "figure (arm)": sub-cluster (1 = the largest's number, missing = in none), the nearest other item with
    its distance and class, place on the map, and figures of `Study.queries`. With two arms also the share of nearest
    neighbours they have in common.
    """
    order = np.flatnonzero(study.evaluated)
    place = np.searchsorted(order, ids)  # ids are row numbers
    table = with_metadata(study.items.iloc[ids]).reset_index(drop=True)
    labels = study.items["label"].to_numpy()
    for arm in dict.fromkeys(arms):
        graph, groups = study.graph(arm), study.subclusters(arm)[ids]
        nearest = graph.rows[place, 0]
        known = nearest >= 0
        others = np.where(known, order[np.maximum(nearest, 0)], 0)
        positions = study.map(arm)[ids]
        columns = {
            "subcluster": pd.Series(groups + 1, dtype="Int64").where(groups >= 0),
            "nearest": pd.Series(others, dtype="Int64").where(known),
            "nearest distance": np.where(known, graph.distances[place, 0], np.nan),
            "nearest class": pd.Series(labels[others], dtype=object).where(known),
            "x": positions[:, 0],
            "y": positions[:, 1],
        }
        figures = study.queries(arm).reindex(ids)
        columns |= {name: figures[name].to_numpy() for name in figures if pd.api.types.is_numeric_dtype(figures[name])}
        table = table.assign(**{f"{name} ({arm})": values for name, values in columns.items()})
    if len(set(arms)) == 2:
        table["shared neighbours"] = study.overlap(*arms)[ids]
    return table


def kept_table(study: Study, kept: Sequence[Kept]) -> pd.DataFrame:
    """Kept selections, a row for each of their items: its name, comment and time, and what is known of the item."""
    first = ["selection", "selection comment", "selection kept"]
    parts = [
        with_metadata(study.items.iloc[one.ids]).assign(
            **dict(zip(first, (one.name, one.comment, one.at), strict=True))
        )
        for one in kept
    ]
    if not parts:
        return pd.DataFrame(columns=[*first, "id"])
    table = pd.concat(parts, ignore_index=True)
    return table[[*first, *(name for name in table if name not in first)]]


def with_metadata(items: pd.DataFrame) -> pd.DataFrame:
    """The items, with the user's own columns under their own names where these are not taken."""
    plain = {name: name.removeprefix(PREFIX) for name in items if name.startswith(PREFIX)}
    return items.rename(columns={name: own for name, own in plain.items() if own not in items})


def hits_table(
    study: Study, queries: dict[str, Query], k: int, *, filters: Filters, metric: Metric, name: str = ""
) -> pd.DataFrame:
    """The hits of a query in each arm of `queries`, concatenated, with their ranks in the other arm.

    The first columns name the query: its id, name, class and mode (missing where it has none). name: of a query that
    is no item.
    """
    parts = []
    for arm, found in hits_by_arm(study, queries, k, filters=filters, metric=metric).items():
        found.insert(0, "rank", np.arange(1, len(found) + 1))
        found.insert(0, "arm", arm)
        found["subcluster"] = found["subcluster"].where(found["subcluster"] >= 0).astype("Int64") + 1
        if "other_rank" in found:
            found["other_rank"] = found["other_rank"].astype("Int64")
        parts.append(found.rename(columns={"other_rank": "other rank"}))
    table = pd.concat(parts, ignore_index=True)
    for place, (column, value) in enumerate(_described(study, next(iter(queries.values())), name).items()):
        table.insert(place, column, value)
    return table


def _described(study: Study, query: Query, name: str) -> dict[str, str | int | None]:
    """What a query is called, and what is known of it."""
    if isinstance(query, np.ndarray):
        return {"query": None, "query_name": name, "query_class": None, "query_mode": None}
    row = study.items.iloc[query]
    own = row.get("name") or row.get("path") or f"#{query}"
    return {"query": query, "query_name": own, "query_class": row["label"], "query_mode": row.get("sublabel")}


def _without_formula(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value

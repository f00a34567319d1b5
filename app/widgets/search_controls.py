"""Options of a search, kept in the address: how many neighbours, among which items, ranked by which metric."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from app.state import address
from app.state.view import View
from app.widgets.markdown import escape_markdown
from core.analysis.search import EVERYTHING, METRICS, Filters, Metric
from core.common.errors import DataError

DEFAULT_K = 10
KS = range(5, 51, 5)
OUTCOMES = {"all": "All", "same": "Same class", "other": "Other classes"}


@dataclass(frozen=True)
class SearchOptions:
    """One search."""

    k: int = DEFAULT_K
    filters: Filters = EVERYTHING
    metric: Metric = "euclidean"


def choose_k() -> SearchOptions:
    """How many neighbours to show."""
    return SearchOptions(st.slider("Neighbours", 5, 50, step=5, width=200, **address.bound("k", KS, DEFAULT_K)))


def choose_search(view: View, *, has_class: bool) -> SearchOptions:
    """The controls of `SearchOptions`; those that could change nothing are left out.

    has_class: whether the query's class is known.
    """
    items = view.study.items[view.study.evaluated]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="search-controls"):
        k = choose_k().k
        metric: Any = st.segmented_control(
            "Ranked by",
            [*METRICS],
            required=True,
            format_func=METRICS.get,
            help="Embeddings have length 1, so Euclidean and cosine distance rank alike. CSLS (Conneau et al. 2018) "
            "ranks hubs, items that are near to everything, lower; the distances shown stay Euclidean.",
            **address.bound("metric", [*METRICS], "euclidean"),
        )
        outcome: Any = "all"
        if has_class and items["label"].nunique() > 1:
            outcome = st.segmented_control(
                "Hits",
                [*OUTCOMES],
                required=True,
                format_func=OUTCOMES.get,
                **address.bound("hits", [*OUTCOMES], "all"),
            )
        labels = _some(items, "label", "Classes", "in-class")
        modes = _some(items, "sublabel", "Modes", "in-mode")
        splits = _some(items, "split", "Splits", "in-split")
        where = _where(view)
    return SearchOptions(k, Filters(labels, modes, splits, outcome, where), metric)


def _where(view: View) -> str:
    """A condition on the items; empty for one that cannot be read, of which it says why."""
    from core.analysis.where import columns, matching  # imports an engine

    with st.container(width=300, gap=None):
        known = ", ".join(map(escape_markdown, columns(view.study.items)))
        where = st.text_input(
            "Where",
            placeholder="label = 'a' and id < 100",
            help=f"A condition of SQL that the hits fulfil. Columns: {known}.",
            **address.bound_text("where"),
        )
        try:
            matching(view.study.items, where)
        except DataError as error:
            st.caption(f":red[:material/filter_alt_off: Nothing is filtered: {escape_markdown(str(error))}]")
            return ""
    return where


def _some(items: Any, column: str, label: str, key: str) -> tuple[str, ...]:
    """Choose values of a column; none chosen means all."""
    options = sorted(items[column].dropna().unique().tolist()) if column in items else []
    if len(options) < 2:
        return ()
    return tuple(st.multiselect(label, options, placeholder="all", width=200, **address.bound_many(key, options)))

"""Charts of one class: where its modes went, which survived, and how its variance lies."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

ARM_COLOURS = {"left": "#e69f00", "right": "#3b93d6", "reference": "#8a9099"}
STRAY = "in no sub-cluster"
LINK = "rgba(128, 136, 146, 0.32)"
ROW = 26
"""Pixels for a bar of the flow chart, a mode or a sub-cluster."""


def flow_figure(left: tuple[str, pd.DataFrame], right: tuple[str, pd.DataFrame]) -> go.Figure:
    """A Sankey diagram: the left arm's sub-clusters, the modes in the middle, the right arm's sub-clusters.

    Each arm as its name and its `core.anatomy.flows`.
    """
    modes = list(dict.fromkeys([*left[1]["mode"], *right[1]["mode"]]))
    columns = [_groups(left), [("mode", mode) for mode in modes], _groups(right)]
    nodes = [node for column in columns for node in column]
    place = {(depth, node): i for i, (depth, node) in enumerate((d, n) for d, c in enumerate(columns) for n in c)}
    links = [(place[0, (left[0], g)], place[1, ("mode", m)], n) for m, g, n in left[1].itertuples(index=False)]
    links += [(place[1, ("mode", m)], place[2, (right[0], g)], n) for m, g, n in right[1].itertuples(index=False)]
    source, target, items = zip(*links, strict=True)
    colours = [ARM_COLOURS["left"]] * len(columns[0]) + [ARM_COLOURS["reference"]] * len(modes)
    figure = go.Figure(
        go.Sankey(
            node={
                "label": [_name(node) for node in nodes],
                "color": colours + [ARM_COLOURS["right"]] * len(columns[2]),
                "pad": 12,
                "thickness": 14,
                "line": {"width": 0},
                "hovertemplate": "%{label}: %{value:,} items<extra></extra>",
            },
            link={
                "source": source,
                "target": target,
                "value": items,
                "color": LINK,
                "hovertemplate": "%{value:,} items: %{source.label} and %{target.label}<extra></extra>",
            },
            textfont={"size": 13},
        )
    )
    height = 90 + ROW * max(len(column) for column in columns)
    return figure.update_layout(height=max(220, height), margin={"l": 8, "r": 8, "t": 8, "b": 8})


def _groups(arm: tuple[str, pd.DataFrame]) -> list[tuple[str, int]]:
    name, table = arm
    return [(name, group) for group in sorted(table["group"].unique(), key=lambda g: (g < 0, g))]


def _name(node: tuple[str, Any]) -> str:
    kind, value = node
    if kind == "mode":
        return _short(str(value))
    return STRAY if value < 0 else f"s{value + 1}"


def _short(text: str) -> str:
    """plotly takes labels for HTML: what could be a tag is made harmless."""
    text = text if len(text) <= 40 else f"{text[:39]}…"
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def survival_chart(tables: dict[str, pd.DataFrame], colours: dict[str, str]) -> dict[str, Any]:
    """A dot for every mode and arm: how many of its items have one of their own mode next to them."""
    rows = pd.concat([table.assign(arm=name) for name, table in tables.items()]).dropna(subset=["recall"])
    return {
        "data": {"values": rows.to_dict("records")},
        "height": {"step": ROW},
        "mark": {"type": "point", "filled": True, "size": 90, "opacity": 0.9},
        "encoding": {
            "x": {
                "field": "recall",
                "type": "quantitative",
                "title": "Share of items whose nearest item of the class has the same mode",
                "scale": {"domain": [0, 1]},
            },
            "y": {"field": "mode", "type": "nominal", "title": None, "axis": {"labelLimit": 140, "grid": True}},
            "shape": {"field": "arm", "type": "nominal", "title": None, "scale": {"domain": list(colours)}},
            "color": _arm_colours(colours),
            "tooltip": [
                {"field": "arm", "title": "Arm"},
                {"field": "mode", "title": "Mode"},
                {"field": "recall", "title": "Mode recall", "format": ".3f"},
                {"field": "f1", "title": "Best match with a sub-cluster (F1)", "format": ".3f"},
                {"field": "items", "title": "Items"},
            ],
        },
    }


def spectrum_chart(spectra: dict[str, np.ndarray], colours: dict[str, str], *, shown: int = 20) -> dict[str, Any]:
    """Share of the class's variance along its principal directions."""
    rows = [
        {"arm": name, "direction": i + 1, "share": float(share)}
        for name, shares in spectra.items()
        for i, share in enumerate(shares[:shown])
    ]
    return {
        "data": {"values": rows},
        "mark": {"type": "line", "point": {"size": 28}},
        "encoding": {
            "x": {
                "field": "direction",
                "type": "quantitative",
                "title": "Principal direction, largest first",
                "axis": {"tickMinStep": 1},
            },
            "y": {
                "field": "share",
                "type": "quantitative",
                "title": "Share of the class's variance",
                "axis": {"format": "%"},
            },
            "color": _arm_colours(colours),
            "tooltip": [
                {"field": "arm", "title": "Arm"},
                {"field": "direction", "title": "Direction"},
                {"field": "share", "title": "Share", "format": ".1%"},
            ],
        },
    }


def _arm_colours(colours: dict[str, str]) -> dict[str, Any]:
    return {
        "field": "arm",
        "type": "nominal",
        "title": None,
        "scale": {"domain": list(colours), "range": list(colours.values())},
        "legend": {"orient": "bottom"},
    }

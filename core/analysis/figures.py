"""Plotly figures of a study: maps, flows of modes into sub-clusters, and training curves."""

from itertools import cycle
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.analysis.called import called
from core.analysis.palette import ARM_COLOURS, OTHERS, PALETTE, REFERENCE_COLOUR
from core.storage.study import Study

UNASSIGNED = "in no sub-cluster"
LINK = "rgba(128, 136, 146, 0.32)"
ROW = 26
"""Pixels for a bar of the flow chart, a mode or a sub-cluster."""

TEXT = 40
"""Characters of a label that are shown."""


def map_figure(study: Study, arm: str) -> go.Figure:
    """An arm's map, coloured by mode where known, else by class; the smallest groups share one colour."""
    items = study.items[study.evaluated]
    places = study.map(arm)[study.evaluated]
    column = "sublabel" if "sublabel" in items else "label"
    values = items[column].astype(str).to_numpy()
    names = pd.Series(values).value_counts().index
    shown = names if len(names) <= len(PALETTE) else names[: len(PALETTE) - 1]
    known = zip(items["id"], called(study, items["id"]), items["label"], strict=True)
    hover = np.array([safe(" ".join(filter(None, (f"#{id}", name, str(label))))) for id, name, label in known])
    groups = [(name, values == name, colour) for name, colour in zip(sorted(shown), PALETTE, strict=False)]
    if len(shown) < len(names):
        groups.insert(0, (f"{len(names) - len(shown):,} others", ~np.isin(values, shown), OTHERS))
    figure = go.Figure(
        [
            go.Scattergl(
                x=places[inside, 0],
                y=places[inside, 1],
                mode="markers",
                name=safe(name),
                marker={"color": colour, "size": 5 if len(values) < 5000 else 3, "opacity": 0.8},
                text=hover[inside],
                hovertemplate="%{text}<extra>%{fullData.name}</extra>",
            )
            for name, inside, colour in groups
        ]
    )
    hidden = {"visible": False}
    return figure.update_layout(
        height=460,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        xaxis=hidden,
        yaxis=hidden | {"scaleanchor": "x"},
        legend={"orientation": "h", "itemsizing": "constant"},
    )


def history_figure(histories: dict[str, pd.DataFrame], name: str) -> go.Figure:
    """One figure of the arms' histories, epoch by epoch."""
    figure = go.Figure(
        [
            go.Scatter(x=table["epoch"], y=table[name], name=safe(arm), mode="lines+markers", line={"color": colour})
            for (arm, table), colour in zip(histories.items(), cycle(ARM_COLOURS), strict=False)
        ]
    )
    return figure.update_layout(
        height=260,
        margin={"l": 48, "r": 8, "t": 8, "b": 40},
        xaxis={"title": "Epoch"},
        legend={"orientation": "h", "y": 1.15},
    )


def flow_figure(left: tuple[str, pd.DataFrame], right: tuple[str, pd.DataFrame]) -> go.Figure:
    """A Sankey diagram: the left arm's sub-clusters, the modes in the middle, the right arm's sub-clusters.

    Each arm as its name and its `core.analysis.class_report.flows`.
    """
    modes = list(dict.fromkeys([*left[1]["mode"], *right[1]["mode"]]))
    columns = [_groups(left), [("mode", mode) for mode in modes], _groups(right)]
    nodes = [node for column in columns for node in column]
    place = {(depth, node): i for i, (depth, node) in enumerate((d, n) for d, c in enumerate(columns) for n in c)}
    links = [(place[0, (left[0], g)], place[1, ("mode", m)], n) for m, g, n in left[1].itertuples(index=False)]
    links += [(place[1, ("mode", m)], place[2, (right[0], g)], n) for m, g, n in right[1].itertuples(index=False)]
    source, target, items = zip(*links, strict=True)
    colours = [ARM_COLOURS[0]] * len(columns[0]) + [REFERENCE_COLOUR] * len(modes)
    figure = go.Figure(
        go.Sankey(
            node={
                "label": [_name(node) for node in nodes],
                "color": colours + [ARM_COLOURS[1]] * len(columns[2]),
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
    for x, anchor, heading in zip((0, 0.5, 1), ("left", "center", "right"), (left[0], "modes", right[0]), strict=True):
        figure.add_annotation(
            text=f"<b>{safe(heading)}</b>",
            x=x,
            y=1,
            xanchor=anchor,
            yanchor="bottom",
            yshift=4,
            showarrow=False,
            font={"size": 13},
        )
    height = 90 + ROW * max(len(column) for column in columns)
    return figure.update_layout(height=max(220, height), margin={"l": 8, "r": 8, "t": 28, "b": 8})


def _groups(arm: tuple[str, pd.DataFrame]) -> list[tuple[str, int]]:
    name, table = arm
    return [(name, group) for group in sorted(table["group"].unique().tolist(), key=lambda g: (g < 0, g))]


def _name(node: tuple[str, Any]) -> str:
    kind, value = node
    if kind == "mode":
        return safe(str(value))
    return UNASSIGNED if value < 0 else f"s{value + 1}"


def safe(text: str) -> str:
    """Escape text for plotly, which interprets HTML tags, and shorten it to TEXT characters."""
    text = text if len(text) <= TEXT else f"{text[: TEXT - 1]}…"
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

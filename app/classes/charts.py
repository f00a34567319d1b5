"""Charts of one class: which of its modes survived, and its spectrum of variance.

Their scales are given: Vega draws a chart before its data have come, and warns of scales that it cannot find then.
"""

import math
from typing import Any

import numpy as np
import pandas as pd

ROW = 26
"""Height of one mode's row, in pixels."""
DRAWN = {"embedOptions": {"renderer": "svg"}}
"""Rendered as SVG, so that the Export popover can read it from the page."""


def survival_chart(tables: dict[str, pd.DataFrame], colours: dict[str, str]) -> dict[str, Any]:
    """A dot for every mode and arm: the share of its items whose nearest neighbour is of the same mode."""
    rows = pd.concat([table.assign(arm=name) for name, table in tables.items()]).dropna(subset=["recall"])
    return {
        "data": {"values": rows.to_dict("records")},
        "usermeta": DRAWN,
        "height": ROW * rows["mode"].nunique(),
        "autosize": {"type": "fit-x", "contains": "padding"},
        "mark": {"type": "point", "filled": True, "size": 90, "opacity": 0.9},
        "encoding": {
            "x": {
                "field": "recall",
                "type": "quantitative",
                "title": "Share whose nearest item has the same mode",
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
    directions = min(shown, max(len(shares) for shares in spectra.values()))
    largest = max(float(shares[0]) for shares in spectra.values())
    rows = [
        {"arm": name, "direction": i + 1, "share": float(share)}
        for name, shares in spectra.items()
        for i, share in enumerate(shares[:shown])
    ]
    return {
        "data": {"values": rows},
        "usermeta": DRAWN,
        "mark": {"type": "line", "point": {"size": 28}},
        "encoding": {
            "x": {
                "field": "direction",
                "type": "quantitative",
                "title": "Principal direction, largest first",
                "axis": {"tickMinStep": 1},
                "scale": {"domain": [1, max(directions, 2)], "nice": False},
            },
            "y": {
                "field": "share",
                "type": "quantitative",
                "title": "Share of variance",
                "axis": {"format": "%"},
                "scale": {"domain": [0, math.ceil(10 * largest) / 10]},
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

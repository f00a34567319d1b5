"""Charts of the Lab: energy over distance, the phase diagram of collapse, modes, and the paths of free points."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.widgets.vega import scale_of
from core.analysis.figures import safe
from core.analysis.label_noise import PhasePoint
from core.analysis.palette import ARM_COLOURS, BLUE, GREY, PALETTE, RED

if TYPE_CHECKING:
    from core.theory.expected_loss import Landscape

COLOURS = {"random": ARM_COLOURS[0], "nearest": ARM_COLOURS[1], "hardest": ARM_COLOURS[4]}
CLASSES = (BLUE, RED)
COLLAPSED, APART = "rgba(213, 94, 0, 0.35)", "rgba(0, 158, 115, 0.35)"
FRAMES = 60
EDGE = 1.15
"""Half the side of the square in which points are shown, beyond the farthest of them."""


def energy_rows(landscapes: "dict[str, Landscape]") -> pd.DataFrame:
    """Data of `energy_chart`: every fourth point of each rule's energy, and its distance of least energy."""
    parts = []
    for rule, found in landscapes.items():
        best = np.flatnonzero(found.distance == found.best)
        shown = np.union1d(np.arange(0, len(found.distance), 4), best)
        parts.append(
            pd.DataFrame(
                {
                    "rule": rule,
                    "distance": found.distance[shown],
                    "loss": found.energy[shown],
                    "best": np.isin(shown, best),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def energy_chart(rows: pd.DataFrame) -> dict[str, Any]:
    """A line for each rule, its distance of least energy marked."""
    return {
        "encoding": {
            "x": {
                "field": "distance",
                "type": "quantitative",
                "title": "Distance between the modes of a class",
                "scale": scale_of(rows["distance"]),
            },
            "y": {
                "field": "loss",
                "type": "quantitative",
                "title": "Expected loss",
                "scale": scale_of([0.0, *rows["loss"]]),
            },
            "color": {
                "field": "rule",
                "type": "nominal",
                "title": "Positives",
                "scale": {"domain": list(COLOURS), "range": list(COLOURS.values())},
                "legend": {"orient": "bottom"},
            },
        },
        "layer": [
            {"mark": {"type": "line", "strokeWidth": 2}},
            {
                "transform": [{"filter": "datum.best"}],
                "mark": {"type": "point", "filled": True, "size": 110, "tooltip": True},
            },
        ],
    }


def phase_figure(
    noise: np.ndarray,
    samples: np.ndarray,
    slopes: np.ndarray,
    *,
    here: tuple[float, int],
    studies: list[PhasePoint],
    chosen: PhasePoint | None,
) -> go.Figure:
    """Collapse or not, over wrong labels and samples per class; chosen: the study whose interval is shown too."""
    figure = go.Figure(
        go.Heatmap(
            x=100 * noise,
            y=samples,
            z=np.where(slopes > 0, 0, 1),
            colorscale=[[0, COLLAPSED], [1, APART]],
            zmin=0,
            zmax=1,
            showscale=False,
            hovertemplate="%{x:.2g} % wrong labels, %{y} samples<extra></extra>",
        )
    )
    others = [s for s in studies if s != chosen and s.noise and s.samples]
    if others:
        figure.add_scatter(
            x=[100 * s.noise for s in others if s.noise],
            y=[s.samples for s in others],
            text=[safe(s.name) for s in others],
            mode="markers",
            marker={"size": 10, "color": BLUE, "line": {"width": 1.5, "color": "white"}},
            hovertemplate="%{text}<extra></extra>",
        )
    if chosen is not None:
        _add_chosen(figure, chosen, smallest=float(noise[0]), samples=samples)
    at = max(100 * here[0], 100 * noise[0])
    marker = {"size": 15, "symbol": "cross-thin", "line": {"width": 3, "color": GREY}}
    figure.add_scatter(x=[at], y=[here[1]], mode="markers", marker=marker, hovertemplate="here<extra></extra>")
    # On the left, where few labels are wrong, the band of a study's hardly ever lies.
    for text, y in (("collapses", 0.04), ("modes stay apart", 0.96)):
        figure.add_annotation(text=text, xref="paper", yref="paper", x=0.02, y=y, showarrow=False, xanchor="left")
    axis = {"type": "log", "tickvals": [0.1, 1, 10, 49], "ticktext": ["0.1", "1", "10", "49"]}
    return figure.update_layout(
        height=330,
        margin={"l": 48, "r": 8, "t": 8, "b": 44},
        showlegend=False,
        xaxis=axis | {"title": "Wrong labels, %"},
        yaxis={"title": "Samples of a class in a batch", "type": "log", "tickvals": [2, 4, 8, 16, 32, 64]},
    )


def _add_chosen(figure: go.Figure, study: PhasePoint, *, smallest: float, samples: np.ndarray) -> None:
    """The interval of a study's wrong labels as a band, for its batches can be changed and its labels hardly; where
    they are now, a diamond."""
    low, high = (100 * max(share, smallest) for share in (study.low, study.high))
    at = high if study.noise is None else 100 * max(study.noise, smallest)
    name = safe(study.name)
    told = f"{name}: at most {at:.2g} % wrong labels" if study.noise is None else f"{name}: {at:.2g} % wrong labels"
    figure.add_scatter(
        x=[low, low, high, high],
        y=[samples[0], samples[-1], samples[-1], samples[0]],
        fill="toself",
        fillcolor="rgba(0, 114, 178, 0.35)",
        line={"width": 1, "color": BLUE},
        mode="lines",
        text=told,
        hoveron="fills",
        hoverinfo="text",
    )
    if study.samples is not None:
        figure.add_scatter(
            x=[at],
            y=[min(study.samples, samples[-1])],
            text=[told],
            mode="markers",
            marker={
                "size": 14,
                "symbol": "diamond" if study.noise is not None else "triangle-left",
                "color": BLUE,
                "line": {"width": 2, "color": "white"},
            },
            hovertemplate="%{text}<extra></extra>",
        )


def modes_figure(items: pd.DataFrame) -> go.Figure:
    """Made-up vectors by the label that the loss is given; columns as of `core.data.preview.project_modes`."""
    figure, numbers = go.Figure(), {label: number for number, label in enumerate(items["label"].unique())}
    # One trace for each symbol and colour: given item by item, plotly checks every single value, which is slow.
    for (label, wrong), own in items.groupby(["label", items["label"] != items["clean_label"]], sort=False):
        figure.add_scattergl(
            x=own["x"],
            y=own["y"],
            mode="markers",
            name=safe(str(label)),
            legendgroup=str(label),
            showlegend=not wrong,
            marker={
                "color": PALETTE[numbers[label] % len(PALETTE)],
                "symbol": "x" if wrong else "circle",
                "size": 9 if wrong else 5,
                "opacity": 0.8,
                "line": {"width": 0},
            },
            text=[safe(str(mode)) for mode in own["sublabel"]],
            hovertemplate="%{text}<extra></extra>",
        )
    bare = {"visible": False}
    return figure.update_layout(
        height=360,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        xaxis=bare,
        yaxis=bare | {"scaleanchor": "x"},
        legend={"orientation": "h", "itemsizing": "constant"},
        uirevision="modes",
    )


def paths_figure(paths: dict[str, np.ndarray], *, modes: int) -> go.Figure:
    """Every rule's points side by side, with a play button and a slider."""
    steps = np.unique(np.linspace(0, len(next(iter(paths.values()))) - 1, FRAMES).round().astype(int))
    centred = {title: path - path.mean(axis=1, keepdims=True) for title, path in paths.items()}
    edge = EDGE * max(np.abs(path[steps]).max() for path in centred.values())

    def traces(step: int) -> list[go.Scatter]:
        return [
            go.Scatter(
                x=path[step, own, 0],
                y=path[step, own, 1],
                mode="markers",
                marker={"size": 14, "color": CLASSES[number], "opacity": 0.75},
                name=f"class {number + 1}",
                showlegend=column == 0,
                xaxis=f"x{column + 1}",
                yaxis=f"y{column + 1}",
                hoverinfo="skip",
            )
            for column, path in enumerate(centred.values())
            for number, own in enumerate((slice(0, modes), slice(modes, None)))
        ]

    figure = go.Figure(traces(0), frames=[go.Frame(data=traces(step), name=str(step)) for step in steps])
    square = {"range": [-edge, edge], "showticklabels": False, "zeroline": False}
    figure.update_layout(
        height=460,
        margin={"l": 8, "r": 8, "t": 40, "b": 8},
        xaxis=square | {"domain": [0, 0.48]},
        xaxis2=square | {"domain": [0.52, 1], "anchor": "y2"},
        yaxis=square | {"scaleanchor": "x"},
        yaxis2=square | {"scaleanchor": "x2", "anchor": "x2"},
        legend={"orientation": "h", "y": -0.02, "x": 0.5, "xanchor": "center", "yanchor": "top"},
        updatemenus=[_play_button()],
        sliders=[_step_slider(steps)],
    )
    for title, x in zip(centred, (0.24, 0.76), strict=True):
        figure.add_annotation(text=title, xref="paper", yref="paper", x=x, y=1.08, showarrow=False)
    return figure


def _play_button() -> dict[str, Any]:
    play = {"frame": {"duration": 50, "redraw": False}, "fromcurrent": True, "transition": {"duration": 0}}
    return {
        "type": "buttons",
        "direction": "left",
        "x": 0,
        "y": -0.08,
        "xanchor": "left",
        "yanchor": "top",
        "showactive": False,
        "bgcolor": "rgba(128, 136, 146, 0.2)",
        "bordercolor": "rgba(128, 136, 146, 0.4)",
        "buttons": [
            {"label": "Play", "method": "animate", "args": [None, play]},
            {"label": "Pause", "method": "animate", "args": [[None], {"mode": "immediate"}]},
        ],
    }


def _step_slider(steps: np.ndarray) -> dict[str, Any]:
    at_once = {"mode": "immediate", "frame": {"duration": 0, "redraw": False}, "transition": {"duration": 0}}
    return {
        "x": 0.16,
        "len": 0.84,
        "y": -0.06,
        "currentvalue": {"prefix": "step ", "font": {"color": GREY}},
        "font": {"color": "rgba(0, 0, 0, 0)"},
        "ticklen": 0,
        "minorticklen": 0,
        "bgcolor": "rgba(128, 136, 146, 0.3)",
        "steps": [{"label": str(s), "method": "animate", "args": [[str(s)], at_once]} for s in steps],
    }

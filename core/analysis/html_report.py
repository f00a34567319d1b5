"""A study as one self-contained HTML page: figures, maps, classes with examples, and definitions of the measures."""

import base64
import io
import os
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import pandas as pd
import plotly.graph_objects as go
from PIL import Image
from plotly.offline import get_plotlyjs

from core.analysis.called import called
from core.analysis.class_report import count_range, flows, groups
from core.analysis.columns import describe_columns, known_of
from core.analysis.evidence import evidence_of, with_evidence
from core.analysis.figures import flow_figure, history_figure, map_figure
from core.analysis.label_noise import WrongLabels, wrong_labels
from core.analysis.recommendations import next_steps
from core.analysis.summary import COLUMNS, COUNTED, compare, summarise, worst_first
from core.common.errors import UncollapseError, shown
from core.common.files import refuse_special, write_text
from core.diagnostics import explain
from core.storage.study import Study

MAX_CLASSES = 200
"""Rows of the table of classes; those with the worst verdicts come first."""

MAX_LEFT_OUT = 200
"""Rows of the list of what was left out."""

MAX_DETAILED_CLASSES = 6
"""Classes shown with examples."""

TILE = 56
GRID = "rgba(128, 136, 146, 0.25)"
INTEGER_FIGURES = frozenset({"subclusters", *COUNTED})
CURVES = {"sub_map@r": "Fine MAP@R, held-out items", "kappa": "Kappa", "loss": "Loss", "active": "Active tuples, share"}
EXPLAINED = (
    *("recall@1", "map@r", "kappa", "subclusters", "sublabel_excess", "mode_recovery", "class_overlap"),
    *("fragmentation", "label_noise", "verdict"),
)


def write_report(study: Study, path: Path) -> None:
    """Write the report atomically. Raises UncollapseError where it cannot be written, or lies in the study itself."""
    real, inside = (Path(os.path.realpath(place)) for place in (path, study.path))  # Path.resolve fails on rings
    if real.is_relative_to(inside):
        raise UncollapseError(f"cannot write {shown(path)}: it lies in the study itself; choose another --out")
    try:
        refuse_special(path)  # before the work of making it
        write_text(path, report(study))
    except OSError as error:
        why = error.strerror or error
        raise UncollapseError(f"cannot write {shown(path)}: {why}; choose another --out") from None


def report(study: Study) -> str:
    """The page as text. It loads nothing from elsewhere; labels and names are escaped."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    template = environment.from_string(
        resources.files("core.analysis").joinpath("report.html").read_text(encoding="utf-8")
    )
    arms = [*study.arms, *study.references]
    pair = (arms[0], arms[min(1, len(arms) - 1)])
    order = worst_first(study, study.arms)
    thumbnails = _thumbnails(study)
    return template.render(
        study=study,
        items=f"{len(study.items):,}",
        evaluated=f"{study.evaluated.sum():,}",
        table=describe_columns(study),
        left_out=study.left_out.iloc[:MAX_LEFT_OUT].to_dict("records"),
        left_out_more=max(0, len(study.left_out) - MAX_LEFT_OUT),
        recipe=study.recipe.to_toml() if study.recipe else None,
        columns=list(COLUMNS.values()),
        summary=_summary(study),
        differences=_differences(study, *pair) if pair[0] != pair[1] else [],
        pair=pair,
        maps=[(arm, _html(map_figure(study, arm))) for arm in arms],
        curves=_curves(study),
        classes=_class_rows(study, order[:MAX_CLASSES]),
        hidden=max(0, len(order) - MAX_CLASSES),
        arms=arms,
        noise=_noise(wrong_labels(study)),
        details=[_class_details(study, pair, label, thumbnails) for label in order[:MAX_DETAILED_CLASSES]],
        measures=[explain(name) for name in EXPLAINED],
        plotly=get_plotlyjs(),
    )


def _html(figure: go.Figure) -> str:
    """A figure for light and dark pages: transparent, with text in a grey that is legible on both."""
    figure.update_layout(paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)", font={"color": "#7d8590"})
    figure.update_xaxes(gridcolor=GRID, zeroline=False).update_yaxes(gridcolor=GRID, zeroline=False)
    config = {"displaylogo": False, "responsive": True, "toImageButtonOptions": {"format": "svg"}}
    return str(figure.to_html(full_html=False, include_plotlyjs=False, config=config))


def _summary(study: Study) -> list[tuple[str, list[str]]]:
    table = summarise(study)
    return [(str(arm), [_cell(name, row.get(name)) for name in COLUMNS]) for arm, row in table.iterrows()]


def _cell(name: str, value: Any) -> str:
    if value is None or pd.isna(value):
        return "–"
    return f"{value:.3f}" if name not in INTEGER_FIGURES else f"{value:g}" if name != "subclusters" else f"{value:.1f}"


def _differences(study: Study, first: str, second: str) -> list[dict[str, str]]:
    """How the second arm's retrieval differs from the first's, tested query by query."""
    table = compare(study, first, second)
    return [
        {
            "name": COLUMNS[str(name)],
            "difference": f"{row['difference']:+.3f}",
            "interval": f"{row['low']:+.3f} to {row['high']:+.3f}",
            "p": "below 0.001" if row["p_value"] < 0.001 else f"{row['p_value']:.3f}",
        }
        for name, row in table.iterrows()
        if name in COLUMNS
    ]


def _curves(study: Study) -> list[tuple[str, str]]:
    """Training curves, of arms trained here."""
    histories = {arm: study.arm(arm).history for arm in study.arms if len(study.arm(arm).history)}
    known = [name for name in CURVES if histories and all(name in table for table in histories.values())]
    return [(CURVES[name], _html(history_figure(histories, name))) for name in known]


def _class_rows(study: Study, labels: list[str]) -> list[tuple[str, int, list[dict[str, str]]]]:
    """Per class: its label, its number of items, and for each arm the cells of the table."""
    table = with_evidence(study)
    found = table.assign(label=table["label"].astype(str)).set_index(["label", "arm"])
    arms = [*study.arms, *study.references]
    rows = [(label, found.loc[label]) for label in labels]
    return [(label, int(row["n"].iloc[0]), [_figures(row.loc[arm]) for arm in arms]) for label, row in rows]


def _figures(row: pd.Series) -> dict[str, str]:
    excess = next((row[name] for name in ("sublabel_excess", "survival_excess") if pd.notna(row.get(name))), None)
    return {
        "count": count_range(row),
        "kappa": _cell("kappa", row["kappa"]),
        "recall": _cell("recall", excess),
        "verdict": str(row["verdict"]),
        "evidence": str(row["evidence"]),
    }


def _class_details(
    study: Study, pair: tuple[str, str], label: str, thumbnails: dict[int, np.ndarray]
) -> dict[str, Any]:
    """One class of both arms: sub-clusters with examples, where its modes went, what to try."""
    sides = [(arm, flows(study, arm, label)) for arm in pair]
    return {
        "label": label,
        "noise": _noise(wrong_labels(study, label)),
        "arms": [
            {
                "name": arm,
                "groups": [
                    {
                        "title": f"s{group.number + 1}: {group.size:,} items",
                        "modes": ", ".join(f"{mode} {100 * share:.0f} %" for mode, share in group.modes[:5]),
                        "picture": _strip([thumbnails[int(id)] for id in group.exemplars if int(id) in thumbnails]),
                        "ids": ", ".join(f"#{id}" for id in group.exemplars),
                        "items": _known(study, group.exemplars),
                    }
                    for group in groups(study, arm, label)
                ],
                "evidence": evidence_of(study, arm, label),
                "steps": next_steps(study, arm, label),
            }
            for arm in dict.fromkeys(pair)
        ],
        "flows": _html(flow_figure(sides[0], sides[1])) if len(sides[0][1]) else "",
    }


def _known(study: Study, ids: np.ndarray) -> list[tuple[str, str]]:
    """What items are called and what else their table says of them; empty where there are only numbers."""
    names, known = called(study, ids), known_of(study, ids)
    if not any(names) and not any(known):
        return []
    return [(f"#{id} {name}".strip(), text) for id, name, text in zip(ids, names, known, strict=True)]


def _noise(found: WrongLabels | None) -> str:
    """Empty in studies from before labels were looked at."""
    return "" if found is None else found.sentence


def _thumbnails(study: Study) -> dict[int, np.ndarray]:
    """Previews of the evaluated items by id; none where the study has no pictures, or they have moved."""
    try:
        pictures = study.thumbnails(side=TILE)
    except UncollapseError:
        pictures = None
    ids = study.items["id"].to_numpy()[study.evaluated]
    return {} if pictures is None else dict(zip(ids.tolist(), pictures, strict=True))


def _strip(tiles: list[np.ndarray]) -> str:
    """Pictures side by side, as a data URL; empty where there are none."""
    if not tiles:
        return ""
    buffer = io.BytesIO()
    Image.fromarray(np.concatenate(tiles, axis=1)).save(buffer, format="PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"

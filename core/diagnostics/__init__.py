"""Collapse, sub-clusters, label noise, retrieval and agreement of embeddings: measures and their definitions.

Modules are imported on first use, so that pages that only show or explain figures load no scientific libraries.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.diagnostics.comparison import Agreement, Matching, agreement, match_subclusters
    from core.diagnostics.counting import Subclusters, count_subclusters
    from core.diagnostics.diagnosis import Diagnosis, analyse, diagnose
    from core.diagnostics.glossary import MEASURES, Measure, explain
    from core.diagnostics.label_noise import LabelNoise, WrongShare, estimate_label_noise
    from core.diagnostics.retrieval import retrieval_metrics, retrieval_per_query
    from core.diagnostics.significance import compare_retrieval
    from core.diagnostics.single_pass import graph_and_retrieval
    from core.diagnostics.space import Space, measure_space

__all__ = [
    "MEASURES",
    "Agreement",
    "Diagnosis",
    "LabelNoise",
    "Matching",
    "Measure",
    "Space",
    "Subclusters",
    "WrongShare",
    "agreement",
    "analyse",
    "compare_retrieval",
    "count_subclusters",
    "diagnose",
    "estimate_label_noise",
    "explain",
    "graph_and_retrieval",
    "match_subclusters",
    "measure_space",
    "retrieval_metrics",
    "retrieval_per_query",
]

_MODULES = {
    "comparison": {"Agreement", "Matching", "agreement", "match_subclusters"},
    "counting": {"Subclusters", "count_subclusters"},
    "diagnosis": {"Diagnosis", "analyse", "diagnose"},
    "glossary": {"MEASURES", "Measure", "explain"},
    "label_noise": {"LabelNoise", "WrongShare", "estimate_label_noise"},
    "retrieval": {"retrieval_metrics", "retrieval_per_query"},
    "significance": {"compare_retrieval"},
    "space": {"Space", "measure_space"},
    "single_pass": {"graph_and_retrieval"},
}


def __getattr__(name: str) -> Any:
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

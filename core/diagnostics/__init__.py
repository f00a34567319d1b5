"""Collapse, sub-clusters, retrieval and agreement of embeddings: numbers, and what they mean."""

from core.diagnostics.diagnose import Diagnosis, Subclusters, analyse, count_subclusters, diagnose
from core.diagnostics.retrieval import retrieval_metrics, retrieval_per_query

__all__ = [
    "Diagnosis",
    "Subclusters",
    "analyse",
    "count_subclusters",
    "diagnose",
    "retrieval_metrics",
    "retrieval_per_query",
]

"""Neighbours and retrieval of one embedding, out of one pass over its distances: the pass is nearly all they cost."""

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int

from core.diagnostics.checks import Labels
from core.diagnostics.retrieval import retrieval_per_query
from core.neighbours.index import GraphInPassing, KnnGraph, Neighbours


def graph_and_retrieval(
    embeddings: Float[np.ndarray, "n d"],
    labels: Labels,
    *,
    ids: Int[np.ndarray, "n"],
    k: int,
    sublabels: Labels | None = None,
    is_query: Bool[np.ndarray, "n"] | None = None,
    is_gallery: Bool[np.ndarray, "n"] | None = None,
) -> tuple[KnnGraph, pd.DataFrame]:
    """The graph of `Neighbours.graph`, k deep, and the figures of `retrieval_per_query`.

    ids: unique. Where every item is searched, the exact graph is read from the distances that are ranked anyway.
    Raises DataError for broken input.
    """
    search = Neighbours(embeddings, ids)
    if search.exact and is_query is None and is_gallery is None:
        passing = GraphInPassing(search, k)
        found = retrieval_per_query(embeddings, labels, sublabels=sublabels, passing=passing)
        return passing.graph, found
    found = retrieval_per_query(embeddings, labels, sublabels=sublabels, is_query=is_query, is_gallery=is_gallery)
    return search.graph(k), found

"""Neighbours and retrieval of one embedding, out of one pass over its distances: the pass is nearly all they cost."""

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int

from core.diagnostics.checks import Labels
from core.diagnostics.retrieval import retrieval_per_query
from core.neighbours import GraphInPassing, KnnGraph, Neighbours

DEEPEST = 256
"""Neighbours per item beyond which ranking all others costs less than keeping so deep a graph."""


def survey(
    embeddings: Float[np.ndarray, "n d"],
    labels: Labels,
    *,
    ids: Int[np.ndarray, "n"],
    k: int,
    sublabels: Labels | None = None,
    is_query: Bool[np.ndarray, "n"] | None = None,
    is_gallery: Bool[np.ndarray, "n"] | None = None,
) -> tuple[KnnGraph, pd.DataFrame]:
    """The graph of `Neighbours.graph`, at least k deep, and the figures of `retrieval_per_query`.

    ids: unique. Small classes are ranked by a graph as deep as they are large; for large ones all distances are
    ranked, and the graph is read from these, where they are those of all items. Raises DataError for broken input.
    """
    search = Neighbours(embeddings, ids)
    depth = int(np.unique(np.asarray(labels), return_counts=True)[1].max())
    if depth > DEEPEST and search.exact and is_query is None and is_gallery is None:
        passing = GraphInPassing(search, k)
        found = retrieval_per_query(embeddings, labels, sublabels=sublabels, watch=passing.read)
        return passing.graph, found
    graph = search.graph(max(k, depth) if depth <= DEEPEST else k)
    found = retrieval_per_query(
        embeddings, labels, sublabels=sublabels, is_query=is_query, is_gallery=is_gallery, graph=graph
    )
    return graph, found

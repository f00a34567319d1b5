"""k-NN graph and retrieval of one embedding from a single pass over its distances, which is most of the cost."""

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int

from core.diagnostics.checks import Labels
from core.diagnostics.retrieval import retrieval_per_query
from core.neighbours.index import GraphBuilder, KnnGraph, Neighbours


def graph_and_retrieval(
    embeddings: Float[np.ndarray, "n d"],
    labels: Labels,
    *,
    ids: Int[np.ndarray, "n"],
    k: int,
    same: Int[np.ndarray, "n"] | None = None,
    sublabels: Labels | None = None,
    is_query: Bool[np.ndarray, "n"] | None = None,
    is_gallery: Bool[np.ndarray, "n"] | None = None,
) -> tuple[KnnGraph, pd.DataFrame]:
    """The graph of `Neighbours.graph`, k deep, and the figures of `retrieval_per_query`.

    ids: unique. same: equal for rows of one picture, which are not each other's hits. If all items are searched, the
    exact graph is taken from the distances that are ranked anyway.
    Raises DataError for invalid input.
    """
    search = Neighbours(embeddings, ids)
    if search.exact and is_query is None and is_gallery is None:
        graph_builder = GraphBuilder(search, k)
        found = retrieval_per_query(embeddings, labels, sublabels=sublabels, ids=same, graph_builder=graph_builder)
        return graph_builder.graph, found
    found = retrieval_per_query(
        embeddings, labels, sublabels=sublabels, ids=same, is_query=is_query, is_gallery=is_gallery
    )
    return search.graph(k), found

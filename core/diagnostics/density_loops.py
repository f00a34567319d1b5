"""The loop that joins the peaks of a density along a graph, compiled."""

import numpy as np
from jaxtyping import Float64, Int64

from core.common.jit import compiled
from core.diagnostics.graph_loops import root


@compiled
def join_peaks(
    order: Int64[np.ndarray, "n"],
    starts: Int64[np.ndarray, "n1"],
    neighbours: Int64[np.ndarray, "e"],
    heights: Float64[np.ndarray, "n"],
    level: float,
) -> tuple[Int64[np.ndarray, "n"], Float64[np.ndarray, "n"]]:
    """Walk down the density and join every peak lower than `level` above its saddle to the higher one beyond.

    order: rows from the highest down. neighbours[starts[i]:starts[i + 1]]: those of row i that come earlier. Returns
    the peak that each row belongs to, and each row's prominence: the height of a peak above the saddle to a higher one,
    infinity for one that meets no higher peak, zero for rows that are no peaks. A peak above `level` is never joined,
    and its prominence is that above its highest saddle.
    """
    n = len(heights)
    parents, prominences = np.full(n, -1), np.zeros(n)
    for row in order:
        best = -1
        for edge in range(starts[row], starts[row + 1]):
            other = neighbours[edge]
            if best < 0 or heights[other] > heights[best]:
                best = other
        if best < 0:
            parents[row], prominences[row] = row, np.inf
            continue
        top = root(parents, best)
        parents[row] = top
        for edge in range(starts[row], starts[row + 1]):
            top, second = root(parents, row), root(parents, neighbours[edge])
            if top == second:
                continue
            low, high = (second, top) if heights[second] <= heights[top] else (top, second)
            above = heights[low] - heights[row]
            prominences[low] = min(prominences[low], above)
            if above < level:
                parents[low] = high
    roots = np.empty(n, dtype=np.int64)
    for row in range(n):
        roots[row] = root(parents, row)
    return roots, prominences

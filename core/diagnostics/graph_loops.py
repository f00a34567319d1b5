"""The loops of the neighbour graph within a class, compiled: on some dozen rows a sparse matrix costs more to make than
all that is asked of it."""

import heapq

import numpy as np
from jaxtyping import Bool, Float64, Int64

from core.common.jit import compiled


@compiled
def components(rows: Int64[np.ndarray, "n k"]) -> Int64[np.ndarray, "n"]:
    """Connected component of each row of a graph of neighbours, numbered in the order of their first rows."""
    n = len(rows)
    parents = np.arange(n)
    for i in range(n):
        for other in rows[i]:
            first, second = root(parents, i), root(parents, other)
            parents[max(first, second)] = min(first, second)
    number, found = np.empty(n, dtype=np.int64), 0
    for i in range(n):
        top = root(parents, i)
        if top == i:  # a component's root is its first row
            number[i] = found
            found += 1
        else:
            number[i] = number[top]
    return number


@compiled
def root(parents: Int64[np.ndarray, "n"], row: int) -> int:
    """The end of a chain of parents, which it shortens."""
    while parents[row] != row:
        parents[row] = parents[parents[row]]
        row = parents[row]
    return row


@compiled
def nearest_pair(
    points: Float64[np.ndarray, "n s"], inside: Int64[np.ndarray, "m"], outside: Int64[np.ndarray, "l"]
) -> tuple[int, int]:
    """The nearest two rows, one of each kind."""
    first, second, least = inside[0], outside[0], np.inf
    for i in inside:
        for j in outside:
            square = 0.0
            for a in range(points.shape[1]):
                square += (points[i, a] - points[j, a]) ** 2
            if square < least:
                first, second, least = i, j, square
    return first, second


@compiled
def shortest_ways(
    starts: Int64[np.ndarray, "n1"],
    columns: Int64[np.ndarray, "e"],
    lengths: Float64[np.ndarray, "e"],
    sources: Int64[np.ndarray, "g"],
) -> Float64[np.ndarray, "g n"]:
    """Length of the shortest way from each source to every row (Dijkstra).

    columns[starts[i]:starts[i + 1]] are the rows that row i is joined to, over these lengths; infinite where no way is.
    """
    ways = np.full((len(sources), len(starts) - 1), np.inf)
    for i in range(len(sources)):
        way, ahead = ways[i], [(0.0, sources[i])]
        way[sources[i]] = 0.0
        while ahead:
            length, row = heapq.heappop(ahead)
            if length > way[row]:
                continue
            for edge in range(starts[row], starts[row + 1]):
                longer = length + lengths[edge]
                if longer < way[columns[edge]]:
                    way[columns[edge]] = longer
                    heapq.heappush(ahead, (longer, columns[edge]))
    return ways


@compiled
def joining(links: Int64[np.ndarray, "l 2"], component: Int64[np.ndarray, "n"]) -> Bool[np.ndarray, "l"]:
    """Which links, in their order, join components that no earlier one has joined (Kruskal's minimum spanning tree)."""
    parents, kept = np.arange(component.max() + 1), np.zeros(len(links), dtype=np.bool_)
    for i in range(len(links)):
        first, second = root(parents, component[links[i, 0]]), root(parents, component[links[i, 1]])
        kept[i] = first != second
        parents[first] = second
    return kept


@compiled
def uphill_lists(
    edges: Int64[np.ndarray, "e 2"], order: Int64[np.ndarray, "n"]
) -> tuple[Int64[np.ndarray, "n1"], Int64[np.ndarray, "e"]]:
    """Row pointers and columns of a graph whose every edge leads up: to the end that comes earlier in the order."""
    n = len(order)
    rank, starts = np.empty(n, dtype=np.int64), np.zeros(n + 1, dtype=np.int64)
    rank[order] = np.arange(n)
    for edge in range(len(edges)):
        starts[1 + _later(edges[edge], rank)] += 1
    starts = np.cumsum(starts)
    places, columns = starts[:-1].copy(), np.empty(len(edges), dtype=np.int64)
    for edge in range(len(edges)):
        low = _later(edges[edge], rank)
        columns[places[low]] = edges[edge].sum() - low
        places[low] += 1
    return starts, columns


@compiled
def _later(edge: Int64[np.ndarray, "2"], rank: Int64[np.ndarray, "n"]) -> int:
    return edge[0] if rank[edge[0]] > rank[edge[1]] else edge[1]

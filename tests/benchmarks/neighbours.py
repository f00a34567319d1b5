"""Our exact search against FAISS's flat indexes, in one run: time, and how often the answer is the true one.

    python -m tests.benchmarks.neighbours [--items 2000 20000 60000] [--queries 8192]

The first table asks for the 10 nearest rows of some of the rows, themselves among them. "ours" is `Neighbours.search`,
once as it answers many queries at a time (compiled loops over float32 products) and once as it answers few (FAISS's
candidates); both form the distances again in float64. The second asks for lists as deep as a class, which retrieval
figures need. Ratios above 1 mean that ours is faster. Right: the share of queries whose rows are those of float64
differences, in their order, ties by lowest row; 1 in 50 rows is a copy of another. README.md of core/neighbours holds
the result.
"""

import argparse
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import faiss
import numpy as np
from jaxtyping import Float32, Int64
from threadpoolctl import threadpool_limits

from core.common.parallel import chunks
from core.neighbours.exact import ExactSearch
from core.neighbours.index import GRAPH_BY_SHORTLISTS_FROM, Neighbours

K = 10
CLASSES = 10
SPREADS = {"uniform": None, "clustered": 0.1, "collapsed": 1e-4}
"""Standard deviation around a class's mean along each axis; None: no classes."""
CHECKED = 200
"""Queries whose rows are compared with those of float64."""
DEEP_QUERIES = 1024
REPEATS = 3

Points = Float32[np.ndarray, "n d"]


def planted_points(n: int, d: int, spread: float | None, rng: np.random.Generator) -> tuple[Points, np.ndarray]:
    """Unit vectors, and the class of each."""
    labels = rng.integers(0, CLASSES, n)
    points = rng.normal(size=(n, d))
    if spread is not None:
        points = rng.normal(size=(CLASSES, d))[labels] / np.sqrt(d) + spread * points / np.sqrt(d)
    points = (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)
    copies = rng.choice(n, n // 50, replace=False)
    points[copies] = points[rng.permutation(copies)[::-1]]
    return points, labels


def true_rows(points: Points, queries: Points) -> Int64[np.ndarray, "q k"]:
    rows = []
    for query in queries.astype(np.float64):
        difference = points - query
        rows.append(np.argsort(np.einsum("nd,nd->n", difference, difference), kind="stable")[:K])
    return np.array(rows)


@contextmanager
def on_threads(count: int) -> Iterator[None]:
    """Every library on so many threads."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(cores)[:count])
    faiss.omp_set_num_threads(count)
    try:
        with threadpool_limits(count):
            yield
    finally:
        os.sched_setaffinity(0, cores)
        faiss.omp_set_num_threads(len(cores))


def fastest(call: Callable[[], object]) -> float:
    """Seconds of the best of a few goes: the machine may have other work."""
    seconds = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def nearest_ten(n: int, d: int, kind: str, asked: int) -> None:
    points, _ = planted_points(n, d, SPREADS[kind], np.random.default_rng(0))
    queries = points[:asked]
    flat, product, ours = faiss.IndexFlatL2(d), faiss.IndexFlatIP(d), Neighbours(points, np.arange(n))
    flat.add(points)
    product.add(points)
    few = chunks(len(queries), GRAPH_BY_SHORTLISTS_FROM - 1)
    ways: dict[str, Callable[[], np.ndarray]] = {
        "FAISS L2": lambda: flat.search(queries, K)[1],
        "FAISS IP": lambda: product.search(queries, K)[1],
        "ours, many": lambda: ours.search(queries, K)[1],
        "ours, few": lambda: np.concatenate([ours.search(queries[rows], K)[1] for rows in few]),
    }
    if len(queries) < GRAPH_BY_SHORTLISTS_FROM:
        del ways["ours, many"]
    truth = true_rows(points, queries[:CHECKED])
    right = {name: (way()[:CHECKED] == truth).all(axis=1).mean() for name, way in ways.items()}
    for threads in (1, 2):
        with on_threads(threads):
            seconds = {name: fastest(way) for name, way in ways.items()}
        cells = [f"{seconds['FAISS L2'] / seconds[name]:5.2f} ({right[name]:4.0%})" for name in ways]
        told = ", ".join(f"{name} {cell}" for name, cell in zip(ways, cells, strict=True))
        print(f"{n:>7,} x {d:<4} {kind:<10} {threads} thread(s): {told}", flush=True)


def class_deep(n: int, d: int, kind: str) -> None:
    points, labels = planted_points(n, d, SPREADS[kind], np.random.default_rng(0))
    rows = np.arange(min(DEEP_QUERIES, n))
    sizes = np.bincount(labels)
    flat, ours = faiss.IndexFlatL2(d), ExactSearch(points, groups=labels)
    flat.add(points)

    def lists() -> None:
        for _ in ours.nearest(points[rows], sizes[labels[rows]], groups=labels[rows]):
            pass

    for threads in (1, 2):
        with on_threads(threads):
            ratio = fastest(lambda: flat.search(points[rows], int(sizes.max()))) / fastest(lists)
        print(f"{n:>7,} x {d:<4} {kind:<10} {threads} thread(s): {ratio:5.2f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, nargs="+", default=[2000, 20_000, 60_000])
    parser.add_argument("--dimensions", type=int, nargs="+", default=[64, 128])
    parser.add_argument("--queries", type=int, default=8192)
    arguments = parser.parse_args()
    for n in (2000, 20_000):  # compiles the loops, in float64 and in float32
        warm, labels = planted_points(n, 8, 0.1, np.random.default_rng(1))
        Neighbours(warm, np.arange(n)).search(np.resize(warm, (GRAPH_BY_SHORTLISTS_FROM, 8)), K)
        list(ExactSearch(warm, groups=labels).nearest(warm[:256], np.full(256, n // 10), groups=labels[:256]))
    cases = [(n, d, kind) for n in arguments.items for d in arguments.dimensions for kind in SPREADS]
    print(f"the {K} nearest: times as fast as FAISS L2 (right)")
    for n, d, kind in cases:
        nearest_ten(n, d, kind, min(n, arguments.queries))
    print("lists as deep as a class, a tenth of all rows: times as fast as FAISS L2")
    for n, d, kind in cases:
        class_deep(n, d, kind)


if __name__ == "__main__":
    main()

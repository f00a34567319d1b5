"""Time of a full diagnosis against the straightforward way to the same knowledge, in one run.

    python -m tests.benchmarks.analysis_speed [--items 60000] [--classes 10 1000] [--skip-straightforward]

Ours: neighbours, retrieval and the per-class table (counts with their reliability). Straightforward: brute-force
scikit-learn neighbours, scikit-learn HDBSCAN per class, and umap-learn on the vectors. The maps of ours start from the
shared neighbours and are timed where the projection is benchmarked.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float, Int64
from sklearn.cluster import HDBSCAN
from sklearn.neighbors import NearestNeighbors

from core.diagnostics import analyse, retrieval_metrics
from core.neighbours import Neighbours

DIMENSIONS = 128
K = 50


def planted_items(
    n: int, classes: int, rng: np.random.Generator
) -> tuple[Float[np.ndarray, "n d"], Int64[np.ndarray, "n"]]:
    """Classes of three modes each on the sphere."""
    labels, modes = rng.integers(0, classes, n), rng.integers(0, 3, n)
    centres = rng.normal(size=(classes, 1, DIMENSIONS)) + 0.5 * rng.normal(size=(classes, 3, DIMENSIONS))
    points = centres[labels, modes] + 0.3 * rng.normal(size=(n, DIMENSIONS))
    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32), labels


def timed(name: str, call: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds a call takes, printed as it ends, and its result."""
    started = time.perf_counter()
    result = call()
    seconds = time.perf_counter() - started
    print(f"  {name:<40} {seconds:8.1f} s", flush=True)
    return seconds, result


def ours(points: Float[np.ndarray, "n d"], labels: Int64[np.ndarray, "n"]) -> float:
    search, graph = timed("neighbours (k = 50)", lambda: Neighbours(points, np.arange(len(points))).graph(K))
    ranking, metrics = timed("retrieval (recall, R-precision, MAP@R)", lambda: retrieval_metrics(points, labels))
    counting, diagnosis = timed("table (counts, spread, verdicts)", lambda: analyse(points, labels, graph=graph))
    print(f"    MAP@R {metrics['map@r']:.3f}, mean count {diagnosis.table['subclusters'].mean():.2f}")
    return search + ranking + counting


def straightforward(points: Float[np.ndarray, "n d"], labels: Int64[np.ndarray, "n"]) -> float:
    import umap

    brute = NearestNeighbors(n_neighbors=K + 1, algorithm="brute", n_jobs=-1)
    search, _ = timed("scikit-learn brute-force neighbours", lambda: brute.fit(points).kneighbors(points))
    rows = [np.flatnonzero(labels == c) for c in np.unique(labels)]
    counting, _ = timed(
        "scikit-learn HDBSCAN per class",
        lambda: [HDBSCAN(min_cluster_size=5, n_jobs=-1, copy=True).fit_predict(points[own]) for own in rows],
    )
    mapping, _ = timed("umap-learn on the vectors (one arm)", lambda: umap.UMAP(random_state=0).fit_transform(points))
    return search + counting + mapping


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=60_000)
    parser.add_argument("--classes", type=int, nargs="+", default=[10, 1000])
    parser.add_argument("--skip-straightforward", action="store_true", help="time only this project's way")
    arguments = parser.parse_args()
    for classes in arguments.classes:
        points, labels = planted_items(arguments.items, classes, np.random.default_rng(0))
        print(f"{arguments.items} x {DIMENSIONS}, {classes} classes: ours", flush=True)
        fast = ours(points, labels)
        if arguments.skip_straightforward:
            continue
        print("  straightforward", flush=True)
        slow = straightforward(points, labels)
        print(f"  ours {fast:.1f} s, straightforward {slow:.1f} s: {slow / fast:.1f} times as long", flush=True)


if __name__ == "__main__":
    main()

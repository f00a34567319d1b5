"""Time of a full analysis of two arms against the straightforward way to the same knowledge, in one run.

    python -m tests.benchmarks.analysis_speed [--items 60000] [--classes 10 1000] [--skip-straightforward]

Ours, as a study is made: neighbours and retrieval, the table of classes (counts with their reliability, verdicts),
wrong labels, and both maps. Straightforward: scikit-learn's brute-force neighbours, its HDBSCAN class by class, and
umap-learn on the vectors, for each arm; no retrieval figures, no reliability of the counts, and maps that cannot be
compared. Both go once over a few items first, so that neither pays for imports and compilation. Exits with an error
where ours takes more than a third of the time.
"""

import argparse
import contextlib
import io
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, Int64
from sklearn.cluster import HDBSCAN
from sklearn.neighbors import NearestNeighbors

from core.diagnostics import analyse, estimate_label_noise, graph_and_retrieval
from core.projection import NEIGHBOURS, paired_maps

DIMENSIONS = 128
SHARE_AT_MOST = 1 / 3
WARMING = 5000
"""Items of the first go: as many as both ways need to compile all they use later."""

Arms = dict[str, Float32[np.ndarray, "n d"]]


def planted_items(n: int, classes: int, rng: np.random.Generator) -> tuple[Arms, Int64[np.ndarray, "n"]]:
    """Classes of three modes each on the sphere, which one arm holds closer together than the other."""
    labels, modes = rng.integers(0, classes, n), rng.integers(0, 3, n)
    centres, offsets = rng.normal(size=(classes, DIMENSIONS)), rng.normal(size=(classes, 3, DIMENSIONS))
    noise = 0.3 * rng.normal(size=(n, DIMENSIONS))
    arms = {
        name: centres[labels] + apart * offsets[labels, modes] + noise
        for name, apart in {"standard": 0.3, "nearest": 0.5}.items()
    }
    return {name: _on_sphere(points) for name, points in arms.items()}, labels


def _on_sphere(points: Float[np.ndarray, "n d"]) -> Float32[np.ndarray, "n d"]:
    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)


def timed(name: str, call: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds a call takes, printed as it ends, and its result."""
    started = time.perf_counter()
    result = call()
    seconds = time.perf_counter() - started
    print(f"  {name:<44} {seconds:8.1f} s", flush=True)
    return seconds, result


def ours(arms: Arms, labels: Int64[np.ndarray, "n"]) -> float:
    total, graphs = 0.0, {}
    for name, points in arms.items():
        surveying, (graph, queries) = timed(
            f"{name}: neighbours and retrieval",
            lambda p=points: graph_and_retrieval(p, labels, ids=np.arange(len(p)), k=NEIGHBOURS),
        )
        counting, found = timed(f"{name}: table of classes", lambda p=points, g=graph: analyse(p, labels, graph=g))
        precision, count = queries["map@r"].mean(), found.table["subclusters"].mean()
        print(f"    MAP@R {precision:.3f}, mean count {count:.2f} (3 were planted)")
        asking, _ = timed(f"{name}: wrong labels", lambda g=graph: estimate_label_noise(g, labels))
        total, graphs[name] = total + surveying + counting + asking, graph
    return total + timed("maps of both", lambda: paired_maps(arms, graphs, seed=0, labels=labels))[0]


def straightforward(arms: Arms, labels: Int64[np.ndarray, "n"]) -> float:
    import umap

    rows = [np.flatnonzero(labels == c) for c in np.unique(labels)]
    total = 0.0
    for name, points in arms.items():
        brute = NearestNeighbors(n_neighbors=NEIGHBOURS + 1, algorithm="brute", n_jobs=-1)
        total += timed(f"{name}: scikit-learn neighbours", lambda p=points, b=brute: b.fit(p).kneighbors(p))[0]
        total += timed(f"{name}: scikit-learn HDBSCAN", lambda p=points: [_hdbscan(p[own]) for own in rows])[0]
        total += timed(f"{name}: umap-learn", lambda p=points: umap.UMAP(random_state=0).fit_transform(p))[0]
    return total


def _hdbscan(points: Float32[np.ndarray, "n d"]) -> Int64[np.ndarray, "n"]:
    jobs = -1 if len(points) > 1000 else None  # for small classes its threads cost more than they bring
    return HDBSCAN(min_cluster_size=5, n_jobs=jobs, copy=True).fit_predict(points)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=60_000)
    parser.add_argument("--classes", type=int, nargs="+", default=[10, 1000])
    parser.add_argument("--skip-straightforward", action="store_true", help="time only this project's way")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore", message="n_jobs value")  # umap-learn about its own seed
    with contextlib.redirect_stdout(io.StringIO()):
        for way in (ours, straightforward):
            way(*planted_items(WARMING, 10, np.random.default_rng(1)))
    short = False
    for classes in arguments.classes:
        arms, labels = planted_items(arguments.items, classes, np.random.default_rng(0))
        print(f"{arguments.items:,} x {DIMENSIONS}, {classes} classes, {len(arms)} arms: ours", flush=True)
        fast = ours(arms, labels)
        if arguments.skip_straightforward:
            continue
        print("  straightforward", flush=True)
        slow = straightforward(arms, labels)
        print(f"  ours {fast:.0f} s, straightforward {slow:.0f} s: a share of {fast / slow:.2f}", flush=True)
        short |= fast > SHARE_AT_MOST * slow
    return int(short)


if __name__ == "__main__":
    sys.exit(main())

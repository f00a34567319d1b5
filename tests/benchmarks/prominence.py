"""How often the second peak of a class of one piece is as prominent as its p-value says, and the fit of that p-value.

    python -m tests.benchmarks.prominence [--draws 100] [--seed N] [--jobs 2]

The single pieces of the counting league that a count may be developed on, in 64 dimensions. For each: the share of
draws whose least p-value over all scales is below 5 %, 1 % and .1 %. Then the 95 % quantile of the prominences over
log(rows / neighbours) and dimension, fitted anew by quantile regression, beside the constants in use. The shares of
all shapes together should be near the levels; `core.diagnostics.peaks.WORST_SHAPE` allows for the worst of them.
"""

import argparse

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.linear_model import QuantileRegressor
from threadpoolctl import threadpool_limits

from core.diagnostics import prominence
from core.diagnostics.peaks import PEAK_DIMENSIONS, Density, neighbour_graph
from core.diagnostics.prominence import prominence_p_values
from core.diagnostics.signal import signal_scores
from tests.benchmarks.counting.shapes import ONE_PIECE, Shape

SIZES = (100, 300, 1000)
DIMENSIONS = 64
LEVELS = (0.05, 0.01, 0.001)


def drawn(shape: Shape, n: int, seed: list[int]) -> list[dict[str, float]]:
    """One class: for every scale, its most prominent peak but the highest, and the p-value of that."""
    rng = np.random.default_rng(seed)
    with threadpool_limits(1):
        scores = signal_scores(shape.draw(rng, n, DIMENSIONS)[0], rng)
        if not scores.shape[1]:
            return []
        density = Density.of(neighbour_graph(scores), complete=scores.shape[1] <= PEAK_DIMENSIONS)
        rows = []
        for view in density.views:
            top = view.prominences()[:1]
            p = prominence_p_values(top, neighbourhoods=n / view.k, dimension=density.dimension)
            row = {"n": n, "k": view.k, "draw": seed[1], "dimension": max(1, density.dimension)}
            rows.append(row | {"prominence": top.max(initial=0), "p": p.min(initial=1)})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--seed", type=int, default=None, help="a fresh one by default")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else int(np.random.SeedSequence().entropy % 2**31)
    shapes = [shape for shape in ONE_PIECE if not shape.held_out]
    print(f"seed {seed}, {arguments.draws} draws of each of {len(shapes)} shapes and {SIZES} rows")
    tables = []
    for number, shape in enumerate(shapes):
        tasks = ((n, draw) for n in SIZES for draw in range(arguments.draws))
        found = Parallel(arguments.jobs)(delayed(drawn)(shape, n, [seed, draw, n, number]) for n, draw in tasks)
        tables.append(pd.DataFrame([row for rows in found for row in rows]).assign(shape=shape.name))
        print_shares(shape.name, tables[-1], arguments.draws * len(SIZES))
    print_shares("all", pd.concat(tables), arguments.draws * len(SIZES) * len(shapes))
    print_fit(pd.concat(tables))


def print_shares(name: str, table: pd.DataFrame, draws: int) -> None:
    """The share of draws below each level; classes without signal have no peaks and count as above."""
    least = table.groupby(["shape", "n", "draw"])["p"].min() if len(table) else pd.Series(dtype=float)
    print(f"{name:<32}" + "".join(f"{100 * (least < level).sum() / draws:8.2f} %" for level in LEVELS), flush=True)


def print_fit(table: pd.DataFrame) -> None:
    room, inverse = np.log(table["n"] / table["k"]), 1 / table["dimension"]
    features = np.stack([room, room * inverse, inverse], axis=1)
    fit = QuantileRegressor(quantile=0.95, alpha=0).fit(features, table["prominence"])
    used = (prominence.PER_ROOM, prominence.PER_ROOM_AND_DIMENSION, prominence.PER_DIMENSION, prominence.OFFSET)
    print(
        "95 % quantile, per room, room / dimension, 1 / dimension, offset:", *np.round([*fit.coef_, fit.intercept_], 2)
    )
    print("in use (the offset is that of the mode, not of the quantile):    ", *used)


if __name__ == "__main__":
    main()

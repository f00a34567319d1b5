"""How often the count of sub-clusters is exactly right, too high, or too low, over fresh random draws; and its cost.

    python -m tests.benchmarks.subclusters [--draws 12] [--seed N] [--jobs 2]

Classes on the sphere in 64 dimensions unless a row says otherwise. Exits with an error where the figures fall short of
what is promised: the table of exact hits at each separation, under 1 % of counts too high in every cell and over all
single modes, also of shapes and dimensions nothing was tuned on, and cost linear in n. Chance is allowed for: two
standard errors for the hits, odds of one in a thousand for a single cell.

Below separation 8 the table is beaten by spherical components beside diagonal ones, a longer search over their number,
and weak pairs supporting each other (see core.diagnostics.subclusters). Tried on few draws without gain: a gap's width
or the distance of centroids in place of the dip test, projections that leave each row out of its own axis. Not settled:
one spherical covariance shared by all components, worse with a short search over their number, at n = 50 better with a
long one.
"""

import argparse
import sys
import time
from collections.abc import Callable
from itertools import starmap

import numpy as np
from joblib import Parallel, delayed
from scipy.stats import binom
from threadpoolctl import threadpool_limits

from core.diagnostics.subclusters import count_once
from tests.benchmarks.counting.cases import PROMISED, PROMISED_SIZES, TRUE_COUNTS
from tests.core.diagnostics.planted import FRESH_SHAPES, SHAPES, arc_of_modes, four_views, modes, one_mode

SIZES = (50, 75, 100, 200, 500)
OVER_AT_MOST = 0.01
CHANCE = 0.001
DIMENSIONS = (2, 8, 512)
LINEAR_SIZES = (1250, 2500, 5000, 10_000)
LINEAR_WITHIN = 2.0
"""Cost of the largest over cost of the smallest of LINEAR_SIZES, per row, from which growth is not linear."""

Draw = Callable[[np.random.Generator], np.ndarray]


def count(draw: Draw, seed: list[int]) -> int:
    """The count for one drawn class."""
    rng = np.random.default_rng(seed)
    with threadpool_limits(1):
        return count_once(draw(rng), rng).reading.count


def counts(draw: Draw, cell: str, arguments: argparse.Namespace, *, draws: int) -> np.ndarray:
    """Counts over fresh draws; every cell has random numbers of its own."""
    seeds = [[arguments.seed, i, *cell.encode()] for i in range(draws)]
    return np.array(Parallel(arguments.jobs)(delayed(count)(draw, seed) for seed in seeds))


def planted(arguments: argparse.Namespace) -> list[str]:
    """Exact hits and over-counts by separation and n; the failures."""
    failures = []
    print(
        f"{'separation':<28}" + "".join(f"n = {n:<17}" for n in PROMISED_SIZES) + "exact +- standard error (too high)"
    )
    for separation, promised in PROMISED.items():
        print(f"{separation:<28}", end="")
        for n in PROMISED_SIZES:
            differences = []
            for k in TRUE_COUNTS:
                found = counts(
                    lambda rng, k=k: modes(rng, k, n, separation=separation)[0],  # noqa: B023
                    f"{separation} {n} {k}",
                    arguments,
                    draws=arguments.draws,
                )
                differences.append(found - k)
            difference = np.concatenate(differences)
            exact, error = np.mean(difference == 0), np.std(difference == 0) / np.sqrt(difference.size)
            high = int(np.count_nonzero(difference > 0))
            print(f"{exact:.3f} +- {error:.3f} ({high})".ljust(21), end="", flush=True)
            wanted = 0 if promised is None else promised[n]
            slack = 2 * np.sqrt(max(wanted * (1 - wanted), 0.01) / difference.size)
            if exact < wanted - slack or too_often(high, difference.size):
                failures.append(f"separation {separation}, n = {n}: {exact:.3f} exact, {high} too high")
        print()
    return failures


def too_often(high: int, draws: int) -> bool:
    """Whether so many counts too high would be a rare accident if 1 % were."""
    return bool(binom.sf(high - 1, draws, OVER_AT_MOST) < CHANCE)


def single(arguments: argparse.Namespace) -> list[str]:
    """Single modes cut in several, by shape, dimension and n; the failures."""
    rows = [(shape, 64, SIZES, 10 * arguments.draws) for shape in SHAPES]
    rows += [(shape, 64, SIZES, 5 * arguments.draws) for shape in FRESH_SHAPES]
    rows += [(shape, d, (75, 200), 3 * arguments.draws) for d in DIMENSIONS for shape in FRESH_SHAPES]
    failures, total, tried = [], 0, 0
    print(f"\n{'one mode':<28}" + "".join(f"n = {n:<17}" for n in SIZES) + "counted as more (of all)")
    for shape, d, sizes, draws in rows:
        cells = {}
        for n in sizes:
            found = counts(
                lambda rng, n=n: one_mode(rng, shape, n, d=d),  # noqa: B023
                f"{shape} {n} {d}",
                arguments,
                draws=draws,
            )
            cells[n] = int(np.count_nonzero(found > 1))
            total, tried = total + cells[n], tried + draws
            if too_often(cells[n], draws):
                failures.append(f"{shape}, d = {d}, n = {n}: {cells[n]} of {draws} counted as more than one")
        shown = "".join(f"{cells[n]} ({draws})".ljust(21) if n in cells else " " * 21 for n in SIZES)
        print(f"{f'{shape}, d = {d}':<28}{shown}", flush=True)
    share, error = total / tried, np.sqrt(total) / tried
    print(f"in all {total} of {tried}: {100 * share:.2f} +- {100 * error:.2f} %")
    return failures + ([f"{100 * share:.2f} % of single modes counted as more"] if share >= OVER_AT_MOST else [])


def sanity(arguments: argparse.Namespace) -> list[str]:
    """One and three modes 25 standard deviations apart, in few and many dimensions, with few and many rows."""
    failures, sizes = [], (5, 20, 100, 1000, 10_000)
    print(f"\n{'1 | 3 clear modes':<28}" + "".join(f"n = {n:<17}" for n in sizes) + "counts over 3 draws")
    for d in DIMENSIONS:
        cells = []
        for n in sizes:
            one, three = (
                counts(
                    lambda rng, k=k: arc_of_modes(rng, k, n, d=d)[0],  # noqa: B023
                    f"sane {n} {d} {k}",
                    arguments,
                    draws=3,
                )
                for k in (1, 3)
            )
            cells.append(f"{set(one.tolist())} | {set(three.tolist())}")
            if any(one != 1) or any(three > 3) or (n >= 100 and any(three != 3)):
                failures.append(f"d = {d}, n = {n}: {cells[-1]}")
        print(f"{f'd = {d}':<28}" + "".join(f"{cell:<21}" for cell in cells), flush=True)
    for k in (1, 3):
        found = counts(
            lambda rng, k=k: four_views(rng, modes(rng, k, 100, separation=20)[0]),
            f"views {k}",
            arguments,
            draws=arguments.draws,
        )
        print(f"{f'four views each, {k} modes':<28}{np.count_nonzero(found != k)} wrong of {found.size}", flush=True)
        if np.any(found > k):
            failures.append(f"four views of every item, {k} modes: {set(found.tolist())}")
    return failures


def cost(n: int, *, d: int = 128) -> float:
    """CPU milliseconds for one class of n in three modes, the better of two."""
    times = []
    for seed in range(2):
        rng = np.random.default_rng([seed, n])
        points = modes(rng, 3, n, separation=12, d=d)[0]
        with threadpool_limits(1):
            started = time.process_time()
            count_once(points, rng)
            times.append(1000 * (time.process_time() - started))
    return min(times)


def linear() -> list[str]:
    """CPU time against n; the failures."""
    cost(500)  # the libraries are loaded once
    times = [cost(n) for n in LINEAR_SIZES]
    print(f"\n{'one count, d = 128':<28}" + "".join(f"n = {n:<17}" for n in LINEAR_SIZES) + "CPU time (per 1000 rows)")
    shown = starmap(lambda n, ms: f"{ms:.0f} ms ({1000 * ms / n:.0f})", zip(LINEAR_SIZES, times, strict=True))
    print(" " * 28 + "".join(f"{cell:<21}" for cell in shown), flush=True)
    growth = times[-1] / times[0] * LINEAR_SIZES[0] / LINEAR_SIZES[-1]
    return [] if growth < LINEAR_WITHIN else [f"cost per row grows {growth:.1f}-fold from {LINEAR_SIZES[0]} rows"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--draws", type=int, default=12, help="fresh draws per cell and true count; multiples for k = 1"
    )
    parser.add_argument("--seed", type=int, default=None, help="a fresh one by default")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    if arguments.seed is None:
        arguments.seed = int(np.random.SeedSequence().entropy % 2**31)
    started = time.perf_counter()
    print(f"seed {arguments.seed}, {arguments.draws} draws for each true count in {TRUE_COUNTS}")
    failures = planted(arguments) + single(arguments) + sanity(arguments) + linear()
    print(f"\n{time.perf_counter() - started:.0f} s")
    print("\n".join(["short of the promise:", *failures] if failures else ["all as promised"]))
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())

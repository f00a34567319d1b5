"""A league of ways to count the groups of a class, on the same embeddings in one run; ours among them.

    python -m tests.benchmarks.counting_league [--quick] [--jobs 2] [--draws 1000] [--omniglot DIR]
        [--seeds 201 202 203 204 205] [--cache build/league] [--write docs/counting.md]

Four parts, of which --only chooses: planted shapes at several n and d; real classes whose modes the league alone knows,
trained first where the cache lacks them; single pieces, of which none may be counted as several; and the equal modes
that accuracy was promised on. Every result is kept in CACHE/records.csv at once, and what is there is not counted
again, so that a stopped run goes on; --again METHOD asks a method anew. Counts are developed on seeds from 101 and on
shapes that are not held out; those of DEVELOPMENT are never written to a page.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from core.common.errors import UncollapseError
from tests.benchmarks.counting import cases, real, tables
from tests.benchmarks.counting.league import Records, play
from tests.benchmarks.counting.methods import BY_NAME, METHODS, OURS, PRESENT, TOLD

REPORTED = (201, 202, 203, 204, 205)
DEVELOPMENT = (101, 102, 103, 104, 105)
PARTS = (cases.PLANTED, cases.REAL, cases.ONE, cases.PROMISE)
QUICK_DRAWS = 2
PROMISE_SHARE, PRESENT_SHARE = 0.05, 0.1
"""Draws of the promised table's cells, and those of a single piece that release 0.2 is asked too, as a share of the
draws of a single piece."""

BLOCK = re.compile(
    r"(?<=<!-- generated: python -m tests.benchmarks.counting_league -->\n).*?(?=\n<!-- end -->)", re.DOTALL
)
"""What is replaced in a page."""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def tasks(wanted: argparse.Namespace) -> Iterator[tuple[cases.Case, str]]:
    """(case, method) pairs of the parts that are wanted; single pieces and the promise are for ours and the present."""
    draws, first, quick = QUICK_DRAWS if wanted.quick else wanted.draws, wanted.seeds[0], wanted.quick
    ours, present = ([name] if name in wanted.methods else [] for name in (OURS, PRESENT))
    for part in wanted.only:
        match part:
            case cases.PLANTED:
                asked = [(cases.planted(wanted.seeds[: wanted.repeats], quick=quick), wanted.methods)]
            case cases.REAL:
                asked = [(cases.known_modes(wanted.cache, wanted.seeds), [*wanted.methods, TOLD])]
            case cases.ONE:
                fewer = _share(draws, PRESENT_SHARE)
                asked = [(cases.one_piece(draws, first, quick=quick), ours)]
                asked += [(cases.one_piece(fewer, first, quick=quick), present)]
            case _:
                asked = [(cases.promise(_share(draws, PROMISE_SHARE), first, quick=quick), [*ours, *present])]
        for found, names in asked:
            yield from ((each, name) for each in found for name in names)


def _share(draws: int, share: float) -> int:
    return max(1, round(share * draws))


def trained(wanted: argparse.Namespace) -> list[str]:
    """Trains the studies that the cache lacks, one after the other; what could not be had."""
    if wanted.quick or cases.REAL not in wanted.only:
        return []
    absent = []
    for seed in wanted.seeds:
        for recipe in real.RECIPES:
            if not real.study_folder(wanted.cache, recipe, seed).exists():
                say(f"training {recipe}, seed {seed}")
            absent.append(real.train(wanted.cache, recipe, seed, omniglot=wanted.omniglot))
    return sorted(set(absent) - {""})


def page(records: pd.DataFrame, wanted: argparse.Namespace, absent: list[str]) -> str:
    """The generated part of the page."""
    parts = set(records["section"])
    found = [_conditions(records, wanted, absent), tables.methods(wanted.methods)]
    if cases.PLANTED in parts:
        found += [
            "### Planted shapes",
            tables.league(records),
            "By kind of shape, exact (too high):",
            tables.kinds(records),
        ]
    if cases.REAL in parts:
        found += ["### Real classes", "Exact / within 1 / ARI:", tables.real(records)]
        found += ["The nearest arms by study:", tables.studies(records, "nearest")]
        found += [f"What {name} counts, class by class:\n\n{tables.counts(records, name)}" for name in (OURS,)]
    if cases.ONE in parts:
        found += [
            "### Single pieces counted as several",
            "\\* no count was developed on it.",
            tables.single_pieces(records),
        ]
    if cases.PROMISE in parts:
        found += ["### Equal modes, 64 dimensions", "Exact, over 2, 3, 4, 5, 6 and 8 modes:", tables.promised(records)]
    return "\n\n".join(found)


def _conditions(records: pd.DataFrame, wanted: argparse.Namespace, absent: list[str]) -> str:
    seeds = ", ".join(map(str, wanted.seeds))
    purpose = "reporting" if set(wanted.seeds) <= set(REPORTED) else "not for reporting: counts were developed on some"
    text = (
        f"Seeds {seeds} ({purpose}; developed on seeds from {DEVELOPMENT[0]} and on the shapes that are not held out). "
        f"{records['key'].nunique():,} classes, {len(records):,} counts, each on one thread and within "
        f"{wanted.limit:.0f} processor seconds; a count that takes longer has failed. Means over kinds of shapes, or "
        "over studies, each weighing the same. ARI leaves foreign items out and takes those in no group for one more."
    )
    return text + "".join(f" Absent: {what}." for what in absent)


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    name = "python -m tests.benchmarks.counting_league"
    parser = argparse.ArgumentParser(prog=name, description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--methods", nargs="+", choices=list(BY_NAME), metavar="METHOD", help=", ".join(BY_NAME))
    parser.add_argument("--again", nargs="+", choices=list(BY_NAME), default=[], metavar="METHOD", help="ask them anew")
    parser.add_argument("--seeds", nargs="+", type=int, help=f"{REPORTED[0]} to {REPORTED[-1]} by default")
    parser.add_argument("--repeats", type=int, default=1, help="seeds that every planted shape is drawn with")
    parser.add_argument(
        "--draws",
        type=int,
        default=1000,
        help="of every single piece; a tenth of them for release 0.2, a twentieth for a promised cell",
    )
    parser.add_argument("--limit", type=float, default=60.0, help="processor seconds for one count")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--cache", type=Path, default=Path("build/league"), help="studies and records")
    parser.add_argument("--omniglot", type=Path, metavar="DIR", help="where images_background_small1.zip is")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the tables into this page")
    parser.add_argument(
        "--quick", action="store_true", help="a few small cases and no training, to try the command out"
    )
    wanted = parser.parse_args(arguments)
    wanted.seeds = wanted.seeds or [*(DEVELOPMENT[:1] if wanted.quick else REPORTED)]
    wanted.methods = wanted.methods or [method.name for method in METHODS if method.available]
    return wanted


def write(path: Path, text: str) -> None:
    """Replaces the generated part of a page. Raises UncollapseError where it has none."""
    filled, count = BLOCK.subn(lambda _: text, path.read_text("utf-8"))
    if count != 1:
        raise UncollapseError(f"{path} needs one part that is generated by the league, and has {count}")
    path.write_text(filled, "utf-8")


def main() -> int:
    wanted = parse()
    records = Records(wanted.cache / ("quick.csv" if wanted.quick else "records.csv"))
    try:
        absent = trained(wanted)
        if wanted.again and records.path.exists():
            records.forget(wanted.again)
        asked = list(tasks(wanted))
        play(asked, records, jobs=wanted.jobs, limit=wanted.limit, report=say)
        found = records.read()
        keys = {(case.key, method) for case, method in asked}
        chosen = [pair in keys for pair in zip(found["key"], found["method"], strict=True)]
        text = page(found[chosen], wanted, absent)
        if wanted.write:
            write(wanted.write, text)
    except UncollapseError as error:
        say(str(error))
        return 2
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Hostile and awkward inputs against the command line: python -m tests.hostile [--kinds tables,studies] [--seed 0].

Every input is refused in one sentence or used as it was meant, within limits of time and memory; the rest is listed,
with its folder, and the command exits with 1. `--only KIND:INDEX` repeats a single one.
"""

import argparse
import collections
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.hostile.kinds import KINDS
from tests.hostile.lanes import Result, Task, run_all
from tests.hostile.samples import STUDY_VARIABLE, make_study

FRESH_EVERY = 60
"""One in so many cases runs in a new process from a shell."""


def main() -> None:
    """Run the corpus and print a table."""
    options = _options()
    work = Path(options.work or tempfile.mkdtemp(prefix="hostile-")).absolute()
    os.environ["UNCOLLAPSE_STUDIES"] = str(work / "studies")
    os.environ[STUDY_VARIABLE] = str(options.study or make_study(work))
    started = time.monotonic()
    tasks = _tasks(options, work / "cases")
    found = []
    with open(options.json or os.devnull, "w", encoding="utf-8", buffering=1) as log:
        for result in run_all(tasks, options.lanes, until=started + 60 * options.minutes):
            found.append(result)
            log.write(json.dumps(_record(result)) + "\n")
            if result.verdict == "wrong":
                print(f"{_name(result)}: {result.why}\n    {' '.join(result.argv)[:300]}", file=sys.stderr)
    _print(found, tried=len(tasks), seconds=time.monotonic() - started)
    sys.exit(any(result.verdict == "wrong" for result in found))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    parser.add_argument("--kinds", default=",".join(KINDS), help="comma-separated; all by default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--per-kind", type=int, default=200, help="inputs of each kind")
    parser.add_argument("--minutes", type=float, default=60, help="no input is begun after so many")
    parser.add_argument("--seconds", type=float, default=30, help="for one command; it hangs if it takes more")
    parser.add_argument("--lanes", type=int, default=2, help="processes side by side")
    parser.add_argument("--only", help="KIND:INDEX of a single input, whose folder is kept")
    parser.add_argument("--study", help="a finished study with pictures, to damage copies of; made by default")
    parser.add_argument("--work", help="folder for inputs; those answered wrongly stay there")
    parser.add_argument("--json", help="file for all results, one per line")
    return parser.parse_args()


def _tasks(options: argparse.Namespace, folder: Path) -> list[Task]:
    if options.only:
        kind, _, index = options.only.partition(":")
        places = [(kind, int(index))]
    else:
        kinds = options.kinds.split(",")
        places = [(kind, index) for index in range(options.per_kind) for kind in kinds]
    return [
        Task(kind, i, options.seed, folder / f"{kind}-{i}", options.seconds, fresh=not n % FRESH_EVERY and n > 0)
        for n, (kind, i) in enumerate(places)
    ]


def _print(found: list[Result], *, tried: int, seconds: float) -> None:
    table = Table("kind", "tried", "refused", "accepted", "wrong", "slowest, s")
    for kind in [*dict.fromkeys(result.task.kind for result in found), "all"]:
        of_kind = [result for result in found if kind in (result.task.kind, "all")]
        count = collections.Counter(result.verdict for result in of_kind)
        figures = (len(of_kind), count["refused"], count["accepted"], count["wrong"])
        table.add_row(kind, *map(str, figures), f"{max(r.seconds for r in of_kind):.1f}")
    console = Console(width=100)
    console.print(table)
    console.print(f"{len(found)} of {tried} inputs in {seconds:.0f} s", highlight=False)


def _name(result: Result) -> str:
    return f"{result.task.kind}:{result.task.index} {result.maker}"


def _record(result: Result) -> dict[str, object]:
    return {
        "input": f"{result.task.kind}:{result.task.index}",
        "maker": result.maker,
        "argv": [str(word)[:300] for word in result.argv],
        "verdict": result.verdict,
        "why": result.why,
        "seconds": round(result.seconds, 2),
        "said": result.said,
        "folder": str(result.task.folder) if result.verdict == "wrong" else None,
    }


if __name__ == "__main__":
    main()

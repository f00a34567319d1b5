"""What the field has against class collapse, side by side: the recipe `prevention` over several seeds, as Markdown.

    python -m tests.benchmarks.prevention [--seeds 5] [--set train.epochs=2] [--write docs/results.md]

Mean and standard deviation over seeds 0, 1, ... of held-out items, with the versions that made them. --write replaces
what stands between the two marks in a document.
"""

import argparse
import os
import re
import tempfile
import time
from datetime import date
from pathlib import Path

import pandas as pd
import torch

from core import __version__
from core.analysis.summary import COLUMNS, summarise
from core.pipeline.run import run
from core.recipe.recipe import Recipe

RECIPE = "prevention"
SHOWN = ("recall@1", "map@r", "sub_recall@1", "sub_map@r", "kappa", "subclusters")
DIGITS = {"kappa": 2, "subclusters": 1}
"""Of a figure; three of the others."""
BEGIN, END = "<!-- written: python -m tests.benchmarks.prevention -->", "<!-- end -->"
BLOCK = re.compile(rf"(?<={re.escape(BEGIN)}\n).*?(?=\n{re.escape(END)})", re.DOTALL)


def measure(recipe: Recipe) -> pd.DataFrame:
    """The figures of one seed's study, one row for each arm and for the pixels."""
    with tempfile.TemporaryDirectory() as folder:
        return summarise(run(recipe, Path(folder) / "study"))[[*SHOWN]]


def markdown(tables: list[pd.DataFrame], recipe: Recipe, command: str, *, minutes: float) -> str:
    """The table with what it was made with; tables: of the seeds."""
    seeds = "seed 0" if len(tables) == 1 else f"seeds 0 to {len(tables) - 1}"
    spread = "" if len(tables) == 1 else ", mean ± standard deviation"
    epochs = "1 epoch" if recipe.train.epochs == 1 else f"{recipe.train.epochs} epochs"
    intro = (
        f"`{command}`: {seeds}{spread}, {epochs}, held-out digits; {minutes:.0f} minutes on {os.cpu_count()} cores. "
        f"Uncollapse {__version__}, PyTorch {torch.__version__}, {date.today()}."
    )
    lines = ["| arm | loss | positives | " + " | ".join(COLUMNS[name] for name in SHOWN) + " |"]
    lines.append("|---" * (len(SHOWN) + 3) + "|")
    for name in tables[0].index:
        figures = pd.DataFrame([table.loc[name] for table in tables])
        cells = [_spread(figures[column], digits=DIGITS.get(column, 3)) for column in SHOWN]
        arm = recipe.arms.get(name)
        how = (recipe.loss_of(name), arm.positives or "") if arm else ("no training", "")
        lines.append(f"| {name} | {how[0]} | {how[1]} | " + " | ".join(cells) + " |")
    return f"{intro}\n\n" + "\n".join(lines)


def _spread(values: pd.Series, *, digits: int) -> str:
    mean = f"{values.mean():.{digits}f}"
    return mean if len(values) == 1 else f"{mean} ± {values.std():.{digits}f}"


def write(path: Path, text: str) -> None:
    """Put the table between the marks of a document."""
    path.write_text(BLOCK.sub(lambda _: text, path.read_text("utf-8")), "utf-8")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.prevention", description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change a value of the recipe")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the table into this document")
    wanted = parser.parse_args(arguments)
    if wanted.write and len(BLOCK.findall(wanted.write.read_text("utf-8"))) != 1:
        parser.error(f"{wanted.write} needs the lines {BEGIN} and {END} once")
    command = " ".join([parser.prog, f"--seeds {wanted.seeds}", *(f"--set {change}" for change in wanted.set)])
    tables: list[pd.DataFrame] = []
    started = time.perf_counter()
    for seed in range(wanted.seeds):
        recipe = Recipe.load(RECIPE, (*wanted.set, f"seed={seed}"))
        tables.append(measure(recipe))
        minutes = (time.perf_counter() - started) / 60
        text = markdown(tables, recipe, command, minutes=minutes)
        print(f"after {seed + 1} of {wanted.seeds} seeds, {minutes:.1f} minutes\n{text}\n", flush=True)
        if wanted.write:
            write(wanted.write, text)


if __name__ == "__main__":
    main()

"""What the field has against class collapse, side by side: the recipe `prevention` over several seeds, as Markdown.

    python -m tests.benchmarks.prevention [--seeds 5] [--set train.epochs=2] [--results FILE.csv]
        [--write docs/results.md]

Mean and standard deviation over seeds 0, 1, ... of held-out items, with the versions that made them. A seed takes ten
minutes on two cores, by estimate. --results keeps each seed in a file when it is done, and trains none that is there.
--write replaces what stands between two marks in a document.
"""

import argparse
import hashlib
import os
import re
import tempfile
from dataclasses import replace
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
KEY = ["settings", "seed"]


def measure(recipe: Recipe) -> pd.DataFrame:
    """The figures of one seed's study, one row for each arm and for the pixels."""
    with tempfile.TemporaryDirectory() as folder:
        table = summarise(run(recipe, Path(folder) / "study"))
    return table[[*SHOWN]].rename_axis("arm").reset_index()


def results(seeds: int, changes: list[str], path: Path | None) -> pd.DataFrame:
    """The figures of all seeds; each is added to the file as soon as it is done, and those in it are not made again."""
    done = pd.read_csv(path, dtype={"settings": str}) if path and path.exists() else pd.DataFrame(columns=KEY)
    settings = fingerprint(Recipe.load(RECIPE, tuple(changes)))
    for seed in range(seeds):
        if ((done["settings"] == settings) & (done["seed"] == seed)).any():
            continue
        found = measure(Recipe.load(RECIPE, (*changes, f"seed={seed}"))).assign(settings=settings, seed=seed)
        done = found if done.empty else pd.concat([done, found], ignore_index=True)
        print(f"seed {seed} of {seeds}\n{found.drop(columns=KEY).round(3).to_string(index=False)}\n", flush=True)
        if path:
            done.to_csv(path, index=False)
    return done[(done["settings"] == settings) & (done["seed"] < seeds)]


def fingerprint(recipe: Recipe) -> str:
    """Of all but the seed, so that seeds of different settings are never mixed."""
    return hashlib.sha256(replace(recipe, seed=0).to_toml().encode()).hexdigest()[:12]


def markdown(found: pd.DataFrame, recipe: Recipe, command: str) -> str:
    """The table, and what made it; found: as `results` gives them."""
    seeds = found["seed"].nunique()
    of_seeds = "seed 0" if seeds == 1 else f"seeds 0 to {seeds - 1}, mean ± standard deviation"
    epochs = "1 epoch" if recipe.train.epochs == 1 else f"{recipe.train.epochs} epochs"
    intro = (
        f"`{command}`: {of_seeds}, {epochs}, held-out digits. Uncollapse {__version__}, PyTorch {torch.__version__}, "
        f"{os.cpu_count()} cores, {date.today()}."
    )
    lines = ["| arm | loss | positives | " + " | ".join(COLUMNS[name] for name in SHOWN) + " |"]
    lines.append("|---" * (len(SHOWN) + 3) + "|")
    for name, rows in found.groupby("arm", sort=False):
        cells = [_spread(rows[column].astype(float), digits=DIGITS.get(column, 3)) for column in SHOWN]
        arm = recipe.arms.get(str(name))
        how = (recipe.loss_of(str(name)), arm.positives or "none") if arm else ("no training", "none")
        lines.append(f"| {name} | {how[0]} | {how[1]} | " + " | ".join(cells) + " |")
    return f"{intro}\n\n" + "\n".join(lines)


def _spread(values: pd.Series, *, digits: int) -> str:
    mean = f"{values.mean():.{digits}f}"
    return mean if len(values) == 1 else f"{mean} ± {values.std():.{digits}f}"


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.prevention", description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change a value of the recipe")
    parser.add_argument("--results", type=Path, metavar="FILE", help="keep the seeds in this CSV, and go on from it")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the table into this document")
    wanted = parser.parse_args(arguments)
    if wanted.write and len(BLOCK.findall(wanted.write.read_text("utf-8"))) != 1:
        parser.error(f"{wanted.write} needs the lines {BEGIN} and {END} once")
    command = " ".join([parser.prog, f"--seeds {wanted.seeds}", *(f"--set {change}" for change in wanted.set)])
    found = results(wanted.seeds, wanted.set, wanted.results)
    text = markdown(found, Recipe.load(RECIPE, tuple(wanted.set)), command)
    print(text)
    if wanted.write:
        wanted.write.write_text(BLOCK.sub(lambda _: text, wanted.write.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()

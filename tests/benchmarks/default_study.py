"""What docs/results.md says of the default study, as Markdown: figures of every arm, then of every class.

python -m tests.benchmarks.default_study [--seeds 3] [--recipe NAME] [--set data.split=modes]
"""

import argparse
import tempfile
import time
from pathlib import Path

import pandas as pd

from core.analysis.summary import COLUMNS, summarise
from core.pipeline.run import run
from core.recipe.recipe import Recipe

SHOWN = ["recall@1", "map@r", "sub_recall@1", "sub_map@r", "kappa", "subclusters"]
PER_CLASS = {
    "subclusters": "Sub-clusters",
    "sublabel_modes": "Known modes",
    "kappa": "Kappa",
    "sublabel_excess": "Mode recall beyond chance",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", default="mnist-parity")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--set", action="append", default=[], help="change a value of the recipe")
    wanted = parser.parse_args()
    tables, classes, seconds = [], [], []
    for seed in range(wanted.seeds):
        recipe = Recipe.load(wanted.recipe, (*wanted.set, f"seed={seed}"))
        with tempfile.TemporaryDirectory() as folder:
            started = time.perf_counter()
            study = run(recipe, Path(folder) / "study")
            seconds.append(time.perf_counter() - started)
            tables.append(summarise(study)[SHOWN])
            classes.append(study.diagnostics.set_index(["arm", "label"]))
        print(f"seed {seed}: {seconds[-1]:.0f} s\n{tables[-1].rename(columns=COLUMNS).round(3)}\n", flush=True)
    print(_table(tables, recipe))
    print(f"\n{_class_table(classes)}")
    gap = [t.at["nearest", "sub_map@r"] - t.at["standard", "sub_map@r"] for t in tables]
    print(f"\nfine MAP@R, nearest above standard: {_spread(pd.Series(gap))} (over {len(gap)} seeds)")
    print(f"seconds for a whole study: {_spread(pd.Series(seconds), digits=0)}")


def _table(tables: list[pd.DataFrame], recipe: Recipe) -> str:
    """Mean and standard deviation over the seeds, as Markdown."""
    lines = ["| arm | " + " | ".join(COLUMNS[name] for name in SHOWN) + " |", "|---" * (len(SHOWN) + 1) + "|"]
    for arm in [*recipe.arms, "pixels"]:
        cells = [_spread(pd.Series([table.at[arm, name] for table in tables])) for name in SHOWN]
        lines.append(f"| {arm} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _class_table(tables: list[pd.DataFrame]) -> str:
    """The same for every class of every arm, with the verdicts and how often each was given."""
    lines = [f"| arm | class | {' | '.join(PER_CLASS.values())} | Verdict |", "|---" * (len(PER_CLASS) + 3) + "|"]
    for arm, label in tables[0].index:
        rows = pd.DataFrame([table.loc[arm, label] for table in tables])
        cells = [_spread(rows[name].astype(float), digits=2) for name in PER_CLASS]
        words = ", ".join(f"{word} {times}/{len(rows)}" for word, times in rows["verdict"].value_counts().items())
        lines.append(f"| {arm} | {label} | " + " | ".join(cells) + f" | {words} |")
    return "\n".join(lines)


def _spread(values: pd.Series, *, digits: int = 3) -> str:
    return f"{values.mean():.{digits}f} ± {values.std():.{digits}f}"


if __name__ == "__main__":
    main()

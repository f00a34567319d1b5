"""Whether each preset of the lab shows what it tells, and what theory foretells of two of them, as Markdown.

python -m tests.benchmarks.lab_presets [--seeds 5] [--first 0] [--only NAME]
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from core.authoring.presets import PRESETS
from core.data import input_size, load
from core.diagnostics import count_subclusters
from core.diagnostics.checks import check_groups
from core.diagnostics.collapse import Geometry, kappa
from core.diagnostics.fragmentation import fragmentation
from core.diagnostics.retrieval import retrieval_metrics
from core.recipe.recipe import Recipe
from core.theory.assessment import assess
from core.theory.expected_loss import landscape
from core.training.arms import train_arms

FIGURES = ["kappa", "subclusters", "sub_recall@1", "sub_map@r", "map@r", "fragmentation", "spread", "mode distance"]

STORIES: dict[str, tuple[str, Callable[[pd.DataFrame], bool]]] = {
    "clean": (
        "standard keeps fine R@1 above 0.9 and more than 2 sub-clusters a class, without any rule",
        lambda t: t.at["standard", "sub_recall@1"] > 0.9 and t.at["standard", "subclusters"] > 2,
    ),
    "noise": (
        "kappa of nearest above 3 times that of standard; nearest has more sub-clusters",
        lambda t: (
            t.at["nearest", "kappa"] > 3 * t.at["standard", "kappa"]
            and t.at["nearest", "subclusters"] > t.at["standard", "subclusters"]
        ),
    ),
    "pictures": (
        "kappa of nearest above 3 times that of standard, and a higher fine R@1",
        lambda t: (
            t.at["nearest", "kappa"] > 3 * t.at["standard", "kappa"]
            and t.at["nearest", "sub_recall@1"] > t.at["standard", "sub_recall@1"]
        ),
    ),
    "two-samples": (
        "both arms have the same figures: kappa ratio 1",
        lambda t: t.at["nearest", "kappa"] == t.at["standard", "kappa"],
    ),
    "fixed-beta": (
        "modes at least 4 times as far apart with the fixed boundary, and within 0.25 of theory's 1.00",
        lambda t: (
            t.at["fixed", "mode distance"] > 4 * t.at["triplet", "mode distance"]
            and abs(t.at["fixed", "mode distance"] - 1) < 0.25
        ),
    ),
    "many-samples": (
        "half of the modes or more are nearest to one of another class in the nearest arm, none in standard",
        lambda t: t.at["nearest", "fragmentation"] >= 0.5 and t.at["standard", "fragmentation"] == 0,
    ),
    "hardest": (
        "spread of hardest below 0.05 (theory: 0), of nearest above 0.3",
        lambda t: t.at["hardest", "spread"] < 0.05 and t.at["nearest", "spread"] > 0.3,
    ),
}
"""What has to hold in every seed; rows of the table are arms."""


def measure(recipe: Recipe) -> tuple[pd.DataFrame, float]:
    """FIGURES of the held-out items, a row for each arm, and the seconds that training took."""
    data = load(recipe.data, seed=recipe.seed)
    size = input_size(recipe.data, data.images)
    pixels = torch.from_numpy(data.images.pixels(np.arange(len(data.items)), size=size, channels=recipe.data.channels))
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        arms = train_arms(recipe, data.items, pixels, folder=Path(folder), report=lambda *_: None)
    seconds = time.perf_counter() - started
    test = (data.items["split"] == "test").to_numpy()
    labels, modes = (data.items.loc[test, name].to_numpy() for name in ("label", "sublabel"))
    rows = {name: _figures(arm.embeddings[test], labels, modes) for name, arm in arms.items()}
    return pd.DataFrame.from_dict(rows, orient="index"), seconds


def _figures(points: np.ndarray, labels: np.ndarray, modes: np.ndarray) -> dict[str, float]:
    codes, numbers = (pd.factorize(names, sort=True)[0].astype(np.int64) for names in (labels, modes))
    counts = [count_subclusters(points[labels == label]).count for label in np.unique(labels)]
    return {
        **retrieval_metrics(points, labels, sublabels=modes, ks=(1,)),
        "kappa": float(kappa(Geometry.of(points, check_groups(labels, len(points)))).mean()),
        "subclusters": float(np.mean(counts)),
        "fragmentation": float(fragmentation(points, codes, numbers).mean()),
        "spread": float(np.sqrt(points.astype(float).var(axis=0).sum())),
        "mode distance": _mode_distance(points, labels, modes),
    }


def _mode_distance(points: np.ndarray, labels: np.ndarray, modes: np.ndarray) -> float:
    """Mean distance between the middles of two modes of a class: the theory's d."""
    found = []
    for label in np.unique(labels):
        own = np.unique(modes[labels == label])
        middles = np.stack([points[modes == mode].mean(axis=0) for mode in own])
        distances = np.linalg.norm(middles[:, None] - middles[None], axis=2)
        found.append(distances[np.triu_indices(len(own), 1)].mean())
    return float(np.mean(found))


def _theory(recipe: Recipe) -> str:
    """Of each arm, where it goes and the distance between modes with the smallest expected loss."""
    told = []
    for name in recipe.arms:
        found = assess(recipe, name)
        assert found.setting is not None
        told.append(f"{name}: {found.tendency}, mode distance {landscape(found.setting).best:.2f}")
    return "; ".join(told)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--only", help="one preset")
    wanted = parser.parse_args()
    failed = False
    for preset in PRESETS:
        if wanted.only not in (None, preset.name):
            continue
        claim, holds = STORIES[preset.name]
        seeds = range(wanted.first, wanted.first + wanted.seeds)
        found = [measure(preset.recipe(seed=seed)) for seed in seeds]
        tables, kept = [table for table, _ in found], sum(bool(holds(table)) for table, _ in found)
        failed |= kept < len(found)
        mean, deviation = (
            getattr(pd.concat(tables).groupby(level=0, sort=False)[FIGURES], how)() for how in ("mean", "std")
        )
        print(f"\n### {preset.name}: {claim}\n\nHolds in {kept} of {len(found)} seeds; ", end="")
        print(f"{np.mean([seconds for _, seconds in found]):.1f} s of training.\nTheory: {_theory(preset.recipe())}\n")
        print("| arm | " + " | ".join(FIGURES) + " |\n" + "|---" * (len(FIGURES) + 1) + "|")
        for arm in mean.index:
            cells = [f"{mean.at[arm, name]:.3f} ± {deviation.at[arm, name]:.3f}" for name in FIGURES]
            print(f"| {arm} | " + " | ".join(cells) + " |", flush=True)
    raise SystemExit(failed)


if __name__ == "__main__":
    main()

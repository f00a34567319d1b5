"""How near the estimated label noise comes to the noise that was put in, on real pictures, over fresh seeds.

    python -m tests.benchmarks.label_noise [--seeds 5] [--first 400] [--trained]

The training items of shipped recipes in raw pixels, which never saw the labels. Beside the estimate: the share of
labels that differ from most of their 15 neighbours', and what confident learning counts from the same neighbours
(Northcutt, Jiang & Chuang 2021), both of which take the overlap of classes for noise. With --trained also whole studies
of the default recipe: what is stored with them, and what their arms' embeddings of the items they were trained on would
say. Exits with an error where the estimate is more than .03 off in any seed of the promised sets.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from core.data import input_size, load
from core.diagnostics import WrongShare, estimate_label_noise
from core.embedding.pixels import REFERENCE_SIDE, stream_pixel_vectors
from core.neighbours.index import KnnGraph, Neighbours
from core.pipeline.label_noise import NEIGHBOURS
from core.pipeline.run import run
from core.recipe.recipe import Recipe

SETS = {
    "MNIST, even or odd (default)": ("mnist-parity", ()),
    "Fashion-MNIST, 4 groups": ("fashion-groups", ()),
    "MNIST, 10 digits": ("mnist-parity", ("data.label=digit", "train.classes_per_batch=10")),
    "Fashion-MNIST, 10 garments": ("fashion-groups", ("data.label=garment",)),
}
PROMISED = [*SETS][:2]
RATES = (0.0, 0.1, 0.2)
TRAINED_AT = 0.1
WITHIN = 0.03


def training_items(recipe: Recipe) -> tuple[KnnGraph, np.ndarray, np.ndarray]:
    """Neighbours in pixels of the items to train on, their labels, and which of these are wrong."""
    data = load(recipe.data, seed=recipe.seed)
    side = min(REFERENCE_SIDE, input_size(recipe.data, data.images))
    vectors = np.concatenate([*stream_pixel_vectors(data.images, side=side, channels=recipe.data.channels)])
    rows = np.flatnonzero(data.items["split"] == "train")
    labels = data.items["label"].to_numpy()[rows]
    clean = data.items["clean_label"].to_numpy()[rows] if "clean_label" in data.items else labels
    return Neighbours(vectors[rows], rows).graph(NEIGHBOURS), labels, labels != clean


def outvoted(graph: KnnGraph, labels: np.ndarray) -> float:
    """Share of labels that are not the commonest among the neighbours."""
    codes = np.unique(labels, return_inverse=True)[1]
    return float(np.mean(_votes(graph, codes).argmax(axis=1) != codes))


def confident_learning(graph: KnnGraph, labels: np.ndarray) -> float:
    """1 - trace of the joint of given and true classes, by counts of items above their class's mean confidence."""
    codes = np.unique(labels, return_inverse=True)[1]
    votes = _votes(graph, codes)
    classes = np.arange(votes.shape[1])
    means = np.array([votes[codes == c, c].mean() for c in classes])
    above = np.where(votes >= means, votes, -1.0)
    counted = above.max(axis=1) >= 0
    joint = np.zeros((len(classes), len(classes)))
    np.add.at(joint, (codes[counted], above.argmax(axis=1)[counted]), 1)
    given = joint / joint.sum(axis=1, keepdims=True) * np.bincount(codes)[:, None]
    return float(1 - np.trace(given) / given.sum())


def _votes(graph: KnnGraph, codes: np.ndarray) -> np.ndarray:
    votes = np.zeros((len(codes), codes.max() + 1))
    np.add.at(votes, (np.arange(len(codes))[:, None], codes[graph.rows]), 1 / graph.rows.shape[1])
    return votes


def measured(recipe_name: str, overrides: tuple[str, ...], rate: float, seeds: range) -> Iterator[dict[str, float]]:
    for seed in seeds:
        recipe = Recipe.load(recipe_name, (*overrides, f"data.label_noise={rate}", f"seed={seed}"))
        graph, labels, wrong = training_items(recipe)
        noise = estimate_label_noise(graph, labels, seed=seed)
        in_classes = np.array([wrong[labels == label].mean() for label in noise.classes["label"]])
        classes = noise.classes
        yield {
            "truth": wrong.mean(),
            **vars(noise.overall),
            "holds": noise.overall.low <= wrong.mean() <= noise.overall.high,
            "class error": (classes["noise"] - in_classes).abs().max(),
            "classes known": classes["noise"].notna().mean(),
            "classes held": ((classes["low"] <= in_classes) & (in_classes <= classes["high"])).mean(),
            "outvoted": outvoted(graph, labels),
            "confident learning": confident_learning(graph, labels),
        }


COLUMNS = (
    *("data", "wrong labels put in", "estimate", "worst error", "95 % interval (mean)", "holds the truth"),
    *("worst error of a class", "classes known", "holds theirs", "outvoted", "confident learning"),
)


def table_row(name: str, rate: float, found: pd.DataFrame) -> str:
    known = found["noise"].notna()
    estimate = _spread(found["noise"]) if known.any() else "not known"
    error = f"{(found['noise'] - found['truth']).abs().max():.3f}" if known.any() else "-"
    return _line(
        name,
        f"{rate:g}",
        estimate,
        error,
        f"{found['low'].mean():.3f} to {found['high'].mean():.3f}",
        f"{found['holds'].sum():.0f} of {len(found)}",
        f"{found['class error'].max():.3f}",
        f"{found['classes known'].mean():.0%}",
        f"{found['classes held'].mean():.0%}",
        _spread(found["outvoted"]),
        _spread(found["confident learning"]),
    )


def _spread(values: pd.Series) -> str:
    return f"{values.mean():.3f} ± {values.std():.3f}"


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def trained_studies(seeds: range) -> None:
    """Whole studies: what is stored, and what the arms' own training items would say."""
    found = pd.DataFrame([_trained_study(seed) for seed in seeds])
    columns = ("stored", "low", "high", "standard", "nearest")
    print(f"\nThe default study with {TRAINED_AT:g} of the labels wrong, and what its arms say of their training items")
    print(_line(*columns) + "\n" + "|---" * len(columns) + "|")
    print(_line(*(_spread(found[column]) for column in columns)))


def _trained_study(seed: int) -> dict[str, float | None]:
    recipe = Recipe.load("mnist-parity", (f"data.label_noise={TRAINED_AT}", f"seed={seed}"))
    with tempfile.TemporaryDirectory() as folder:
        study = run(recipe, Path(folder) / "study")
        rows = np.flatnonzero(~study.evaluated)
        labels = study.items["label"].to_numpy()[rows]
        graphs = {arm: Neighbours(study.arm(arm).embeddings[rows], rows).graph(NEIGHBOURS) for arm in study.arms}
    asked: dict[str, WrongShare] = {
        arm: estimate_label_noise(graph, labels, seed=seed).overall for arm, graph in graphs.items()
    }
    stored = study.label_noise
    assert stored is not None
    return {"stored": stored.noise, "low": stored.low, "high": stored.high} | {
        arm: share.noise for arm, share in asked.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=400, help="the first seed")
    parser.add_argument("--trained", action="store_true", help="also train the default study")
    wanted = parser.parse_args()
    seeds = range(wanted.first, wanted.first + wanted.seeds)
    off = []
    print(_line(*COLUMNS) + "\n" + "|---" * len(COLUMNS) + "|")
    for name, (recipe, overrides) in SETS.items():
        for rate in RATES:
            found = pd.DataFrame(measured(recipe, overrides, rate, seeds))
            print(table_row(name, rate, found), flush=True)
            errors = (found["noise"] - found["truth"]).abs()
            if name in PROMISED and not (errors <= WITHIN).all():
                off.append(f"{name} at {rate:g}: {errors.max():.3f}")
    if wanted.trained:
        trained_studies(range(wanted.first, wanted.first + 3))
    if off:
        sys.exit(f"more than {WITHIN} off: {'; '.join(off)}")


if __name__ == "__main__":
    main()

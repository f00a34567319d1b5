"""What the sampling rules cost in training: share of a step, epoch against epoch, step time against batch size.

    python -m tests.benchmarks.training

One thread, in processor seconds and with both arms in turn, so that the figures do not depend on the machine's other
work.
"""

import statistics
import sys
import time
from collections.abc import Callable

import torch

from core.recipe.recipe import Recipe
from core.sampling import Candidates
from core.sampling.positives import positive_pairs
from core.training.trainer import Trainer, TrainingItems, build_embedder

SHARE_BUDGET = 0.05
EPOCH_BUDGET = 1.05
SIZES = (64, 128, 256, 512, 1024)


def recipe(*, model: str = "convnet", batch: int = 256, loss: str = "triplet", classes: int = 8) -> Recipe:
    train = {"loss": loss, "classes_per_batch": classes, "samples_per_class": batch // classes, "epochs": 100}
    network = {"name": model, "dim": 128} | ({"width": 32} if model == "convnet" else {})
    arms = {"standard": {"positives": "random"}, "nearest": {"positives": "nearest"}}
    return Recipe.from_dict({"name": "b", "data": {"source": "digits"}, "model": network, "train": train, "arms": arms})


def trainer(wanted: Recipe, arm: str, *, items: int, side: int, channels: int) -> Trainer:
    rng = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (items, channels, side, side), generator=rng, dtype=torch.uint8)
    data = TrainingItems(images, torch.arange(items) % wanted.train.classes_per_batch, torch.arange(items))
    return Trainer(build_embedder(wanted.model, images, seed=0), data, recipe=wanted, arm=wanted.arms[arm])


def seconds(call: Callable[[], object]) -> float:
    started = time.process_time()
    call()
    return time.process_time() - started


def share_of_step(model: str, *, side: int, channels: int, steps: int) -> float:
    """The nearest rule's share of the time of a step of 256 items."""
    made = trainer(recipe(model=model), "nearest", items=512, side=side, channels=channels)
    rows = torch.from_numpy(next(made.batches.epoch(0)))
    made.step(rows)
    whole = statistics.median(seconds(lambda: made.step(rows)) for _ in range(steps))
    with torch.no_grad():
        embeddings = made.embedder(made.pictures[rows])
    batch = Candidates(embeddings, made.labels[rows], made.ids[rows], anchors=len(rows))
    rule = statistics.median(
        seconds(lambda: positive_pairs("nearest", batch, generator=made.generator)) for _ in range(20)
    )
    print(f"{model:>9}, {side} px: step {whole * 1e3:8.1f} ms, nearest rule {rule * 1e3:6.2f} ms = {rule / whole:.2%}")
    return rule / whole


def epochs_against_each_other(rounds: int = 5) -> float:
    """Median epoch time of the nearest arm over that of the standard one, at the size of the default recipe."""
    wanted = recipe(batch=64, classes=2)
    arms = {name: trainer(wanted, name, items=3500, side=28, channels=1) for name in wanted.arms}
    running = {name: iter(made) for name, made in arms.items()}
    times = {name: [seconds(lambda one=one: next(one)) for _ in range(1)] for name, one in running.items()}
    for _ in range(rounds):
        for name, one in running.items():
            times[name].append(seconds(lambda one=one: next(one)))
    standard, nearest = (statistics.median(times[name][1:]) for name in ("standard", "nearest"))
    print(
        f"epoch of 3500 items of 28 px: standard {standard:.2f} s, nearest {nearest:.2f} s = {nearest / standard:.3f}x"
    )
    return nearest / standard


def step_against_batch_size() -> None:
    print(f"{'batch':>6} {'step ms':>9} {'ms an item':>11}   (convnet, 28 px, nearest, semi-hard triplets)")
    for size in SIZES:
        made = trainer(recipe(batch=size), "nearest", items=2 * size, side=28, channels=1)
        rows = torch.from_numpy(next(made.batches.epoch(0)))
        made.step(rows)
        spent = statistics.median(seconds(lambda made=made, rows=rows: made.step(rows)) for _ in range(3))
        print(f"{size:>6} {spent * 1e3:>9.1f} {spent * 1e3 / size:>11.3f}", flush=True)


def main() -> int:
    torch.set_num_threads(1)
    share_of_step("convnet", side=28, channels=1, steps=5)
    share = share_of_step("resnet18", side=64, channels=3, steps=3)
    ratio = epochs_against_each_other()
    step_against_batch_size()
    print(f"budgets: share {SHARE_BUDGET:.0%}, measured {share:.2%}; epoch {EPOCH_BUDGET}x, measured {ratio:.3f}x")
    return int(share > SHARE_BUDGET or ratio > EPOCH_BUDGET)


if __name__ == "__main__":
    sys.exit(main())

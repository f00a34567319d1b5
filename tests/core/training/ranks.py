"""One training step of every kind of loss, in as many processes as torchrun starts: python ranks.py OUT."""

import sys
from pathlib import Path

import torch
from torch import nn

from core.recipe.recipe import Recipe
from core.training import distributed
from core.training.trainer import Trainer, TrainingItems, build_embedder

CASES = {
    "triplet": {"positives": "nearest"},
    "margin": {"positives": "random", "learn_beta": "per-class", "negatives": "distance-weighted"},
    "multi-similarity": {"positives": "nearest", "negatives": "own"},
    "nt-xent": {"positives": "hardest", "negatives": "all", "memory": 40, "memory_warmup": 0},
    "arcface": {},
    "supcon-simclr": {},
    "anti-collapse-items": {},
}


def recipe(loss: str) -> Recipe:
    options = dict(CASES[loss])
    arm = {"positives": options.pop("positives")} if "positives" in options else {}
    train = {"epochs": 1, "loss": loss, "classes_per_batch": 3, "samples_per_class": 5} | options
    values = {"name": "a", "data": {"source": "digits"}, "model": {"dim": 8, "width": 4}}
    augment = {"crop": 0.5} if loss == "supcon-simclr" else {}
    return Recipe.from_dict(values | {"train": train, "arms": {"a": arm}, "augment": augment})


def items() -> TrainingItems:
    labels = torch.arange(60) % 3
    noise = torch.randint(0, 100, (60, 1, 8, 8), generator=torch.Generator().manual_seed(0))
    return TrainingItems((noise + 50 * labels[:, None, None, None]).to(torch.uint8), labels, torch.arange(60) + 7)


def without_batchnorm(network: nn.Module) -> None:
    """Off CUDA its statistics are each process's own, which is the one difference that is meant to be."""
    for module in list(network.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.BatchNorm2d):
                setattr(module, name, nn.Identity())


def first_steps(loss: str) -> dict[str, torch.Tensor]:
    """Figures and gradients of two steps; 15 rows, which two processes cannot share evenly."""
    wanted = recipe(loss)
    embedder = build_embedder(wanted.model, items().images, seed=1)
    without_batchnorm(embedder)
    trainer = Trainer(embedder, items(), recipe=wanted, arm=wanted.arms["a"])
    batches = [torch.from_numpy(rows) for rows in trainer.batches.epoch(0)]
    figures = [trainer.step(rows) for rows in batches[:2]]
    parameters = [*embedder.named_parameters(), *trainer.loss.named_parameters()]
    return {f"grad {name}": p.grad for name, p in parameters} | {"figures": torch.stack(figures)}


def main() -> None:
    with distributed.process_group():
        found = {loss: first_steps(loss) for loss in CASES}
        torch.save(found | {"processes": distributed.processes()}, f"{sys.argv[1]}.{distributed.local_rank()}")


if __name__ == "__main__":
    assert Path(sys.argv[1]).parent.is_dir()
    main()

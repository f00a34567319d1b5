"""Starting from weights: what is frozen does not move, and the parts learn at the rates they were given."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from core.recipe.recipe import Recipe
from core.training.trainer import Trainer, TrainingItems, build_embedder
from models.checkpoint import save_checkpoint
from models.head import Embedder

SEED = 3


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint with statistics of its own."""
    folder = tmp_path_factory.mktemp("weights")
    made = build_embedder(recipe().model, items().images, seed=9)
    made.train()(items().images // 2)
    save_checkpoint(folder, made)
    return folder


def recipe(**model) -> Recipe:
    return Recipe.from_dict(
        {"name": "a", "seed": SEED, "data": {"source": "digits"}, "arms": {"nearest": {"positives": "nearest"}}}
        | {
            "train": {"epochs": 2, "samples_per_class": 8, "lr": 1e-2, "margin": 2.0, "negatives": "all"},
            "model": {"dim": 8, "width": 4} | model,
        }
    )


def items(n: int = 64) -> TrainingItems:
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(n) % 2
    images = torch.randint(0, 128, (n, 1, 8, 8), generator=generator) + 60 * labels[:, None, None, None]
    return TrainingItems(images.to(torch.uint8), labels, torch.arange(n))


def trained(wanted: Recipe) -> tuple[dict[str, Tensor], Trainer]:
    """The state before training, and the trainer after it."""
    embedder = build_embedder(wanted.model, items().images, seed=SEED)
    before = {key: value.clone() for key, value in embedder.state_dict().items()}
    made = Trainer(embedder, items(), recipe=wanted, arm=wanted.arms["nearest"])
    list(made)
    return before, made


def moved(before: dict[str, Tensor], embedder: Embedder) -> set[str]:
    return {key for key, value in embedder.state_dict().items() if not torch.equal(value, before[key])}


def test_a_frozen_backbone_stays_to_the_bit_and_the_head_learns(weights: Path):
    before, made = trained(recipe(weights=str(weights), freeze=True))
    assert moved(before, made.embedder) == {"head.weight", "head.bias"}
    assert made.embedder.training
    assert not made.embedder.backbone.training
    assert all(p.grad is None for p in made.embedder.backbone.parameters())


def test_frozen_statistics_stay_and_all_weights_learn(weights: Path):
    before, made = trained(recipe(weights=str(weights), freeze_bn=True))
    counts = {key for key in before if key.endswith(("running_mean", "running_var", "num_batches_tracked"))}
    assert counts
    assert moved(before, made.embedder) == set(before) - counts - {"mean", "std"}


def test_without_freezing_the_statistics_move(weights: Path):
    before, made = trained(recipe(weights=str(weights)))
    assert moved(before, made.embedder) == set(before) - {"mean", "std"}


def test_frozen_statistics_are_used_in_training_too(weights: Path):
    frozen = build_embedder(recipe(weights=str(weights), freeze_bn=True).model, items().images, seed=SEED)
    batch = items().images[:6]
    with torch.no_grad():
        assert torch.allclose(frozen.train()(batch), frozen.eval()(batch), atol=1e-6)
        frozen.train()
        assert torch.allclose(frozen(batch)[:1], frozen(batch[:1]), atol=1e-6)  # each picture for itself


def test_the_backbone_learns_at_its_own_rate_and_both_are_annealed(weights: Path):
    wanted = recipe(weights=str(weights), backbone_lr=1e-4)
    embedder = build_embedder(wanted.model, items().images, seed=SEED)
    made = Trainer(embedder, items(), recipe=wanted, arm=wanted.arms["nearest"])
    rates = {id(p): group["lr"] for group in made.optimizer.param_groups for p in group["params"]}
    assert {rates[id(p)] for p in embedder.backbone.parameters()} == {1e-4}
    assert {rates[id(p)] for p in embedder.head.parameters()} == {1e-2}
    before = {key: value.clone() for key, value in embedder.named_parameters()}
    made.step(torch.arange(16))
    # Adam's first step is the rate itself, wherever there is a gradient.
    steps = {key: (value - before[key]).abs().max().item() for key, value in embedder.named_parameters()}
    assert max(step for key, step in steps.items() if key.startswith("backbone")) == pytest.approx(1e-4, rel=0.05)
    assert steps["head.weight"] == pytest.approx(1e-2, rel=0.05)
    next(iter(made))
    low, high = (group["lr"] for group in made.optimizer.param_groups)
    assert 0 < low < 1e-4
    assert high == pytest.approx(100 * low)


def test_nothing_frozen_and_one_rate_is_the_training_as_it_was(weights: Path):
    wanted = recipe()
    _, made = trained(wanted)
    plain = build_embedder(wanted.model, items().images, seed=SEED)
    again = Trainer(plain, items(), recipe=wanted, arm=wanted.arms["nearest"])
    again.optimizer = torch.optim.AdamW(plain.parameters(), lr=1e-2, weight_decay=wanted.train.weight_decay)
    steps = wanted.train.epochs * again.batches.batches_per_epoch
    again.schedule = torch.optim.lr_scheduler.CosineAnnealingLR(again.optimizer, steps)
    list(again)
    assert not moved(plain.state_dict(), made.embedder)


def test_every_arm_starts_from_the_same_weights(weights: Path):
    wanted = recipe(weights=str(weights))
    first, second = (build_embedder(wanted.model, items().images, seed=SEED).state_dict() for _ in range(2))
    assert all(torch.equal(first[key], second[key]) for key in first)


@pytest.mark.parametrize("extra", [{"freeze": True}, {"freeze_bn": True}, {"backbone_lr": 1e-4}])
def test_resumed_fine_tuning_ends_in_the_same_weights_to_the_bit(extra: dict, weights: Path, tmp_path: Path):
    wanted = recipe(weights=str(weights), **extra)
    _, whole = trained(wanted)
    stopped, resumed = (
        Trainer(build_embedder(wanted.model, items().images, seed=SEED), items(), recipe=wanted, arm=whole.arm)
        for _ in range(2)
    )
    next(iter(stopped))
    stopped.save(tmp_path / "training.pt", [])
    resumed.restore(tmp_path / "training.pt")
    list(resumed)
    assert not moved(whole.embedder.state_dict(), resumed.embedder)

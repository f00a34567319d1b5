"""Arms that differ in nothing but their rule, and training that goes on where it stopped."""

from pathlib import Path

import numpy as np
import pytest
import torch

from core.common.errors import RecipeError
from core.recipe.arms import ArmConfig
from core.recipe.recipe import Recipe
from core.recipe.rules import BATCH_LOSSES, PROXY_LOSSES, RULELESS_LOSSES
from core.training import distributed
from core.training.trainer import Pictures, Trainer, TrainingItems, build_embedder, choose_device

SEED = 3


def recipe(**train) -> Recipe:
    values = {"epochs": 3, "samples_per_class": 8} | train
    ruleless = values.get("loss") in RULELESS_LOSSES
    arms = {"a": {}} if ruleless else {"standard": {"positives": "random"}, "nearest": {"positives": "nearest"}}
    return Recipe.from_dict(
        {"name": "a", "seed": SEED, "data": {"source": "digits"}, "arms": arms, "train": values}
        | {"model": {"dim": 8, "width": 4}}
        | {"augment": {"crop": 0.5} if values.get("loss") in BATCH_LOSSES else {}}
    )


def items(n: int = 80) -> TrainingItems:
    rng = torch.Generator().manual_seed(0)
    labels = torch.arange(n) % 2
    images = torch.randint(0, 128, (n, 1, 8, 8), generator=rng) + 60 * labels[:, None, None, None]
    return TrainingItems(images.to(torch.uint8), labels, 100 + torch.arange(n))


def trainer(arm: ArmConfig, wanted: Recipe | None = None, data: TrainingItems | None = None) -> Trainer:
    wanted, data = wanted or recipe(), data or items()
    embedder = build_embedder(wanted.model, data.images, seed=wanted.seed)
    return Trainer(embedder, data, recipe=wanted, arm=arm)


class Recorder(Trainer):
    """Keeps every batch with the weights it met and the tuples that were made of it."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.batches_seen, self.weights, self.tuples = [], [], []

    def step(self, rows):
        self.batches_seen.append(rows.clone())
        self.weights.append(torch.cat([p.detach().flatten().clone() for p in self.embedder.parameters()]))
        return super().step(rows)

    def _tuples(self, batch):
        self.tuples.append(super()._tuples(batch))
        return self.tuples[-1]


def record(arm: ArmConfig) -> Recorder:
    wanted, data = recipe(), items()
    made = Recorder(build_embedder(wanted.model, data.images, seed=SEED), data, recipe=wanted, arm=arm)
    list(made)
    return made


def state_of(made: Trainer) -> torch.Tensor:
    parts = [*made.embedder.state_dict().values(), *made.loss.state_dict().values()]
    return torch.cat([part.double().flatten() for part in parts])


def test_arms_start_from_the_same_weights_and_see_the_same_batches_until_their_updates_differ():
    arms = [record(arm) for arm in recipe().arms.values()]
    first, second = arms
    assert len(first.batches_seen) == 3 * (80 // 16)
    assert torch.equal(torch.stack(first.batches_seen), torch.stack(second.batches_seen))
    assert torch.equal(first.weights[0], second.weights[0])
    anchors, positives, _ = first.tuples[0]
    others, nearest, _ = second.tuples[0]
    chosen = dict(zip(others.tolist(), nearest.tolist(), strict=True))
    both = [a for a in anchors.tolist() if a in chosen]
    assert any(chosen[a] != p for a, p in zip(anchors.tolist(), positives.tolist(), strict=True) if a in both)
    assert not torch.equal(first.weights[1], second.weights[1])


def test_the_first_weights_come_from_the_seed_and_not_from_what_ran_before():
    config, images = recipe().model, items().images
    first = build_embedder(config, images, seed=1).state_dict()
    torch.rand(17)
    again = build_embedder(config, images, seed=1).state_dict()
    other = build_embedder(config, images, seed=2).state_dict()
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not torch.equal(first["head.weight"], other["head.weight"])


def test_building_and_training_leave_the_global_generator_alone():
    torch.manual_seed(11)
    expected = torch.rand(3)
    torch.manual_seed(11)
    list(trainer(ArmConfig("random")))
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize(
    "loss", ["triplet", "margin", "nca-triplet", "contrastive", "multi-similarity", "nt-xent", "supcon"]
)
@pytest.mark.parametrize("rule", ["all", "random", "hardest", "nearest"])
def test_every_rule_trains_with_every_loss(loss: str, rule: str):
    """Which tuples they get is the matter of tests/core/sampling/test_tuples.py."""
    made = trainer(ArmConfig(rule), recipe(epochs=1, loss=loss, samples_per_class=4))
    before = state_of(made)
    (row,) = made
    assert np.isfinite(row["loss"])
    assert row["tuples"] > 0
    weighted = loss in ("multi-similarity", "nt-xent", "supcon", "nca-triplet")
    assert np.isnan(row["active"]) if weighted else 0 <= row["active"] <= 1
    assert not torch.equal(state_of(made), before)


def test_pairs_of_positives_and_of_negatives_are_counted_together():
    made = Recorder(
        build_embedder(recipe().model, items().images, seed=SEED),
        items(),
        recipe=recipe(epochs=1, loss="contrastive", negatives="all"),
        arm=ArmConfig("nearest"),
    )
    (row,) = made
    assert row["tuples"] == 16 + 16 * 8


def test_parameters_of_the_loss_have_a_rate_of_their_own_and_do_not_decay():
    wanted = recipe(loss="margin", loss_lr=0.5, lr=1e-3, weight_decay=0.1)
    network, own = trainer(ArmConfig("all"), wanted).optimizer.param_groups
    assert (network["lr"], network["weight_decay"]) == (1e-3, 0.1)
    assert (own["lr"], own["weight_decay"], len(own["params"])) == (0.5, 0.0, 1)
    (silent,) = trainer(ArmConfig("all"), recipe(loss="margin", lr=0.02)).optimizer.param_groups[1:]
    assert silent["lr"] == 0.02
    assert len(trainer(ArmConfig("all"), recipe()).optimizer.param_groups) == 1


@pytest.mark.parametrize(("learn_beta", "shape"), [("one", (1,)), ("per-class", (2,))])
def test_beta_moves_with_its_rate(learn_beta: str, shape: tuple[int]):
    made = trainer(ArmConfig("all"), recipe(loss="margin", learn_beta=learn_beta, loss_lr=0.1, beta=0.8))
    assert made.loss.beta.tolist() == pytest.approx([0.8] * shape[0])
    list(made)
    slow = trainer(ArmConfig("all"), recipe(loss="margin", learn_beta=learn_beta, loss_lr=1e-4, beta=0.8))
    list(slow)
    assert made.loss.beta.shape == shape
    assert (made.loss.beta - 0.8).abs().max() > 10 * (slow.loss.beta - 0.8).abs().max() > 0


def test_a_fixed_beta_stays():
    made = trainer(ArmConfig("all"), recipe(loss="margin", learn_beta="no", beta=0.8))
    list(made)
    assert made.loss.beta.tolist() == pytest.approx([0.8])


def test_the_memory_stands_behind_the_batch_after_the_warm_up():
    made = Recorder(
        build_embedder(recipe().model, items().images, seed=SEED),
        items(),
        recipe=recipe(epochs=2, memory=40, memory_warmup=1, loss="contrastive", negatives="all"),
        arm=ArmConfig("nearest"),
    )
    first, second = made
    assert first["tuples"] == 16 + 16 * 8
    steps = [pairs[3].max().item() + 1 for pairs in made.tuples[5:]]  # rows met: batch, then as the memory fills
    assert steps == [16, 32, 48, 56, 56]
    assert second["tuples"] > first["tuples"]
    assert any((pairs[1] >= 16).any() for pairs in made.tuples[6:])  # nearest positives from earlier batches


@pytest.mark.parametrize("loss", ["triplet", "margin", "nca-triplet", "multi-similarity", "nt-xent", "supcon"])
def test_every_loss_trains_with_a_memory(loss: str):
    made = trainer(ArmConfig("nearest"), recipe(loss=loss, memory=64))
    rows = list(made)
    assert np.isfinite([row["loss"] for row in rows]).all()
    assert len(made.memory) == 64


def test_a_proxy_loss_needs_no_memory():
    wanted = recipe(memory=64)
    assert trainer(ArmConfig(loss="arcface"), wanted).memory is None


def test_the_loss_falls():
    rows = list(trainer(ArmConfig("all"), recipe(epochs=8, negatives="all")))
    assert rows[-1]["loss"] < 0.7 * rows[0]["loss"]


@pytest.mark.parametrize("loss", sorted(PROXY_LOSSES))
def test_a_proxy_baseline_trains_its_proxies_and_has_no_tuples(loss: str):
    made = trainer(ArmConfig(), recipe(loss=loss, epochs=6))
    (before,) = [parameter.clone() for parameter in made.loss.parameters()]
    rows = list(made)
    assert rows[-1]["loss"] < rows[0]["loss"]
    assert np.isnan([rows[-1]["tuples"], rows[-1]["active"]]).all()
    assert not torch.equal(*made.loss.parameters(), before)


@pytest.mark.parametrize("loss", sorted(BATCH_LOSSES))
def test_a_loss_of_whole_batches_falls_and_has_no_tuples(loss: str):
    made = trainer(ArmConfig(), recipe(loss=loss, epochs=8))
    rows = list(made)
    assert rows[-1]["loss"] < rows[0]["loss"]
    assert np.isnan([rows[-1]["tuples"], rows[-1]["active"]]).all()
    assert made.memory is None


@pytest.mark.parametrize("loss", ["l-spread", "supcon-simclr"])
def test_two_views_of_a_batch_go_through_the_network_together_the_first_as_other_arms_see_it(loss: str):
    def pictures(made: Trainer) -> torch.Tensor:
        seen = []
        made.embedder.register_forward_pre_hook(lambda module, arguments: seen.append(arguments[0].clone()))
        made.step(torch.arange(16))
        return seen[0]

    two, wanted = trainer(ArmConfig(), recipe(loss=loss)), recipe(loss="soft-nearest-neighbour")
    first, second = pictures(two).chunk(2)
    assert torch.equal(first, pictures(trainer(ArmConfig(), wanted)))
    assert not torch.equal(first, second)


def test_a_loss_of_two_views_gets_the_labels_of_both():
    made, given = trainer(ArmConfig(), recipe(loss="l-spread")), []
    made.loss.register_forward_pre_hook(lambda _module, inputs: given.append(inputs))
    made.step(torch.tensor([3, 4, 8]))
    embeddings, labels = given[0]
    assert embeddings.shape == (6, 8)
    assert labels.tolist() == [1, 0, 0, 1, 0, 0]


def test_a_batch_without_tuples_leaves_the_active_fraction_of_the_others():
    made = trainer(ArmConfig("nearest"))
    real, calls = made._tuples, iter(range(99))
    nobody = tuple(torch.empty(0, dtype=torch.long) for _ in range(3))
    made._tuples = lambda *args: nobody if next(calls) == 0 else real(*args)
    row = next(iter(made))
    assert np.isfinite(row["active"])


@pytest.mark.parametrize(
    ("arm", "options", "stop"),
    [
        (ArmConfig("random"), {}, 1),
        (ArmConfig("random"), {}, 3),
        (ArmConfig("nearest"), {"negatives": "distance-weighted"}, 2),
        (ArmConfig("nearest"), {"memory": 40, "memory_warmup": 0}, 2),
        (ArmConfig("nearest"), {"loss": "margin", "learn_beta": "per-class", "loss_lr": 0.1}, 1),
        (ArmConfig(), {"loss": "subcenter-arcface"}, 1),
        (ArmConfig(), {"loss": "supcon-simclr"}, 1),
        (ArmConfig(), {"loss": "anti-collapse-items"}, 2),
    ],
)
def test_resumed_training_ends_in_the_same_weights_to_the_bit(arm: ArmConfig, options: dict, stop: int, tmp_path: Path):
    wanted = recipe(**options)
    whole = trainer(arm, wanted)
    history = list(whole)
    stopped, rows = trainer(arm, wanted), []
    for row in stopped:
        rows.append(row)
        if row["epoch"] == stop:
            break
    stopped.save(tmp_path / "training.pt", rows)
    resumed = trainer(arm, wanted)
    kept = resumed.restore(tmp_path / "training.pt")
    kept += list(resumed)
    assert torch.equal(state_of(resumed), state_of(whole))
    assert [row["epoch"] for row in kept] == [1, 2, 3]
    assert [row["loss"] for row in kept] == [row["loss"] for row in history]


def test_a_save_that_fails_leaves_the_last_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    made, path = trainer(ArmConfig("nearest")), tmp_path / "training.pt"
    made.save(path, [{"epoch": 0}])
    monkeypatch.setattr(torch, "save", lambda state, file: file.write(b"half") and 1 / 0)
    with pytest.raises(ZeroDivisionError):
        made.save(path, [{"epoch": 1}])
    assert trainer(ArmConfig("nearest")).restore(path) == [{"epoch": 0}]


def test_a_batch_smaller_than_the_number_of_processes_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(distributed, "processes", lambda: 17)
    monkeypatch.setattr(distributed, "replicate", lambda network: network)
    with pytest.raises(RecipeError, match="a batch of 2 x 8 items cannot be shared by 17 processes"):
        trainer(ArmConfig("nearest"))


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_a_device_that_is_not_there_is_refused(device: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(RecipeError, match=f'train.device = "{device}".*use "auto"'):
        choose_device(device)
    assert choose_device("auto") == choose_device("cpu") == torch.device("cpu")


def test_auto_takes_cuda_before_mps(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device("auto").type == "cuda"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("auto").type == "mps"


class TestPrecision:
    def watch(self, **options) -> tuple[Trainer, set[torch.dtype], list[torch.dtype]]:
        """One step; the kinds of numbers inside the network, and those that the loss is given."""
        made = trainer(ArmConfig("nearest"), recipe(epochs=1, **options))
        inside, given = set(), []
        for module in made.embedder.modules():
            if isinstance(module, torch.nn.Conv2d):
                module.register_forward_hook(lambda _module, _inputs, output: inside.add(output.dtype))
        made.loss.register_forward_pre_hook(lambda _module, inputs: given.append(inputs[0].dtype))
        made.step(torch.arange(16))
        return made, inside, given

    def test_bfloat16_is_for_the_network_and_float32_for_the_loss_and_the_weights(self):
        made, inside, given = self.watch(precision="bfloat16")
        assert inside == {torch.bfloat16}
        assert given == [torch.float32]
        assert {p.dtype for p in made.embedder.parameters()} == {p.grad.dtype for p in made.embedder.parameters()}
        assert {p.dtype for p in made.embedder.parameters()} == {torch.float32}

    @pytest.mark.parametrize("precision", ["auto", "float32"])
    def test_on_a_cpu_it_is_float32_unless_told_otherwise(self, precision: str):
        assert self.watch(precision=precision, device="cpu")[1] == {torch.float32}

    def test_embeddings_are_of_unit_length_to_float32_also_when_the_network_is_not(self):
        made = trainer(ArmConfig("nearest"), recipe(precision="bfloat16"))
        with made.autocast:
            embeddings = made.network(items().images)
        assert torch.allclose(embeddings.norm(dim=1), torch.ones(80), atol=1e-6)

    def test_training_in_bfloat16_learns_and_resumes(self, tmp_path: Path):
        wanted = recipe(epochs=6, negatives="all", precision="bfloat16")
        rows = list(trainer(ArmConfig("all"), wanted))
        assert rows[-1]["loss"] < 0.8 * rows[0]["loss"]


class TestCompile:
    def test_the_compiled_network_is_the_one_that_trains(self, monkeypatch: pytest.MonkeyPatch):
        called = []

        def compiled(function):
            return torch.nn.Sequential(function) if isinstance(function, torch.nn.Module) else function

        monkeypatch.setattr(torch, "compile", lambda function: called.append(function) or compiled(function))
        made = trainer(ArmConfig("nearest"), recipe(epochs=1, compile=True))
        before = state_of(made)
        list(made)
        assert called[-1] is made.embedder
        assert made.network is not made.embedder
        assert not torch.equal(state_of(made), before)
        assert state_of(made).shape == state_of(trainer(ArmConfig("nearest"))).shape

    def test_where_there_is_no_compiler_the_recipe_is_refused_in_a_sentence(self, monkeypatch: pytest.MonkeyPatch):
        def broken(*_args):
            raise RuntimeError("No working C++ compiler found\nwith a long trace")

        monkeypatch.setattr(torch, "compile", lambda _function: broken)
        with pytest.raises(
            RecipeError, match=r"train\.compile = true: .*No working C\+\+ compiler found\); set it to"
        ) as e:
            trainer(ArmConfig("nearest"), recipe(compile=True))
        assert "\n" not in str(e.value)


def test_pictures_are_those_of_the_items_kept_on_the_device_or_not():
    """The paths of a large and a small GPU, with PyTorch's device without memory in its place."""
    chosen = torch.tensor([70, 3, 9, 41])
    whole = items()
    some = TrainingItems(whole.images, whole.labels[chosen], whole.ids[chosen], chosen)
    places = torch.tensor([3, 0, 3])
    expected = whole.images[torch.tensor([41, 70, 41])]
    assert torch.equal(some[places], expected)
    assert torch.equal(Pictures(some, torch.device("cpu"))[places], expected)
    on_device = Pictures(some, torch.device("meta"))
    assert on_device._kept is not None
    assert on_device._kept.shape == (4, *whole.images.shape[1:])  # these items' pictures, not all
    assert on_device[places].shape == expected.shape


def test_a_sample_of_the_pictures_is_no_larger_than_asked_for():
    whole = items()
    each = whole.images[:1].nbytes
    assert torch.equal(whole.sample(10**9), whole.images)
    assert torch.equal(whole.sample(len(whole.ids) * each // 4), whole.images[::4])
    some = TrainingItems(whole.images, whole.labels[:10], whole.ids[:10], torch.arange(10) * 2)
    assert torch.equal(some.sample(10 * each // 2), whole.images[:20:4])

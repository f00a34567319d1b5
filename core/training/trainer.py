"""The training loop: batches -> embeddings -> positives -> negatives -> loss -> step, readable top to bottom."""

import io
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from jaxtyping import Int, UInt8
from torch import Tensor, nn

from core.common.errors import RecipeError
from core.common.files import write_bytes
from core.recipe.arms import ArmConfig
from core.recipe.model import ModelConfig
from core.recipe.recipe import Recipe
from core.recipe.rules import DEFAULT_NEGATIVES, PAIR_LOSSES, TWO_VIEW_LOSSES
from core.sampling import Candidates, ClassBalancedBatches, Memory, Tuples, sample_pairs, sample_triplets
from core.training import distributed
from core.training.augmentation import Augmentation
from core.training.losses import compute_loss, create_loss
from core.training.monitoring import TUPLE_FIGURES, tuple_figures
from models.building import build
from models.head import Embedder, ModelSpec
from models.registry import options_of

MAX_DEVICE_SHARE = 0.25
"""Largest share of a GPU's free memory for training images; the rest is for the network."""


@dataclass(frozen=True)
class TrainingItems:
    """Input of the training loop: images, class codes (with label noise) and ids; never the modes."""

    images: UInt8[Tensor, "n c s s"]
    labels: Int[Tensor, "m"]
    ids: Int[Tensor, "m"]
    rows: Int[Tensor, "m"] | None = None
    """Rows of `images` that belong to the items, if it contains others too: a copy might not fit into memory."""

    def __getitem__(self, places: Int[Tensor, "b"]) -> UInt8[Tensor, "b c s s"]:
        """The images of some of the items, by position."""
        return self.images[places if self.rows is None else self.rows[places]]

    def sample(self, size: int) -> UInt8[Tensor, "k c s s"]:
        """Images of every k-th item, about `size` bytes in total, or all."""
        bytes_each = self.images[:1].nbytes
        return self[torch.arange(0, len(self.ids), max(1, len(self.ids) * bytes_each // size))]


def choose_device(wanted: str) -> torch.device:
    """`auto` takes CUDA, then Apple's MPS, then the CPU. Raises RecipeError for a device that is not available."""
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    device = next(name for name in available if available[name]) if wanted == "auto" else wanted
    if not available[device]:
        raise RecipeError(f'train.device = "{device}": PyTorch finds no such device on this machine; use "auto"')
    return torch.device(device, distributed.local_rank()) if device == "cuda" else torch.device(device)


def build_embedder(config: ModelConfig, images: UInt8[Tensor, "n c s s"], *, seed: int) -> Embedder:
    """A network whose initial weights depend on the recipe alone: all arms of a study start from the same weights."""
    spec = model_spec(config, dim=config.dim, channels=images.shape[1], image_size=images.shape[2])
    embedder = build(spec, images, seed=seed, weights=config.weights)
    if distributed.processes() > 1 and torch.cuda.is_available():
        embedder = nn.SyncBatchNorm.convert_sync_batchnorm(embedder)
    embedder.freeze(backbone=config.freeze, batchnorm=config.freeze_bn)
    return embedder


def model_spec(config: ModelConfig, *, dim: int, channels: int, image_size: int) -> ModelSpec:
    """The network of a recipe; dim = 0: without a head."""
    choices = {"width": config.width, "stem": config.stem}
    options = {key: value for key, value in choices.items() if key in options_of(config.name)}
    return ModelSpec(config.name, dim, channels, image_size, options)


class Pictures:
    """Training images on the device: stored there if they fit, else copied batch by batch."""

    def __init__(self, items: TrainingItems, device: torch.device) -> None:
        self._items, self._device = items, device
        self._kept: UInt8[Tensor, "m c s s"] | None = None
        if device.type != "cpu" and self._fits():
            self._kept = items[torch.arange(len(items.ids))].to(device)

    def __getitem__(self, places: Int[Tensor, "b"]) -> UInt8[Tensor, "b c s s"]:
        """places: of the items, on the CPU."""
        if self._kept is not None:
            return self._kept[places.to(self._device)]
        pictures = self._items[places]
        if self._device.type == "cuda":
            return pictures.pin_memory().to(self._device, non_blocking=True)
        return pictures.to(self._device)

    def _fits(self) -> bool:
        """On a GPU, in its own memory; elsewhere the device's memory is the machine's."""
        size = len(self._items.ids) * self._items.images[:1].nbytes
        return self._device.type != "cuda" or size <= MAX_DEVICE_SHARE * torch.cuda.mem_get_info(self._device)[0]


def _compiled(network: nn.Module) -> nn.Module:
    """Raises RecipeError where PyTorch cannot compile; checked at once with a trivial function."""
    try:
        torch.compile(lambda x: x + 1)(next(network.parameters()).detach().flatten()[:1])
    except Exception as error:  # of many kinds, by platform and back end
        reason = str(error).strip().splitlines()[0][:200]
        raise RecipeError(
            f"train.compile = true: PyTorch cannot compile here ({reason}); set it to false, or install a C++ compiler"
        ) from None
    return cast(nn.Module, torch.compile(network))


class Trainer:
    """One arm's training: an iterator over epochs that can be saved after any of them and resumed."""

    def __init__(self, embedder: Embedder, items: TrainingItems, *, recipe: Recipe, arm: ArmConfig) -> None:
        train = recipe.train
        self.device = choose_device(train.device)
        self.embedder = embedder.to(self.device)
        self.network = distributed.replicate(_compiled(self.embedder) if train.compile else self.embedder)
        bfloat16 = train.precision == "bfloat16" or (train.precision == "auto" and self.device.type == "cuda")
        self.autocast = torch.autocast(self.device.type, torch.bfloat16, enabled=bfloat16)
        self.pictures = Pictures(items, self.device)
        self.labels, self.ids = items.labels.to(self.device), items.ids.to(self.device)
        self.train, self.arm = train, arm
        if train.classes_per_batch * train.samples_per_class < distributed.processes():
            raise RecipeError(
                f"a batch of {train.classes_per_batch} x {train.samples_per_class} items cannot be shared by "
                f"{distributed.processes()} processes; raise train.samples_per_class or start fewer"
            )
        self.loss_name = arm.loss or train.loss
        self.views = 2 if self.loss_name in TWO_VIEW_LOSSES else 1
        classes = int(items.labels.max()) + 1
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.seed)
            self.loss = create_loss(self.loss_name, train, classes=classes, dim=recipe.model.dim).to(self.device)
        self.batches = ClassBalancedBatches(
            items.labels.numpy(),
            classes_per_batch=train.classes_per_batch,
            samples_per_class=train.samples_per_class,
            seed=recipe.seed,
        )
        # Tuples have a generator of their own, so that the sampling rule cannot change the order of the batches.
        self.generator = torch.Generator().manual_seed(recipe.seed)
        self.augmentation = Augmentation(recipe.augment, items=len(items.ids), seed=recipe.seed)
        groups = self._parameter_groups(recipe.model)
        self.optimizer = torch.optim.AdamW(groups, lr=train.lr, weight_decay=train.weight_decay)
        steps = train.epochs * self.batches.batches_per_epoch
        self.schedule = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, steps)
        uses_memory = train.memory > 0 and arm.positives is not None
        self.memory = Memory(train.memory, recipe.model.dim, device=self.device) if uses_memory else None
        self.epoch = 0

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Train epoch after epoch; yields one row of figures after each."""
        while self.epoch < self.train.epochs:
            started = time.perf_counter()
            self.embedder.train()
            steps = [self.step(torch.from_numpy(rows)) for rows in self.batches.epoch(self.epoch)]
            loss, *figures = torch.stack(steps).cpu().double().unbind(dim=1)
            self.epoch += 1
            tuple_means = {name: column.nanmean().item() for name, column in zip(TUPLE_FIGURES, figures, strict=True)}
            # Means over batches; tuple figures only over batches with tuples.
            row = {"epoch": self.epoch, "loss": loss.mean().item()} | tuple_means
            yield row | {"seconds": time.perf_counter() - started}

    def _parameter_groups(self, model: ModelConfig) -> list[dict[str, Any]]:
        """The network's parameters, and the loss's own without weight decay, which would pull beta or proxies to 0."""
        groups = self.embedder.parameter_groups(backbone_lr=model.backbone_lr)
        if own := list(self.loss.parameters()):
            groups.append({"params": own, "lr": self.train.loss_lr or self.train.lr, "weight_decay": 0.0})
        return groups

    def step(self, rows: Int[Tensor, "b"]) -> Tensor:
        """One update; returns the loss and TUPLE_FIGURES on the device, so that it need not be waited for."""
        images = self._images(distributed.local_rows(rows))  # (v s, c, h, w), s = b with a single process
        with self.autocast:
            part = self.network(images)  # (v s, d), v = 1 or 2 views of every item, one after the other
        views = [distributed.gather(view, len(rows)) for view in part.chunk(self.views)]  # (b, d) each
        embeddings = views[0] if self.views == 1 else torch.cat(views)  # (v b, d)
        rows = self._on_device(rows).repeat(self.views)
        labels, ids = self.labels[rows], self.ids[rows]
        memory = self.memory if self.epoch >= self.train.memory_warmup else None
        points, point_labels, point_ids = embeddings, labels, ids
        if memory is not None:  # (n, d), (n,), (n,), the batch first
            points, point_labels, point_ids = memory.append_to(embeddings, labels, ids)
        batch = Candidates(points.detach().float(), point_labels, point_ids, anchors=len(rows))
        tuples = self._tuples(batch)
        loss = compute_loss(self.loss, points, point_labels, tuples, anchors=len(rows))
        if memory is not None:
            memory.add(embeddings, labels, ids)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        return torch.cat([loss.detach()[None], tuple_figures(self.loss, batch, tuples)])

    def _images(self, rows: Int[Tensor, "s"]) -> UInt8[Tensor, "vs c h w"]:
        pictures, places = self.pictures[rows], self._on_device(rows)
        looks = [self.augmentation(pictures, places, epoch=self.epoch, view=view) for view in range(self.views)]
        return looks[0] if self.views == 1 else torch.cat(looks)

    def _on_device(self, rows: Int[Tensor, "s"]) -> Int[Tensor, "s"]:
        return (
            rows.pin_memory().to(self.device, non_blocking=True) if self.device.type == "cuda" else rows.to(self.device)
        )

    def _tuples(self, batch: Candidates) -> Tuples | None:
        """The tuples for the loss; None for losses that choose none."""
        if self.arm.positives is None:
            return None
        sample = sample_pairs if self.loss_name in PAIR_LOSSES else sample_triplets
        negatives = self.train.negatives or DEFAULT_NEGATIVES[self.loss_name]
        return sample(self.arm.positives, negatives, batch, generator=self.generator)

    def save(self, path: Path, history: list[dict[str, Any]]) -> None:
        """Save everything needed to resume after this epoch, atomically."""
        state = {
            "embedder": self.embedder.state_dict(),
            "loss": self.loss.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "generator": self.generator.get_state(),
            "memory": None if self.memory is None else self.memory.state_dict(),
            "epoch": self.epoch,
            "history": history,
        }
        buffer = io.BytesIO()  # given a path, torch would hide a full disk behind a RuntimeError
        torch.save(state, buffer)
        write_bytes(path, buffer.getbuffer())

    def restore(self, path: Path) -> list[dict[str, Any]]:
        """Continue from a saved state; returns the history up to it."""
        state = torch.load(path, map_location=self.device, weights_only=True)
        self.embedder.load_state_dict(state["embedder"])
        self.loss.load_state_dict(state["loss"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.generator.set_state(state["generator"].cpu())
        if self.memory is not None:
            self.memory.load_state_dict(state["memory"])
        self.epoch = state["epoch"]
        return state["history"]

"""The recipe's table [train]: the training that every arm shares."""

from typing import Literal

from pydantic.dataclasses import dataclass

from core.common.validation import STRICT as _STRICT
from core.common.validation import require as _require
from core.recipe.rules import LossName, NegativeRule


@dataclass(frozen=True, config=_STRICT)
class TrainConfig:
    """The training that every arm shares; arms differ in their sampling rule."""

    epochs: int = 20
    """Passes over the training items."""
    lr: float = 1e-3
    """Adam's learning rate, annealed to zero on a cosine."""
    weight_decay: float = 1e-4
    """Adam's decoupled weight decay."""
    loss: LossName = "triplet"
    """The metric-learning loss."""
    margin: float | None = None
    """In units of Euclidean distance between unit vectors (0 to 2). Default: 0.2 for triplet and margin, 1 for
    contrastive, which pushes negatives out to it and pulls positives all the way. Other losses keep their papers'."""
    beta: float = 1.2
    """Margin loss only: the boundary between positive and negative pairs, or its start where it is learned."""
    learn_beta: Literal["no", "one", "per-class"] | None = None
    """Margin loss only: keep `beta` fixed, learn one for all classes (default), or one for each class."""
    temperature: float | None = None
    """NT-Xent only: what cosine similarities are divided by; default 0.07."""
    loss_lr: float | None = None
    """Learning rate of the loss's own parameters (beta, class proxies); default: `lr`."""
    negatives: NegativeRule | None = None
    """How negatives are chosen, whatever the positive rule; `own`: the mining that came with the loss. Default:
    semihard for triplet, distance-weighted for margin, own for multi-similarity, all for the others."""
    classes_per_batch: int = 2
    """Classes in a batch."""
    samples_per_class: int = 32
    """Items of each class in a batch."""
    memory: int = 0
    """Embeddings of earlier batches that positives and negatives are also chosen from (cross-batch memory), 0 = none;
    at least a batch."""
    memory_warmup: int = 1
    """Epochs before the memory begins to fill, since embeddings move fast at first."""
    snapshots: int | None = None
    """Epochs between two kept embeddings of the evaluated items, 0 = keep none; default: every epoch if that takes
    less than 100 MB in all, else fewer."""
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """Where to train; `auto` takes CUDA, then MPS, then the CPU."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """Of the network's arithmetic in training: `auto` takes bfloat16 on CUDA, else float32. Weights, sampling and
    losses are float32 in any case."""
    compile: bool = False
    """Let PyTorch compile the network: minutes at the start, faster steps; needs a compiler on the machine."""

    def __post_init__(self) -> None:
        _require(1 <= self.epochs <= 10_000, "train.epochs must lie between 1 and 10000")
        _require(0 < self.lr <= 10, "train.lr must be above 0 and at most 10")
        _require(0 <= self.weight_decay <= 10, "train.weight_decay must lie between 0 and 10")
        _require(self.margin is None or 0 < self.margin <= 2, "train.margin must be above 0 and at most 2")
        _require(0 < self.beta <= 2, "train.beta must be above 0 and at most 2")
        _require(
            self.temperature is None or 0.001 <= self.temperature <= 10,
            "train.temperature must lie between 0.001 and 10",
        )
        _require(self.loss_lr is None or 0 < self.loss_lr <= 10, "train.loss_lr must be above 0 and at most 10")
        _require(self.snapshots is None or self.snapshots >= 0, "train.snapshots must be at least 0")
        _require(self.classes_per_batch >= 2, "train.classes_per_batch must be at least 2: else no negatives")
        _require(self.samples_per_class >= 2, "train.samples_per_class must be at least 2: else no positives")
        batch = self.classes_per_batch * self.samples_per_class
        _require(
            self.memory == 0 or batch <= self.memory <= 1_000_000,
            f"train.memory must be 0 or hold at least one batch ({batch} items), and at most 1000000",
        )
        _require(
            self.memory == 0 or 0 <= self.memory_warmup < self.epochs,
            f"train.memory_warmup must be at least 0 and below train.epochs = {self.epochs}: else there is no memory",
        )

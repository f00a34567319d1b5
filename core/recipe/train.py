"""The recipe's table [train]: the training that every arm shares."""

from typing import Annotated, Literal

from pydantic.dataclasses import dataclass

from core.recipe.constraints import STRICT, Flag, Range, Real, Whole, require
from core.recipe.rules import BetaRule, LossName, NegativeRule


@dataclass(frozen=True, config=STRICT)
class TrainConfig:
    """The training that every arm shares; arms differ in their sampling rule."""

    epochs: Annotated[Whole, Range(1, 10_000)] = 20
    """Passes over the training items."""
    lr: Annotated[Real, Range(0, 10, open_min=True)] = 1e-3
    """Adam's learning rate, annealed to zero on a cosine."""
    weight_decay: Annotated[Real, Range(0, 10)] = 1e-4
    """Adam's decoupled weight decay."""
    loss: LossName = "triplet"
    """The metric-learning loss."""
    margin: Annotated[Real, Range(0, 2, open_min=True)] | None = None
    """In units of Euclidean distance between unit vectors. Default: 0.2 for triplet and margin, 1 for
    contrastive, which pushes negatives out to it and pulls positives all the way. Other losses keep their papers'."""
    beta: Annotated[Real, Range(0, 2, open_min=True)] = 1.2
    """Margin loss only: the boundary between positive and negative pairs, or its start where it is learned."""
    learn_beta: BetaRule | None = None
    """Margin loss only: keep `beta` fixed, learn one for all classes (default), or one for each class."""
    temperature: Annotated[Real, Range(0.001, 10)] | None = None
    """What cosine similarities are divided by (squared distances for soft-nearest-neighbour): lower heeds near pairs
    more. Default: 0.07 for nt-xent, 0.1 for supcon and supcon-simclr, 0.5 for l-spread, 0.2 for
    soft-nearest-neighbour."""
    spread: Annotated[Real, Range(0, 1)] | None = None
    """Weight of the term that keeps apart what the rest of the loss would draw together: items of a class (l-spread,
    supcon-simclr, anti-collapse-items) or proxies (anti-collapse). 0 = without it. Default: 0.5 for the first two, 0.99
    for anti-collapse and anti-collapse-items."""
    loss_lr: Annotated[Real, Range(0, 10, open_min=True)] | None = None
    """Learning rate of the loss's own parameters (beta, class proxies); default: `lr`."""
    negatives: NegativeRule | None = None
    """How negatives are chosen, whatever the positive rule; `own`: the mining that came with the loss. Default:
    semihard for triplet, distance-weighted for margin, own for multi-similarity, hardest for nca-triplet, all for the
    others. Losses that take the batch whole, or proxies, have none."""
    classes_per_batch: Annotated[Whole, Range(2, reason="else no negatives")] = 2
    """Classes in a batch."""
    samples_per_class: Annotated[Whole, Range(2, reason="else no positives")] = 32
    """Items of each class in a batch."""
    memory: Annotated[Whole, Range(4, 1_000_000, or_zero=True)] = 0
    """Embeddings of earlier batches that positives and negatives are also chosen from (cross-batch memory), 0 = none;
    at least a batch."""
    memory_warmup: Annotated[Whole, Range(0)] = 1
    """Epochs before the memory begins to fill, since embeddings move fast at first."""
    snapshots: Annotated[Whole, Range(0)] | None = None
    """Epochs between two kept embeddings of the evaluated items, 0 = keep none; default: every epoch if that takes
    less than 100 MB in all, else fewer."""
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """Where to train; `auto` takes CUDA, then MPS, then the CPU."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """Of the network's arithmetic in training: `auto` takes bfloat16 on CUDA, else float32. Weights, sampling and
    losses are float32 in any case."""
    compile: Flag = False
    """Let PyTorch compile the network: minutes at the start, faster steps; needs a compiler on the machine."""

    def __post_init__(self) -> None:
        batch = self.classes_per_batch * self.samples_per_class
        require(
            self.memory == 0 or self.memory >= batch,
            f"train.memory must be 0 or hold at least one batch ({batch} items)",
            key="train.memory",
        )
        require(
            self.memory == 0 or self.memory_warmup < self.epochs,
            f"train.memory_warmup must be below train.epochs = {self.epochs}: else there is no memory",
            key="train.memory_warmup",
        )

"""The recipe: everything that describes a study, as frozen dataclasses that read from and write to TOML."""

import re
import tomllib
from dataclasses import asdict, field
from importlib import resources
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

import tomli_w
from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from core.common.errors import RecipeError
from core.common.validation import STRICT as _STRICT
from core.common.validation import require as _require
from core.recipe.synthetic import SyntheticConfig

PositiveRule = Literal["all", "random", "hardest", "nearest"]
NegativeRule = Literal["semihard", "distance-weighted", "hardest", "random", "all", "own"]
LossName = Literal[
    "triplet",
    "margin",
    "contrastive",
    "multi-similarity",
    "nt-xent",
    "proxy-anchor",
    "softtriple",
    "arcface",
    "subcenter-arcface",
]
NetworkName = Literal["convnet", "efficientnet_lite0", "huggingface", "mlp", "resnet18", "resnet34", "resnet50"]
"""The registry of `models`, which is slow to import."""
PROXY_LOSSES = frozenset({"proxy-anchor", "softtriple", "arcface", "subcenter-arcface"})
"""Losses that compare items with learned representatives of the classes, never with each other."""
PAIR_LOSSES = frozenset({"contrastive", "multi-similarity", "nt-xent"})
"""Losses whose positive and negative pairs are chosen apart; the others that compare items take triplets."""
OWN_MINING = frozenset({"multi-similarity"})
"""Losses that came with a way of choosing tuples of their own."""
DEFAULT_NEGATIVES: dict[str, NegativeRule] = {
    "triplet": "semihard",
    "margin": "distance-weighted",
    "contrastive": "all",
    "multi-similarity": "own",
    "nt-xent": "all",
}
DEFAULT_MARGINS = {"triplet": 0.2, "margin": 0.2, "contrastive": 1.0}
"""Where the recipe is silent: Schroff et al., Wu et al., and pytorch-metric-learning's own choice."""
OPTIONS = {
    "margin": frozenset({"triplet", "margin", "contrastive"}),
    "learn_beta": frozenset({"margin"}),
    "temperature": frozenset({"nt-xent"}),
    "loss_lr": PROXY_LOSSES | {"margin"},
    "memory": PAIR_LOSSES | {"triplet", "margin"},
}
"""Options of TrainConfig that only some losses have; one that is given must serve an arm."""

PRETRAINED = "pretrained"
"""As an arm's checkpoint: the recipe's model.weights as they are."""

SYNTHETIC = ("synthetic-vectors", "synthetic-shapes")
"""The sources that `DataConfig.synthetic` is for."""

SOURCE_SIDE = 64
"""Side in pixels up to which a source's own size is kept where data.image_size is 0."""

MAX_COMPARED = {"triplet": 50_000_000, "margin": 50_000_000, "nt-xent": 200_000_000}
"""What a step of a loss may compare one by one: some gigabytes. The other losses go by the matrix of distances."""

Config = TypeVar("Config")

ARM_NAME = r"[a-z0-9][a-z0-9_-]{0,39}"
_NOT_TOML = (ValueError, RecursionError)  # the second for brackets in brackets in brackets


@dataclass(frozen=True, config=_STRICT)
class DataConfig:
    """Where the items come from, how they are split, and what the loss is told about them."""

    source: Literal[
        "mnist", "digits", "folder", "table", "idx", "cub200", "cars196", "synthetic-vectors", "synthetic-shapes"
    ]
    """The kind of data set."""
    label: str = ""
    """Which of the source's groupings is the class, where it offers several (mnist: `parity` or `digit`)."""
    path: str = ""
    """The folder, zip or table, for sources that read the disk; cub200 and cars196 as they are unpacked."""
    split: Literal["items", "modes", "classes"] = "items"
    """Hold out items of every class, the second half of every class's modes, or the second half of the classes."""
    test_fraction: float = 0.3
    """Share of the items held out, in (0, 1). A `split` column in a table wins."""
    label_noise: float = 0.0
    """Probability, in [0, 1), that a training item carries the label of another class."""
    noise_between: tuple[tuple[str, str], ...] = ()
    """Pairs of classes that are mistaken for each other; `label_noise` is then of their items alone. None: any class
    may be taken for any other."""
    max_items: int | None = None
    """Use only this many items, drawn with the seed."""
    image_size: int = 0
    """Side in pixels of the network's square input; 0 = the source's own, at most 64."""
    channels: Literal[1, 3] = 1
    """Grey (1) or colour (3) input."""
    synthetic: SyntheticConfig | None = None
    """What is made for the synthetic sources, if not the usual; no other source has it."""

    def __post_init__(self) -> None:
        _require(0 < self.test_fraction < 1, "data.test_fraction must lie between 0 and 1")
        _require(0 <= self.label_noise < 1, "data.label_noise must be at least 0 and below 1")
        _require(self.max_items is None or self.max_items >= 4, "data.max_items must be at least 4")
        _require(self.image_size == 0 or 8 <= self.image_size <= 512, "data.image_size must be 0 or 8 to 512")
        _require(_is_text(self.path), "data.path must be Unicode text without null characters")
        needs_path = self.source not in {"mnist", "digits", *SYNTHETIC}
        _require(bool(self.path) or not needs_path, f'data.source = "{self.source}" needs data.path')
        _require(bool(self.label_noise) or not self.noise_between, "data.noise_between needs data.label_noise above 0")
        _require(
            self.synthetic is None or self.source in SYNTHETIC,
            f'data.synthetic is for {" and ".join(SYNTHETIC)}, not for data.source = "{self.source}"; remove it',
        )
        if self.source == "synthetic-shapes":
            self._check_shapes(self.synthetic or SyntheticConfig())

    def _check_shapes(self, shapes: SyntheticConfig) -> None:
        shapes.check_looks()
        _require(
            self.channels == 3 or "colour" not in shapes.attributes,
            "data.channels must be 3 for shapes that differ in colour, of which grey pictures show little",
        )

    @property
    def modes(self) -> int | None:
        """Modes of each class, where the recipe alone tells."""
        if self.split == "modes":
            return None
        if self.source in SYNTHETIC:
            made = self.synthetic or SyntheticConfig()
            return made.modes if made.chosen is None else None
        return 5 if self.source in {"mnist", "digits"} and self.label == "parity" else None


@dataclass(frozen=True, config=_STRICT)
class ModelConfig:
    """The network, the same for every arm."""

    name: NetworkName = "convnet"
    """The backbone."""
    dim: int = 64
    """Dimension of the embedding."""
    width: int = 32
    """convnet: channels of the first stage; mlp: units of each layer."""
    stem: Literal["large", "small"] = "large"
    """resnets only: `small` keeps the resolution at the start, for pictures below some 64 pixels."""
    weights: str = ""
    """What the backbone starts from: a safetensors file made by `python -m core convert`; the folder of a checkpoint
    with the same backbone; "imagenet" for efficientnet_lite0; for huggingface a local folder, `owner/name` or
    `owner/name@revision`. Empty: random weights from the seed."""
    freeze: bool = False
    """Train the head alone, on the backbone as `weights` gives it."""
    freeze_bn: bool = False
    """Keep the statistics of the backbone's batch normalisation as `weights` gives them, in training too."""
    backbone_lr: float | None = None
    """The backbone's learning rate where it is to be lower than train.lr, as is usual when `weights` are refined."""

    def __post_init__(self) -> None:
        _require(_is_text(self.weights), "model.weights must be Unicode text without null characters")
        _require(bool(self.weights) or not self.freeze, "model.freeze needs model.weights: nothing would be learned")
        _require(bool(self.weights) or not self.freeze_bn, "model.freeze_bn needs model.weights to take them from")
        rate = self.backbone_lr
        _require(rate is None or 0 < rate <= 10, "model.backbone_lr must be above 0 and at most 10")
        _require(rate is None or not self.freeze, "model.freeze and model.backbone_lr contradict each other")
        needs_weights = self.name == "huggingface"
        _require(bool(self.weights) or not needs_weights, 'model.name = "huggingface" needs model.weights')
        _require(2 <= self.dim <= 4096, "model.dim must lie between 2 and 4096")
        _require(4 <= self.width <= 512, "model.width must lie between 4 and 512")


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
    """In units of Euclidean distance between unit vectors (0 to 2). Where silent: 0.2 for triplet and margin, 1 for
    contrastive, which pushes negatives out to it and pulls positives all the way. Other losses keep their papers'."""
    beta: float = 1.2
    """Margin loss only: the boundary between positive and negative pairs, or its start where it is learned."""
    learn_beta: Literal["no", "one", "per-class"] | None = None
    """Margin loss only: keep `beta` fixed, learn one for all classes (where silent), or one for each class."""
    temperature: float | None = None
    """NT-Xent only: what cosine similarities are divided by, 0.07 where silent."""
    loss_lr: float | None = None
    """Learning rate of the loss's own parameters (beta, class proxies); `lr` where silent."""
    negatives: NegativeRule | None = None
    """How negatives are chosen, whatever the positive rule; `own`: the mining that came with the loss. Where silent, as
    is usual: semihard for triplet, distance-weighted for margin, own for multi-similarity, all for the others."""
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
    """Epochs between two kept embeddings of the evaluated items, 0 = keep none; where silent, every epoch if that takes
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


@dataclass(frozen=True, config=_STRICT)
class AugmentConfig:
    """Random changes of the training pictures, the same for every arm; none by default: a mirrored 2 is no 2."""

    crop: float = 1.0
    """Smallest share of a picture's area that a random crop keeps, above 0; 1 = no crops. For photographs, 0.2."""
    flip: bool = False
    """Mirror every second picture, left to right."""

    @property
    def active(self) -> bool:
        """Whether anything is changed at all."""
        return self.crop < 1 or self.flip

    def __post_init__(self) -> None:
        _require(0.01 <= self.crop <= 1, "augment.crop must lie between 0.01 and 1")


@dataclass(frozen=True, config=_STRICT)
class ArmConfig:
    """What sets one arm apart."""

    positives: PositiveRule | None = None
    """The positive sampling rule; none only for losses that have no in-batch positive."""
    loss: LossName | None = None
    """Another loss than the recipe's, for a baseline arm."""
    checkpoint: str = ""
    """Train nothing and embed the items with the network in this folder: model.safetensors beside model.json, as any
    trained arm of a study has them. "pretrained" stands for the recipe's model.weights as they are, without a head."""


@dataclass(frozen=True, config=_STRICT)
class Recipe:
    """A study from data to arms; running it again gives the same result."""

    name: str
    """Short name, also the default folder."""
    data: DataConfig
    """The items."""
    arms: dict[str, ArmConfig]
    """The arms by name, in the order shown."""
    title: str = ""
    """One line for people."""
    seed: int = 0
    """Decides split, label noise, initial weights, batches and maps."""
    model: ModelConfig = field(default_factory=ModelConfig)
    """The network."""
    train: TrainConfig = field(default_factory=TrainConfig)
    """The training."""
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    """Random changes of the training pictures."""

    def __post_init__(self) -> None:
        valid = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", self.name)
        _require(valid is not None, "name must be letters, digits, dots and dashes, at most 80")
        _require(_is_text(self.title), "title must be Unicode text without null characters")
        _require(0 <= self.seed < 2**32, "seed must lie between 0 and 4294967295")
        _require(len(self.arms) >= 1, "a recipe needs at least one arm, such as [arms.nearest]")
        for name, arm in self.arms.items():
            _require(
                re.fullmatch(ARM_NAME, name) is not None,
                f'arm name "{name}" must be lower-case letters, digits, dashes',
            )
            _require(name != "pixels", 'an arm cannot be called "pixels": that is the reference')
            self._check_rules(name, arm)
            if not arm.checkpoint:
                self._check_sizes(name, arm)
        for option, losses in OPTIONS.items():
            used = {self.loss_of(name) for name, arm in self.arms.items() if not arm.checkpoint}
            _require(
                not getattr(self.train, option) or not used or bool(used & losses),
                f"train.{option} is an option of {_either(losses)}, and no arm is trained with that; remove it",
            )

    def _check_rules(self, name: str, arm: ArmConfig) -> None:
        if arm.checkpoint:
            self._check_checkpoint(name, arm)
            return
        loss = self.loss_of(name)
        if loss in PROXY_LOSSES:
            _require(
                arm.positives is None,
                f'arms.{name}: positives = "{arm.positives}" cannot go with loss = "{loss}", which compares items '
                "with class proxies and has no in-batch positive; remove positives or choose a loss that compares "
                "items with each other, such as triplet",
            )
            return
        _require(arm.positives is not None, f'arms.{name}: loss = "{loss}" needs a positives rule')
        _require(
            self.train.negatives != "own" or loss in OWN_MINING,
            f'arms.{name}: loss = "{loss}" has no mining of its own for train.negatives = "own", only '
            f"{_either(OWN_MINING)} has; choose semihard, distance-weighted, hardest, random or all",
        )

    def _check_sizes(self, name: str, arm: ArmConfig) -> None:
        train, loss = self.train, self.loss_of(name)
        if loss == "margin":
            farthest = train.beta + (train.margin or DEFAULT_MARGINS[loss])
            _require(
                farthest <= 2,
                f"arms.{name}: train.beta + train.margin is {farthest:g}, but unit vectors lie at most 2 apart, so no "
                "negative could ever satisfy the margin loss; lower one of them",
            )
        if loss in MAX_COMPARED and (train.negatives or DEFAULT_NEGATIVES[loss]) == "all":
            of_class = train.samples_per_class + train.memory // train.classes_per_batch
            batch = train.classes_per_batch * train.samples_per_class
            compared = batch * (of_class if arm.positives == "all" else 1) * (train.classes_per_batch - 1) * of_class
            compared *= batch if loss == "nt-xent" else 1  # it sets every positive pair against every negative one
            _require(
                compared <= MAX_COMPARED[loss],
                f"arms.{name}: {arm.positives} positives with all negatives make some {compared / 1e6:.0f} million "
                f'comparisons a step in loss = "{loss}", more than {MAX_COMPARED[loss] / 1e6:.0f}; choose another '
                "rule, a smaller batch or less train.memory",
            )

    def _check_checkpoint(self, name: str, arm: ArmConfig) -> None:
        _require(_is_text(arm.checkpoint), f"arms.{name}.checkpoint must be Unicode text without null characters")
        _require(
            arm.positives is None and arm.loss is None,
            f"arms.{name} has a checkpoint and is not trained; remove its positives and loss",
        )
        _require(
            arm.checkpoint != PRETRAINED or bool(self.model.weights),
            f'arms.{name}: checkpoint = "{PRETRAINED}" needs model.weights',
        )

    @property
    def trained(self) -> list[str]:
        """The arms that are trained here, in order."""
        return [name for name, arm in self.arms.items() if not arm.checkpoint]

    def loss_of(self, arm: str) -> LossName:
        """The loss an arm is trained with."""
        return self.arms[arm].loss or self.train.loss

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Check nested plain values; RecipeError names every wrong key."""
        return checked(cls, values)

    @classmethod
    def load(cls, source: str | Path, overrides: tuple[str, ...] = ()) -> Self:
        """Read a TOML file, or a recipe shipped with the package by its name.

        overrides: `key.path=value` strings, the value in TOML or a bare word.
        """
        try:
            values = tomllib.loads(_read(source))
        except _NOT_TOML as error:
            raise RecipeError(f"{source} is not valid TOML: {error}") from None
        for override in overrides:
            _override(values, override)
        return cls.from_dict(values)

    def to_dict(self) -> dict[str, Any]:
        """Nested plain values without empty entries, as TOML holds them."""
        return _without_none(asdict(self))

    def to_toml(self) -> str:
        """The recipe as TOML; `Recipe.from_dict(tomllib.loads(...))` gives it back."""
        return tomli_w.dumps(self.to_dict())


def checked(kind: type[Config], values: dict[str, Any]) -> Config:
    """One of the dataclasses above from nested plain values; RecipeError names every wrong key."""
    try:
        return TypeAdapter(kind).validate_python(values)
    except ValidationError as error:
        raise RecipeError(_explain(error)) from None


def recipe_names() -> list[str]:
    """The recipes that ship with the package."""
    return sorted(f.name.removesuffix(".toml") for f in _shipped().iterdir() if f.name.endswith(".toml"))


def _shipped() -> Any:
    return resources.files("core.recipe") / "recipes"


def _read(source: str | Path) -> str:
    path = Path(source)
    if path.suffix != ".toml" and (name := str(source)) in recipe_names():
        return (_shipped() / f"{name}.toml").read_text(encoding="utf-8")
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        known = ", ".join(recipe_names())
        raise RecipeError(f"cannot read the recipe {source} ({reason}); give a .toml file or one of: {known}") from None


def _override(values: dict[str, Any], override: str) -> None:
    key, equals, raw = override.partition("=")
    if not equals or not key.strip():
        raise RecipeError(f'cannot read the override "{override}"; write it as train.epochs=5')
    try:
        value = tomllib.loads(f"value = {raw}")["value"]
    except _NOT_TOML:
        value = raw
    *parents, last = key.strip().split(".")
    table = values
    for parent in parents:
        table = table.setdefault(parent, {})
        if not isinstance(table, dict):
            raise RecipeError(f'cannot apply the override "{override}": {parent} is not a table')
    table[last] = value


def _explain(error: ValidationError) -> str:
    """All faults in one sentence, each with its key."""
    faults = []
    for fault in error.errors():
        where = ".".join(str(part) for part in fault["loc"])
        match fault["type"]:
            case "unexpected_keyword_argument":
                text = f"unknown key {where}"
            case "missing" | "missing_argument":
                text = f"missing key {where}"
            case "value_error":
                text = str(fault["ctx"]["error"])
            case _:
                text = f"{where}: {fault['msg'][0].lower()}{fault['msg'][1:]}, not {fault['input']!r:.80}"
        faults.append(text)
    return "the recipe is wrong: " + "; ".join(faults)


def _either(losses: frozenset[str]) -> str:
    return " or ".join(sorted(losses))


def _is_text(value: str) -> bool:
    """Whether it can be written as UTF-8, which the bytes of an odd file name, as Python holds them, cannot."""
    return "\0" not in value and value.encode("utf-8", "ignore").decode() == value


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    return value

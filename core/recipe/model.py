"""The recipe's table [model]: the network."""

from typing import Literal

from pydantic.dataclasses import dataclass

from core.common.validation import STRICT as _STRICT
from core.common.validation import require as _require
from core.recipe.rules import NetworkName
from core.recipe.text import is_text


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
        _require(is_text(self.weights), "model.weights must be Unicode text without null characters")
        _require(bool(self.weights) or not self.freeze, "model.freeze needs model.weights: nothing would be learned")
        _require(bool(self.weights) or not self.freeze_bn, "model.freeze_bn needs model.weights to take them from")
        rate = self.backbone_lr
        _require(rate is None or 0 < rate <= 10, "model.backbone_lr must be above 0 and at most 10")
        _require(rate is None or not self.freeze, "model.freeze and model.backbone_lr contradict each other")
        needs_weights = self.name == "huggingface"
        _require(bool(self.weights) or not needs_weights, 'model.name = "huggingface" needs model.weights')
        _require(2 <= self.dim <= 4096, "model.dim must lie between 2 and 4096")
        _require(4 <= self.width <= 512, "model.width must lie between 4 and 512")

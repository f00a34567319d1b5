"""The recipe's table [model]: the network."""

from typing import Annotated, Literal

from pydantic.dataclasses import dataclass

from core.recipe.constraints import STRICT, Flag, Range, Real, Text, Whole, require
from core.recipe.rules import NetworkName


@dataclass(frozen=True, config=STRICT)
class ModelConfig:
    """The network, the same for every arm."""

    name: NetworkName = "convnet"
    """The backbone."""
    dim: Annotated[Whole, Range(2, 4096)] = 64
    """Dimension of the embedding."""
    width: Annotated[Whole, Range(4, 512)] = 32
    """convnet: channels of the first stage; mlp: units of each layer."""
    stem: Literal["large", "small"] = "large"
    """resnets only: `small` keeps the resolution at the start, for pictures below some 64 pixels."""
    weights: Text = ""
    """What the backbone starts from: a safetensors file made by `python -m core convert`; the folder of a checkpoint
    with the same backbone; "imagenet" for efficientnet_lite0; for huggingface a local folder, `owner/name` or
    `owner/name@revision`. Empty: random weights from the seed."""
    freeze: Flag = False
    """Train the head alone, on the backbone as `weights` gives it."""
    freeze_bn: Flag = False
    """Keep the statistics of the backbone's batch normalisation as `weights` gives them, in training too."""
    backbone_lr: Annotated[Real, Range(0, 10, open_min=True)] | None = None
    """The backbone's learning rate where it is to be lower than train.lr, as is usual when `weights` are refined."""

    def __post_init__(self) -> None:
        given = bool(self.weights)
        require(
            given or not self.freeze, "model.freeze needs model.weights: nothing would be learned", key="model.freeze"
        )
        require(
            given or not self.freeze_bn, "model.freeze_bn needs model.weights to take them from", key="model.freeze_bn"
        )
        require(
            self.backbone_lr is None or not self.freeze,
            "model.freeze and model.backbone_lr contradict each other",
            key="model.backbone_lr",
        )
        require(
            given or self.name != "huggingface", 'model.name = "huggingface" needs model.weights', key="model.weights"
        )

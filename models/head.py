"""From pixels to an embedding: normalise the input, run a backbone, project, scale to length 1."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self, cast

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils import convert_conv2d_weight_memory_format

from models.registry import create

MAX_WIDTH = 1 << 16
MAX_SIDE = 1 << 12
MAX_LENGTH = 1 << 10
"""Larger than any network or picture in use; a description that asks for more is damaged."""


STATISTICS_BYTES = 1 << 27
"""Bytes of pictures that suffice for the input's mean and deviation; computing them takes eight times that memory."""


@dataclass(frozen=True)
class ModelSpec:
    """All that is needed to build the same network again; stored beside its weights."""

    name: str
    """The backbone's name in the registry."""
    dim: int
    """Dimension of the embedding; 0 = no head: the backbone's features are the embedding."""
    channels: int
    """Channels of the input images, 1 or 3."""
    image_size: int
    """Side of the input images in pixels."""
    options: dict[str, Any] = field(default_factory=dict)
    """Options of the backbone's builder, as plain JSON values."""

    def __post_init__(self) -> None:
        if self.channels not in (1, 3):
            raise ValueError(f"channels must be 1 or 3, not {self.channels}")
        if not (0 <= self.dim <= MAX_WIDTH and 1 <= self.image_size <= MAX_SIDE):
            raise ValueError(f"dim must lie between 0 and {MAX_WIDTH}, image_size between 1 and {MAX_SIDE}")
        if not _within_bounds(self.options):
            raise ValueError(f"options must be plain values, numbers within {MAX_WIDTH}")


def _within_bounds(value: Any) -> bool:
    match value:
        case dict():
            return all(isinstance(key, str) for key in value) and _within_bounds(list(value.values()))
        case list():
            return len(value) <= MAX_LENGTH and all(_within_bounds(item) for item in value)
        case int() | float():
            return abs(value) <= MAX_WIDTH
        case _:
            return value is None or isinstance(value, str)


class Embedder(nn.Module):
    """Images to unit vectors."""

    mean: Tensor
    std: Tensor

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        self.spec = spec
        self.backbone = create(spec.name, channels=spec.channels, image_size=spec.image_size, **spec.options)
        features = cast(int, self.backbone.features)
        self.dim = spec.dim or features
        self.head = nn.Linear(features, spec.dim) if spec.dim else nn.Identity()
        inputs = cast(int, self.backbone.inputs)
        self.register_buffer("mean", torch.zeros(inputs))
        self.register_buffer("std", torch.ones(inputs))
        self._frozen: list[nn.Module] = []
        # Convolutions and pooling are faster in this layout, on CPU and GPU.
        convert_conv2d_weight_memory_format(self, torch.channels_last)

    def normalise_by(self, images: UInt8[Tensor, "n c s s"]) -> None:
        """Set the input mean and deviation to those of the training images, or of every k-th where they are many."""
        scaled = images[:: max(1, images.nbytes // STATISTICS_BYTES)].float() / 255
        self.mean.copy_(scaled.mean(dim=(0, 2, 3)))
        self.std.copy_(scaled.std(dim=(0, 2, 3)).clamp_min(1e-3))

    def normalise(self, mean: Sequence[float], std: Sequence[float]) -> None:
        """Set the input mean and deviation, of intensities from 0 to 1; one number for all channels, or one each."""
        self.mean.copy_(torch.tensor(mean))
        self.std.copy_(torch.tensor(std))

    def freeze(self, *, backbone: bool = False, batchnorm: bool = False) -> None:
        """Do not train the backbone at all, or keep the statistics of its batch normalisation."""
        norms: list[nn.Module] = [module for module in self.backbone.modules() if isinstance(module, _BatchNorm)]
        self._frozen = [self.backbone] if backbone else norms if batchnorm else []
        if backbone:
            self.backbone.requires_grad_(False)
        self.train(self.training)

    def train(self, mode: bool = True) -> Self:
        """As for any module, but what is frozen stays in evaluation mode."""
        super().train(mode)
        for module in self._frozen:
            module.eval()
        return self

    def parameter_groups(self, *, backbone_lr: float | None = None) -> list[dict[str, Any]]:
        """The parameters to train; the backbone's as a group of their own if it has its own learning rate."""
        groups: list[dict[str, Any]]
        if backbone_lr is None:
            groups = [{"params": list(self.parameters())}]
        else:
            groups = [
                {"params": list(self.backbone.parameters()), "lr": backbone_lr},
                {"params": list(self.head.parameters())},
            ]
        return [group | {"params": [p for p in group["params"] if p.requires_grad]} for group in groups]

    def forward(self, images: UInt8[Tensor, "b c s s"]) -> Float[Tensor, "b d"]:
        """uint8 images to embeddings of Euclidean length 1."""
        # A grey image becomes three equal channels here, where the network takes three.
        scaled = (images.float() / 255 - self.mean[:, None, None]) / self.std[:, None, None]
        features = self.backbone(scaled.contiguous(memory_format=torch.channels_last))
        return functional.normalize(self.head(features).float(), dim=1)  # of unit length also under autocast

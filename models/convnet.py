"""A small convolutional network for small images."""

from torch import nn

from models.registry import register


class ConvNet(nn.Sequential):
    """3 x 3 convolutions with batch normalisation, doubling the width at each halving, then the mean."""

    def __init__(self, *, channels: int, image_size: int, width: int) -> None:
        stages: list[nn.Module] = []
        inputs, outputs, side = channels, width, image_size
        while side >= 7 or not stages:
            stages += [_convolution(inputs, outputs), nn.MaxPool2d(2)]
            inputs, outputs, side = outputs, min(outputs * 2, 8 * width), side // 2
        super().__init__(*stages, _convolution(inputs, outputs), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.inputs, self.features = channels, outputs


def _convolution(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())


@register
def convnet(*, channels: int, image_size: int, width: int = 32) -> nn.Module:
    """A few hundred thousand weights: minutes on a CPU for some ten thousand small images."""
    return ConvNet(channels=channels, image_size=image_size, width=width)

"""A multi-layer perceptron, for inputs without spatial structure: vectors stored as pictures."""

from torch import nn

from models.registry import register


class Mlp(nn.Sequential):
    """Two hidden layers with batch normalisation."""

    def __init__(self, *, inputs: int, channels: int, width: int) -> None:
        super().__init__(nn.Flatten(), *_layer(inputs, width), *_layer(width, width))
        self.inputs, self.features = channels, width


def _layer(inputs: int, outputs: int) -> tuple[nn.Module, ...]:
    return nn.Linear(inputs, outputs, bias=False), nn.BatchNorm1d(outputs), nn.ReLU()


@register
def mlp(*, channels: int, image_size: int, width: int = 32) -> nn.Module:
    """`width` units in each layer; every pixel is an input of its own."""
    return Mlp(inputs=channels * image_size**2, channels=channels, width=width)

"""Backbones by name: `@register` a builder, `create` a network."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from torch import Tensor, nn

from models.errors import UncollapseError, shown

Statistics = tuple[tuple[float, ...], tuple[float, ...]]
"""Mean and standard deviation of a network's input per channel, of intensities from 0 to 1."""

IMAGENET: Statistics = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""What torchvision's and most other ImageNet weights expect."""


@dataclass(frozen=True)
class Pretrained:
    """Weights that a backbone starts from, instead of random ones."""

    state: dict[str, Tensor]
    """The backbone's state dict."""
    statistics: Statistics
    """What its input was normalised by."""
    options: dict[str, Any] = field(default_factory=dict)
    """Options of the builder that come with the weights."""


MODULES = ("convnet", "efficientnet", "huggingface", "mlp", "resnet")
"""Modules of `models` with registered builders; imported when a name is looked up, so that all of them are known
whatever else a process has imported."""

_BUILDERS: dict[str, Callable[..., nn.Module]] = {}


def register(builder: Callable[..., nn.Module]) -> Callable[..., nn.Module]:
    """Make a builder known by its function name.

    It takes `channels`, `image_size` and options of its own, and returns a module that maps images
    (b, module.inputs, image_size, image_size) to features (b, module.features). `inputs` is `channels`, or 3 for
    networks that see a grey image as a colour image of three equal channels. A module for which weights are
    published has `module.statistics`, the input statistics that these expect.
    """
    _BUILDERS[builder.__name__] = builder
    return builder


def create(name: str, **options: Any) -> nn.Module:
    """A freshly initialised backbone; UncollapseError names the known ones."""
    return _builder(name)(**options)


def options_of(name: str) -> set[str]:
    """The options of a builder, without those that describe the images."""
    return set(inspect.signature(_builder(name)).parameters) - {"channels", "image_size"}


def names() -> list[str]:
    """The registered backbones."""
    return sorted(_builders())


def _builder(name: str) -> Callable[..., nn.Module]:
    if name not in _builders():
        raise UncollapseError(f'there is no model "{shown(name)}"; choose one of: {", ".join(names())}')
    return _builders()[name]


def _builders() -> dict[str, Callable[..., nn.Module]]:
    for module in MODULES:
        import_module(f"models.{module}")
    return _BUILDERS

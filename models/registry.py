"""Backbones by name: `@register` a builder, `create` a network."""

from collections.abc import Callable
from typing import Any

from torch import nn

from models.errors import UncollapseError

_BUILDERS: dict[str, Callable[..., nn.Module]] = {}


def register(builder: Callable[..., nn.Module]) -> Callable[..., nn.Module]:
    """Make a builder known by its function name.

    It takes `channels`, `image_size` and options of its own, and returns a module that maps images
    (b, channels, image_size, image_size) to features (b, module.features).
    """
    _BUILDERS[builder.__name__] = builder
    return builder


def create(name: str, **options: Any) -> nn.Module:
    """A freshly initialised backbone; UncollapseError names the known ones."""
    if name not in _BUILDERS:
        raise UncollapseError(f'there is no model "{name}"; choose one of: {", ".join(sorted(_BUILDERS))}')
    return _BUILDERS[name](**options)


def names() -> list[str]:
    """The registered backbones."""
    return sorted(_BUILDERS)

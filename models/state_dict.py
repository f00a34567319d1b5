"""The tensors of one network in whatever a training script has saved around them."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from models.errors import CheckpointError, shown

MAX_DEPTH = 8
"""Mappings in mappings; a file may hold one that holds itself."""

PREFERRED = ("teacher", "ema", "encoder_q", "online")
"""Of several copies of a network, the one to embed with: self-distillation's teacher, an average of the weights, the
encoder that is trained."""


@dataclass(frozen=True)
class Found:
    """A network's tensors by their own names."""

    tensors: dict[str, Tensor]
    prefix: str
    """What stood before their names, the keys of nested mappings included, as in "state_dict.module."."""
    others: tuple[str, ...]
    """Prefixes of other copies of the network."""
    outside: tuple[str, ...]
    """Names of tensors without the prefix."""


def find_network(path: Path, content: Any, wanted: Set[str]) -> Found:
    """Take off the one prefix under which all `wanted` names are.

    Where none has all of them but one has most, it is taken, and what lacks is left to be found by the caller. Raises
    CheckpointError where no prefix has most of the names, or several have all and differ.
    """
    tensors = dict(_tensors(content))
    if not tensors:
        raise CheckpointError(f"{shown(path)} holds no state dict; save the model's state_dict() alone")
    counts = _prefixes(tensors, wanted)
    whole = [prefix for prefix, count in counts.items() if count == len(wanted)]
    most, count = counts.most_common(1)[0] if counts else ("", 0)
    if 2 * count < len(wanted):
        held = " and ".join(f'"{shown(name, limit=50)}"' for name in list(tensors)[:2])
        raise CheckpointError(
            f"{shown(path)} holds no weights of this network: its names are such as {held}, "
            f'and the network needs such as "{min(wanted)}"; choose another --model'
        )
    prefix = _one_of(path, whole, tensors, wanted) if whole else most
    inside = {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
    outside = tuple(name for name in tensors if not name.startswith(prefix))
    return Found(inside, prefix, tuple(other for other in whole if other != prefix), outside)


def _tensors(content: Any) -> Iterator[tuple[str, Tensor]]:
    """All tensors in nested mappings, by their keys joined with dots."""
    seen: set[int] = set()

    def walk(value: Any, name: str, depth: int) -> Iterator[tuple[str, Tensor]]:
        if isinstance(value, Tensor):
            yield name, value
        elif isinstance(value, Mapping) and depth < MAX_DEPTH and id(value) not in seen:
            seen.add(id(value))
            for key, inner in value.items():
                yield from walk(inner, f"{name}.{key}" if name else str(key), depth + 1)

    return walk(content, "", 0) if isinstance(content, Mapping) else iter(())


def _prefixes(tensors: Mapping[str, Tensor], wanted: Set[str]) -> Counter[str]:
    """Prefix -> how many wanted names follow it."""
    longest = max(name.count(".") for name in wanted) + 1
    counts: Counter[str] = Counter()
    for name in tensors:
        parts = name.rsplit(".", longest)
        for i in range(len(parts)):
            tail = ".".join(parts[i:])
            if tail in wanted:
                counts[name[: len(name) - len(tail)]] += 1
    return counts


def _one_of(path: Path, prefixes: list[str], tensors: Mapping[str, Tensor], wanted: Set[str]) -> str:
    for word in PREFERRED:
        named = [prefix for prefix in prefixes if re.search(rf"(^|[._]){word}[._]", prefix)]
        if len(named) == 1 < len(prefixes):
            return named[0]
    first, *others = prefixes
    if all(torch.equal(tensors[first + name], tensors[other + name]) for other in others for name in wanted):
        return first
    listed = " and ".join(f'"{shown(prefix, limit=40)}"' for prefix in prefixes[:3])
    raise CheckpointError(f"{shown(path)} holds several of these networks, after {listed}; save one of them alone")

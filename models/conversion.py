"""Weights trained elsewhere, as `.pth` or safetensors, to a safetensors file for one of the backbones here."""

import os
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from models.errors import CheckpointError, first_line, shown
from models.registry import create
from models.tensors import check_finite, check_names, check_shape, check_size
from models.whole_files import replacing

CONVERTIBLE = ("resnet18", "resnet34", "resnet50")
"""Backbones whose weights are published as files."""

WRAPPERS = ("state_dict", "model")
"""Keys under which training scripts save the state dict, beside other values."""

PREFIX = "module."
"""Prefix of all names in a state dict of DataParallel."""

CLASSIFIERS = ("fc.", "_fc.")
"""The classification layer of torchvision's ResNets and of EfficientNets: no part of a backbone."""

COUNTER = "num_batches_tracked"
"""A counter of batch normalisation that is not used here, and that older files lack."""


@dataclass(frozen=True)
class Converted:
    """What was written, and which tensors were left out."""

    path: Path
    tensors: int
    dropped: list[str]


def convert(source: Path, target: Path, *, name: str) -> Converted:
    """Write the backbone's part of `source` to the new safetensors file `target`.

    A `.pth` is read with `weights_only=True`: nothing in it is run. The classifier is dropped, half precision
    becomes float32. Raises CheckpointError where the file is not those weights, or `target` exists.
    """
    if os.path.lexists(target):  # the methods of Path raise on names that are too long
        raise CheckpointError(f"{shown(target)} exists already; choose another --out or remove it")
    tensors = _unwrapped(source, _read(source))
    dropped = [key for key in tensors if key.startswith(CLASSIFIERS)]
    state = match_state_dict(source, {key: tensors[key] for key in tensors if key not in dropped}, _meta_backbone(name))
    try:
        with replacing(target) as draft:
            save_file(state, draft, metadata={"model": name})
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"cannot write {target}: {error}") from None
    return Converted(target, len(state), dropped)


def match_state_dict(source: Path, tensors: Mapping[str, Tensor], backbone: nn.Module) -> dict[str, Tensor]:
    """The tensors as the backbone's state dict; CheckpointError where names, shapes or values do not allow it."""
    expected = backbone.state_dict()
    counters = {key: torch.zeros((), dtype=torch.long) for key in expected if key.endswith(COUNTER)}
    tensors = {**counters, **tensors}
    check_names(source, set(tensors), set(expected))
    for key, tensor in tensors.items():
        check_shape(source, key, tuple(tensor.shape), expected[key])
        if tensor.layout is not torch.strided or tensor.is_quantized or tensor.is_meta:
            raise CheckpointError(f"{source}: tensor {key} is sparse, quantised or empty; save dense tensors")
        if tensor.is_floating_point() != expected[key].is_floating_point():
            raise CheckpointError(f"{source}: tensor {key} is {tensor.dtype}, the network needs {expected[key].dtype}")
        check_finite(source, key, tensor)
    return {key: tensors[key].to(like.dtype).contiguous() for key, like in expected.items()}


def read_pth(path: Path) -> Any:
    """What a `.pth` holds, if that is nothing but tensors and plain values; CheckpointError if not."""
    check_size(path)
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise CheckpointError(
            f"{path} holds more than tensors, or is damaged, and is not read for safety; save the state dict alone"
        ) from None
    except Exception as error:  # torch raises a dozen kinds on broken files
        raise CheckpointError(f"{path} is not a readable .pth file ({first_line(error)})") from None


def _meta_backbone(name: str) -> nn.Module:
    """A backbone on the meta device: names and shapes, but no values."""
    if name not in CONVERTIBLE:
        raise CheckpointError(f'convert makes weights for {", ".join(CONVERTIBLE)}, not for "{name}"')
    with torch.device("meta"):
        return create(name, channels=3, image_size=224)


def _read(path: Path) -> Any:
    if path.suffix != ".safetensors":
        return read_pth(path)
    check_size(path)
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path} is not a readable safetensors file ({error})") from None


def _unwrapped(path: Path, found: Any) -> dict[str, Tensor]:
    """The state dict, without wrappers and prefix."""
    for key in WRAPPERS:
        if isinstance(found, Mapping) and isinstance(found.get(key), Mapping):
            found = found[key]
    if not isinstance(found, Mapping) or not found:
        raise CheckpointError(f"{path} holds no state dict; save the model's state_dict() alone")
    for key, value in found.items():
        if not isinstance(key, str) or not isinstance(value, Tensor):
            raise CheckpointError(f"{path} holds no state dict: {key!r:.80} is no tensor; save the state_dict() alone")
    prefixed = all(key.startswith(PREFIX) for key in found)
    return {key.removeprefix(PREFIX) if prefixed else key: value for key, value in found.items()}

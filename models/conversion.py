"""Weights trained elsewhere, as `.pth` or safetensors, to a safetensors file for one of the backbones here."""

import os
import pickle
import warnings
import zipfile
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
from models.state_dict import find_network
from models.tensors import check_finite, check_names, check_shape, check_size
from models.whole_files import replacing

CONVERTIBLE = ("resnet18", "resnet34", "resnet50")
"""Backbones whose weights are published as files."""

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
    """Of the classifier."""
    prefix: str
    """What was taken off the names."""
    others: tuple[str, ...]
    """Prefixes of other copies of the network, which were left."""
    outside: tuple[str, ...]
    """Tensors of anything else."""


def convert(source: Path, target: Path, *, name: str) -> Converted:
    """Write the backbone's part of `source` to the new safetensors file `target`.

    A `.pth` is read with `weights_only=True`: nothing in it is run. What others put before the names is taken off, the
    classifier is dropped, other precisions become float32. Raises CheckpointError where the file is not those weights,
    or `target` exists.
    """
    if os.path.lexists(target):  # the methods of Path raise on names that are too long
        raise CheckpointError(f"{shown(target)} exists already; choose another --out or remove it")
    backbone = _meta_backbone(name)
    wanted = {key for key in backbone.state_dict() if not key.endswith(COUNTER)}
    found = find_network(source, _read(source), wanted)
    dropped = [key for key in found.tensors if key.startswith(CLASSIFIERS)]
    kept = {key: tensor for key, tensor in found.tensors.items() if key not in dropped}
    state = match_state_dict(source, kept, backbone)
    try:
        with replacing(target) as draft:
            save_file(state, draft, metadata={"model": name})
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"cannot write {shown(target)} ({shown(_why(error))})") from None
    return Converted(target, len(state), dropped, found.prefix, found.others, found.outside)


def match_state_dict(source: Path, tensors: Mapping[str, Tensor], backbone: nn.Module) -> dict[str, Tensor]:
    """The tensors as the backbone's state dict; CheckpointError where names, shapes or values do not allow it."""
    expected = backbone.state_dict()
    counters = {key: torch.zeros((), dtype=torch.long) for key in expected if key.endswith(COUNTER)}
    tensors = {**counters, **tensors}
    check_names(source, set(tensors), set(expected))
    for key, tensor in tensors.items():
        check_shape(source, key, tuple(tensor.shape), expected[key])
        if tensor.layout is not torch.strided or tensor.is_quantized or tensor.is_meta:
            raise CheckpointError(
                f"{shown(source)}: tensor {shown(key)} is sparse, quantised or empty; save dense tensors"
            )
        if tensor.is_floating_point() != expected[key].is_floating_point():
            raise CheckpointError(
                f"{shown(source)}: tensor {shown(key)} is {tensor.dtype}, the network needs {expected[key].dtype}"
            )
        check_finite(source, key, tensor, expected[key].dtype)
    return {key: tensors[key].to(like.dtype).contiguous() for key, like in expected.items()}


def read_pth(path: Path) -> Any:
    """What a `.pth` holds, if that is nothing but tensors and plain values; CheckpointError if not."""
    check_size(path)
    try:
        _check_unpacked(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what torch thinks of the file is said below
            return torch.load(path, map_location="cpu", weights_only=True)
    except CheckpointError:
        raise
    except pickle.UnpicklingError:
        what = f"{shown(path)} holds more than tensors, or is damaged, and is not read for safety"
        raise CheckpointError(f"{what}; save the state dict alone") from None
    except Exception as error:  # torch raises a dozen kinds on broken files
        raise CheckpointError(f"{shown(path)} is not a readable .pth file ({first_line(error)})") from None


def _check_unpacked(path: Path) -> None:
    """Raise CheckpointError for a zip that unpacks to more than its size; torch itself does not compress."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        unpacked, size = sum(member.file_size for member in archive.infolist()), path.stat().st_size
    if unpacked > 2 * size:
        raise CheckpointError(f"{shown(path)} has {size:,} bytes and unpacks to {unpacked:,}; save it with torch.save")


def _meta_backbone(name: str) -> nn.Module:
    """A backbone on the meta device: names and shapes, but no values."""
    if name not in CONVERTIBLE:
        raise CheckpointError(f'convert makes weights for {", ".join(CONVERTIBLE)}, not for "{shown(name)}"')
    with torch.device("meta"):
        return create(name, channels=3, image_size=224)


def _read(path: Path) -> Any:
    if path.suffix != ".safetensors":
        return read_pth(path)
    check_size(path)
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{shown(path)} is not a readable safetensors file ({shown(_why(error))})") from None


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or first_line(error)

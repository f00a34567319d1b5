"""Safetensors files, read against the tensors a network needs: names, shapes, types, finite values."""

import os
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from models.errors import CheckpointError

MAX_BYTES = 8 << 30


def read_tensors(path: Path, expected: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A file's tensors if they are those of `expected` (of which only names, shapes and types matter).

    Raises CheckpointError where the file is missing, unreadable or too large, a tensor's name, shape or type
    differs, or a weight is not finite.
    """
    check_size(path)
    try:
        with safe_open(path, framework="pt") as file:
            check_names(path, set(file.keys()), set(expected))
            return {name: _checked(path, name, file, expected[name]) for name in expected}
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path} is not a readable safetensors file ({error}); pickles are not read") from None


def check_size(path: Path) -> None:
    """Raise CheckpointError for what is not a file, or too large."""
    if not os.path.isfile(path):  # False, not an error, for a name too long for the disk
        raise CheckpointError(f"{path} is missing, or not a file")
    if path.stat().st_size > MAX_BYTES:
        raise CheckpointError(f"{path} is larger than {MAX_BYTES >> 30} GiB, the limit for a checkpoint")


def check_names(path: Path, found: set[str], expected: set[str]) -> None:
    """Raise CheckpointError for missing or unknown tensors."""
    if missing := sorted(expected - found):
        raise CheckpointError(f"{path} lacks {len(missing)} tensor(s) of this network, such as {missing[0]:.100}")
    if unknown := sorted(found - expected):
        other = f"{len(unknown)} tensor(s) unknown to this network, such as {unknown[0]:.100}"
        raise CheckpointError(f"{path} holds {other}")


def check_shape(path: Path, name: str, shape: tuple[int, ...], like: Tensor) -> None:
    """Raise CheckpointError for another shape than that of `like`."""
    if shape != tuple(like.shape):
        raise CheckpointError(f"{path}: tensor {name} has shape {shape}, the network needs {tuple(like.shape)}")


def check_finite(path: Path, name: str, tensor: Tensor) -> None:
    """Raise CheckpointError for NaN and infinity."""
    if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
        raise CheckpointError(f"{path}: tensor {name} holds NaN or infinite weights")


def _checked(path: Path, name: str, file: safe_open, like: Tensor) -> Tensor:
    check_shape(path, name, tuple(file.get_slice(name).get_shape()), like)
    tensor = file.get_tensor(name)
    if tensor.dtype != like.dtype:
        raise CheckpointError(f"{path}: tensor {name} is {tensor.dtype}, the network needs {like.dtype}")
    check_finite(path, name, tensor)
    return tensor

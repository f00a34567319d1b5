"""Checkpoints: weights in model.safetensors, the network's description in model.json; nothing is ever unpickled."""

import json
from dataclasses import asdict
from pathlib import Path

import torch
from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from models.errors import CheckpointError, UncollapseError
from models.head import Embedder, ModelSpec

WEIGHTS = "model.safetensors"
DESCRIPTION = "model.json"
MAX_BYTES = 8 << 30


def save_checkpoint(folder: Path, embedder: Embedder) -> None:
    """Write the weights and the description into an existing folder."""
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in embedder.state_dict().items()}
    (folder / WEIGHTS).write_bytes(save(state))
    (folder / DESCRIPTION).write_text(json.dumps(asdict(embedder.spec), indent=1), encoding="utf-8")


def load_checkpoint(folder: Path) -> Embedder:
    """The network on the CPU, in evaluation mode.

    Raises CheckpointError where a file is missing, unreadable or too large, a tensor's name, shape or type is not
    the network's, or a weight is not finite.
    """
    spec = _read_description(folder / DESCRIPTION)
    try:
        with torch.device("meta"):  # shapes only: memory is taken for what the file holds, not for what it claims
            embedder = Embedder(spec)
    except (UncollapseError, TypeError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"{folder / DESCRIPTION} describes no network that can be built: {error}") from None
    embedder.load_state_dict(_read_weights(folder / WEIGHTS, embedder.state_dict()), assign=True)
    return embedder.eval()


def _read_description(path: Path) -> ModelSpec:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return TypeAdapter(ModelSpec).validate_python(values, extra="forbid")
    except FileNotFoundError:
        raise CheckpointError(f"{path} is missing: a checkpoint is {WEIGHTS} beside {DESCRIPTION}") from None
    except (OSError, ValueError, RecursionError) as error:
        reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise CheckpointError(f"{path} is not a model description: {reason}") from None


def _read_weights(path: Path, expected: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    if not path.is_file():
        raise CheckpointError(f"{path} is missing: a checkpoint is {WEIGHTS} beside {DESCRIPTION}")
    if path.stat().st_size > MAX_BYTES:
        raise CheckpointError(f"{path} is larger than {MAX_BYTES >> 30} GiB, the limit for a checkpoint")
    try:
        with safe_open(path, framework="pt") as file:
            _check_names(path, set(file.keys()), set(expected))
            return {name: _checked(path, name, file, expected[name]) for name in expected}
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path} is not a readable safetensors file ({error}); pickles are not read") from None


def _check_names(path: Path, found: set[str], expected: set[str]) -> None:
    if missing := sorted(expected - found):
        raise CheckpointError(f"{path} lacks {len(missing)} tensor(s) of this network, such as {missing[0]}")
    if unknown := sorted(found - expected):
        raise CheckpointError(f"{path} holds {len(unknown)} tensor(s) unknown to this network, such as {unknown[0]}")


def _checked(path: Path, name: str, file: safe_open, like: torch.Tensor) -> torch.Tensor:
    shape = tuple(file.get_slice(name).get_shape())
    if shape != tuple(like.shape):
        raise CheckpointError(f"{path}: tensor {name} has shape {shape}, the network needs {tuple(like.shape)}")
    tensor = file.get_tensor(name)
    if tensor.dtype != like.dtype:
        raise CheckpointError(f"{path}: tensor {name} is {tensor.dtype}, the network needs {like.dtype}")
    if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
        raise CheckpointError(f"{path}: tensor {name} holds NaN or infinite weights")
    return tensor

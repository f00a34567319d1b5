"""Checkpoints: weights in model.safetensors, the network's description in model.json; nothing is ever unpickled."""

import json
from dataclasses import asdict
from pathlib import Path

import torch
from pydantic import TypeAdapter, ValidationError
from safetensors.torch import save

from models.errors import CheckpointError, UncollapseError, shown
from models.head import Embedder, ModelSpec
from models.tensors import read_tensors

WEIGHTS = "model.safetensors"
DESCRIPTION = "model.json"


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
        with torch.device("meta"):  # shapes only, so that a false description cannot fill the memory
            embedder = Embedder(spec)
    except (UncollapseError, TypeError, ValueError, RuntimeError) as error:
        raise CheckpointError(
            f"{shown(folder / DESCRIPTION)} describes no network that can be built: {shown(error, limit=160)}"
        ) from None
    weights = read_tensors(folder / WEIGHTS, embedder.state_dict())
    if any(name not in weights for name, _ in embedder.named_buffers()):
        embedder = Embedder(spec)  # it has constants that are computed and not stored
    embedder.load_state_dict(weights, assign=True)
    return embedder.eval()


def _read_description(path: Path) -> ModelSpec:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return TypeAdapter(ModelSpec).validate_python(values, extra="forbid")
    except FileNotFoundError:
        raise CheckpointError(f"{shown(path)} is missing: a checkpoint is {WEIGHTS} beside {DESCRIPTION}") from None
    except (OSError, ValueError, RecursionError) as error:
        reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise CheckpointError(f"{shown(path)} is not a model description: {shown(reason, limit=160)}") from None

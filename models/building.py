"""A network to train: fresh from a seed, or on a backbone that has been trained elsewhere."""

import os
from dataclasses import replace
from pathlib import Path

import torch
from jaxtyping import UInt8
from torch import Tensor, nn

from models.checkpoint import DESCRIPTION, load_checkpoint
from models.conversion import match_state_dict
from models.efficientnet import read_imagenet
from models.errors import CheckpointError, shown
from models.head import Embedder, ModelSpec
from models.huggingface import read_huggingface
from models.registry import Pretrained, create
from models.tensors import read_tensors


def build(spec: ModelSpec, images: UInt8[Tensor, "n c s s"] | None, *, seed: int, weights: str = "") -> Embedder:
    """A network on the CPU whose head, and backbone where no `weights` are given, depend on the seed alone.

    weights: a safetensors file that `convert` has made; the folder of a checkpoint with the same backbone; "imagenet"
    for efficientnet_lite0; a folder or a hub's repository for huggingface. The head is fresh in any case. The input is
    normalised as the weights need it; for fresh networks by the statistics of `images`. Torch's global generator keeps
    its state.
    Raises CheckpointError where the weights do not fit.
    """
    with torch.random.fork_rng(devices=[]):
        pretrained = read_pretrained(spec, weights) if weights else None
        torch.manual_seed(seed)
        embedder = Embedder(spec if pretrained is None else replace(spec, options=spec.options | pretrained.options))
    if pretrained is not None:
        embedder.backbone.load_state_dict(pretrained.state)
        embedder.normalise(*pretrained.statistics)
    elif images is not None:
        embedder.normalise_by(images)
    return embedder


def read_pretrained(spec: ModelSpec, weights: str) -> Pretrained:
    """The weights that a text names, for the backbone of a spec."""
    path = Path(weights)
    if os.path.isfile(path / DESCRIPTION):
        return _from_checkpoint(path, spec)
    if spec.name == "huggingface":
        return read_huggingface(weights)
    if (spec.name, weights) == ("efficientnet_lite0", "imagenet"):
        return read_imagenet()
    if path.suffix in (".pth", ".pt", ".bin", ".ckpt"):
        raise CheckpointError(
            f"{shown(path)} cannot be read directly; make a safetensors file of it first: "
            f"python -m core convert {shown(path)} --model {spec.name}"
        )
    backbone = _meta_backbone(spec)
    statistics = getattr(backbone, "statistics", None)
    if statistics is None:
        raise CheckpointError(
            f"{shown(path)} is not the folder of a checkpoint, and {spec.name} takes no other weights"
        )
    return Pretrained(read_tensors(path, backbone.state_dict()), statistics)


def _from_checkpoint(folder: Path, spec: ModelSpec) -> Pretrained:
    trained = load_checkpoint(folder)
    found = trained.spec
    if found.name != spec.name or found.options | spec.options != found.options:
        raise CheckpointError(
            f"{shown(folder)} holds {found.name} with {found.options}, "
            f"the recipe's model is {spec.name} with {spec.options}"
        )
    state = match_state_dict(
        folder, trained.backbone.state_dict(), _meta_backbone(replace(spec, options=found.options))
    )
    mean, std = (tuple(values.tolist()) for values in (trained.mean, trained.std))
    return Pretrained(state, (mean, std), found.options)


def _meta_backbone(spec: ModelSpec) -> nn.Module:
    """A backbone on the meta device: names and shapes, but no values."""
    with torch.device("meta"):
        return create(spec.name, channels=spec.channels, image_size=spec.image_size, **spec.options)

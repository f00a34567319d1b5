"""Vision networks of the Hugging Face hub as backbones, through `transformers`, an optional extra.

The feature of a picture is the network's own pooled output where it has one that its pre-training used: DINOv2 and
CLIP give the normalised CLS token, ConvNeXt and Swin the normalised mean over places. ViT and DeiT come with a pooling
layer that most checkpoints leave untrained: it is removed, and the feature is the CLS token. Others give their first
token, or the mean of their last map.

Weights are read from safetensors only and no code of a repository is run. Nothing here needs torchvision.
"""

import importlib
import json
import os
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from models.errors import CheckpointError, UncollapseError, first_line, shown
from models.registry import IMAGENET, Pretrained, Statistics, register
from models.tensors import check_finite

FILES = [
    "config.json",
    "*processor_config.json",
    "model.safetensors",
    "model-*.safetensors",
    "*.safetensors.index.json",
]
"""Files that are downloaded from a repository."""

MAX_DEPTH = 512
"""Layers; a configuration that asks for more is damaged."""

IGNORED_KEYS = frozenset(
    {
        "architectures",
        "attn_implementation",
        "auto_map",
        "backbone",
        "dtype",
        "id2label",
        "label2id",
        "output_attentions",
        "output_hidden_states",
        "problem_type",
        "quantization_config",
        "return_dict",
        "torch_dtype",
        "transformers_version",
        "use_pretrained_backbone",
        "use_timm_backbone",
    }
)
"""Keys of a configuration that are not about the network's form, or would fetch code or weights from elsewhere."""

Config = dict[str, Any]


class HuggingFace(nn.Module):
    """A network of `transformers`, freshly initialised from a configuration in plain values."""

    inputs = 3

    def __init__(self, config: Config) -> None:
        super().__init__()
        checked = _configuration(config)
        try:
            self.network = _transformers().AutoModel.from_config(checked, trust_remote_code=False)
        except Exception as error:  # of any kind: odd values reach the model's own code
            raise UncollapseError(f"no network can be built of its configuration ({first_line(error)})") from None
        if self.network.main_input_name != "pixel_values":
            raise UncollapseError(f'"{checked.model_type}" is no vision network')
        _remove_untrained_pooler(self.network)
        for name, parameter in self.network.named_parameters():
            if name.endswith("mask_token"):  # of the pre-training; data-parallel training waits for every gradient
                parameter.requires_grad_(False)
        self.features: int = getattr(checked, "hidden_size", None) or checked.hidden_sizes[-1]

    def forward(self, images: Float[Tensor, "b 3 s s"]) -> Float[Tensor, "b d"]:
        # Position embeddings are interpolated where the pictures have another size than in the pre-training.
        output = self.network(pixel_values=images, interpolate_pos_encoding=True)
        pooled = output.get("pooler_output")
        if pooled is not None:
            return pooled.flatten(1)
        last = output.last_hidden_state  # (b, tokens, d) or (b, d, h, w)
        return last[:, 0] if last.ndim == 3 else last.mean(dim=(2, 3))


@register
def huggingface(*, channels: int, image_size: int, config: Config | None = None) -> nn.Module:
    """Any vision network of the hub; a recipe names it by model.weights."""
    if config is None:
        raise UncollapseError('model "huggingface" needs model.weights, such as "facebook/dinov2-small"')
    return HuggingFace(config)


def read_huggingface(weights: str) -> Pretrained:
    """Weights and configuration of a local folder or of a repository, `owner/name` or `owner/name@revision`.

    The input statistics are those of its preprocessor_config.json, ImageNet's where there is none. Raises
    CheckpointError where it cannot be downloaded or holds no vision network in safetensors.
    """
    folder = Path(weights) if os.path.isdir(weights) else _download(weights)
    transformers = _transformers()
    try:
        config = transformers.AutoConfig.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
        plain = _plain(getattr(config, "vision_config", config).to_dict())
        network, report = transformers.AutoModel.from_pretrained(
            folder,
            config=_configuration(plain),
            use_safetensors=True,
            trust_remote_code=False,
            local_files_only=True,
            dtype=torch.float32,
            output_loading_info=True,
        )
    except UncollapseError:
        raise
    except Exception as error:  # a dozen kinds, from missing files to mismatched shapes
        raise CheckpointError(f"{shown(weights)} holds no network that can be read ({first_line(error)})") from None
    if network.main_input_name != "pixel_values":
        raise CheckpointError(f'{shown(weights)} holds "{network.config.model_type}", which is no vision network')
    _remove_untrained_pooler(network)
    state = {f"network.{key}": value for key, value in network.state_dict().items()}
    if missing := sorted(key for key in report["missing_keys"] if f"network.{key}" in state):
        raise CheckpointError(f"{shown(weights)} lacks {len(missing)} tensor(s) of its network, such as {missing[0]}")
    for key, value in state.items():
        check_finite(folder, key, value, torch.float32)
    return Pretrained(state, _statistics(folder), {"config": plain})


def _transformers() -> Any:
    try:
        transformers = importlib.import_module("transformers")
    except ImportError:
        raise UncollapseError(
            'model "huggingface" needs the package transformers: pip install -r requirements-extra.txt'
        ) from None
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    return transformers


def _download(weights: str) -> Path:
    """The repository's files in the hub's own cache."""
    _transformers()  # raises UncollapseError where the extra is not installed
    hub = importlib.import_module("huggingface_hub")
    name, _, revision = weights.partition("@")
    try:
        return Path(hub.snapshot_download(name, revision=revision or None, allow_patterns=FILES))
    except Exception as error:  # no network, no such repository, no right to it, no space
        raise CheckpointError(
            f'"{shown(weights)}" is no folder, and cannot be downloaded from the Hugging Face hub ({first_line(error)})'
        ) from None


def _configuration(values: Config) -> Any:
    """A configuration of `transformers` from plain values."""
    kept = _plain(values)
    kind = kept.pop("model_type", None)
    depths = [value for key, value in kept.items() if "layers" in key or "depth" in key]
    if any(not _is_within_depth_limit(depth) for depth in depths):
        raise UncollapseError(f"a network of more than {MAX_DEPTH} layers is damaged")
    try:
        return _transformers().AutoConfig.for_model(kind, **kept)
    except UncollapseError:
        raise
    except Exception as error:  # an unknown kind, or values that its class refuses
        raise UncollapseError(f"its configuration cannot be read ({first_line(error)})") from None


def _is_within_depth_limit(depth: Any) -> bool:
    numbers = depth if isinstance(depth, list) else [depth]
    return sum(number for number in numbers if isinstance(number, int | float)) <= MAX_DEPTH


def _plain(config: Config) -> Config:
    return {key: value for key, value in config.items() if key not in IGNORED_KEYS and not key.startswith("_")}


def _remove_untrained_pooler(network: Any) -> None:
    if isinstance(getattr(getattr(network, "pooler", None), "dense", None), nn.Linear):
        network.pooler = None


def _statistics(folder: Path) -> Statistics:
    path = folder / "preprocessor_config.json"
    if not os.path.isfile(path):
        return IMAGENET
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        mean, std = (values.get("image_mean", IMAGENET[0]), values.get("image_std", IMAGENET[1]))
        found = torch.tensor([mean, std], dtype=torch.float64)  # (2, 3)
    except (OSError, ValueError, TypeError, AttributeError, RuntimeError, RecursionError):
        raise CheckpointError(f"{shown(path)} does not describe a preprocessor") from None
    if found.shape != (2, 3) or not bool(found.isfinite().all()) or float(found[1].min()) < 1e-3:
        raise CheckpointError(f"{shown(path)}: image_mean and image_std must be three numbers each, image_std above 0")
    return tuple(found[0].tolist()), tuple(found[1].tolist())

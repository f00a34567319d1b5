"""Random vision networks of `transformers`, two layers and 32 wide, saved as the hub would hold them."""

import json
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoModel,
    CLIPConfig,
    CLIPVisionConfig,
    ConvNextConfig,
    Dinov2Config,
    PreTrainedConfig,
    ViTConfig,
)

TOKENS: dict[str, Any] = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 32}
CONFIGS: dict[str, PreTrainedConfig] = {
    "dinov2": Dinov2Config(**TOKENS, patch_size=8),
    "vit": ViTConfig(**TOKENS, patch_size=8, intermediate_size=64),
    "convnext": ConvNextConfig(hidden_sizes=[8, 16, 24, 32], depths=[1, 1, 1, 1]),
    "clip": CLIPVisionConfig(**TOKENS, patch_size=8, intermediate_size=64),
}
STATISTICS = {"image_mean": [0.5, 0.4, 0.3], "image_std": [0.2, 0.3, 0.4]}


def save(folder: Path, config: PreTrainedConfig, *, statistics: dict[str, Any] | None = STATISTICS) -> Path:
    """A folder with config.json, model.safetensors and, if given, preprocessor_config.json."""
    torch.manual_seed(0)
    AutoModel.from_config(config).save_pretrained(folder)
    if statistics is not None:
        (folder / "preprocessor_config.json").write_text(json.dumps(statistics))
    return folder


def clip_with_text() -> CLIPConfig:
    """As CLIP is published: a text and a vision network in one file."""
    text = {**TOKENS, "vocab_size": 50, "intermediate_size": 64, "max_position_embeddings": 8}
    del text["image_size"]
    return CLIPConfig(text_config=text, vision_config=CONFIGS["clip"].to_dict(), projection_dim=16)

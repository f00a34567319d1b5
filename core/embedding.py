"""Items to vectors: by a trained network, or as plain pixels, the reference from before any training."""

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float32, UInt8
from PIL import Image
from torch import Tensor

from core.data import ArrayImages
from models.checkpoint import load_checkpoint
from models.head import Embedder

REFERENCE_SIDE = 32


@torch.no_grad()
def embed(embedder: Embedder, images: UInt8[Tensor, "n c s s"], *, batch: int = 512) -> Float32[np.ndarray, "n d"]:
    """Images to unit vectors, in evaluation mode, on the network's own device."""
    embedder.eval()
    device = embedder.mean.device
    parts = [embedder(images[i : i + batch].to(device)).float().cpu() for i in range(0, len(images), batch)]
    return torch.cat(parts).numpy() if parts else np.empty((0, embedder.spec.dim), np.float32)


def embed_pictures(checkpoint: Path, pictures: list[Image.Image]) -> Float32[np.ndarray, "n d"]:
    """Pictures of any size through the network of a checkpoint folder. Raises CheckpointError."""
    embedder = load_checkpoint(checkpoint)
    spec = embedder.spec
    return embed(embedder, torch.from_numpy(to_pixels(pictures, size=spec.image_size, channels=spec.channels)))


def to_pixels(pictures: list[Image.Image], *, size: int, channels: int) -> UInt8[np.ndarray, "n c s s"]:
    """Pictures as a network's input, fitted as `core.data.images` describes."""
    squares = [ArrayImages(np.asarray(p)[None]).pixels(np.array([0]), size=size, channels=channels) for p in pictures]
    return np.concatenate(squares)


def pixel_vectors(pixels: UInt8[np.ndarray, "n c s s"]) -> Float32[np.ndarray, "n d"]:
    """Intensities as unit vectors, d = c s s; an all-black picture becomes the even vector."""
    flat = pixels.reshape(len(pixels), -1).astype(np.float32)
    flat[~flat.any(axis=1)] = 1.0
    return flat / np.linalg.norm(flat, axis=1, keepdims=True)

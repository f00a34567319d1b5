"""Items to vectors by a trained network."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float32, UInt8
from PIL import Image
from torch import Tensor

from core.data.images import Images
from core.pixels import stream_pixels, to_pixels
from models.checkpoint import load_checkpoint
from models.head import Embedder


@torch.no_grad()
def embed(embedder: Embedder, images: UInt8[Tensor, "n c s s"], *, batch: int = 512) -> Float32[np.ndarray, "n d"]:
    """Images to unit vectors, in evaluation mode, on the network's own device."""
    embedder.eval()
    device = embedder.mean.device
    parts = [embedder(images[i : i + batch].to(device)).float().cpu() for i in range(0, len(images), batch)]
    return torch.cat(parts).numpy() if parts else np.empty((0, embedder.dim), np.float32)


def embed_stream(embedder: Embedder, images: Images) -> Iterator[Float32[np.ndarray, "m d"]]:
    """All pictures of a store as unit vectors, block by block, at the network's own input size."""
    blocks = stream_pixels(images, side=embedder.spec.image_size, channels=embedder.spec.channels)
    return (embed(embedder, torch.from_numpy(block)) for block in blocks)


class PictureEmbedder:
    """The network of a checkpoint folder, ready for pictures of any size. Raises CheckpointError."""

    def __init__(self, checkpoint: Path) -> None:
        self._embedder = load_checkpoint(checkpoint)

    def embed(self, pictures: list[Image.Image]) -> Float32[np.ndarray, "n d"]:
        """Pictures as unit vectors."""
        spec = self._embedder.spec
        squares = to_pixels(pictures, size=spec.image_size, channels=spec.channels)
        return embed(self._embedder, torch.from_numpy(squares))

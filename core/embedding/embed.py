"""Items to vectors by a trained network."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float32, Int, UInt8
from PIL import Image
from torch import Tensor

from core.data.images import Images
from core.embedding.pixels import stream_pixels, to_pixels
from models.checkpoint import load_checkpoint
from models.head import Embedder


@torch.no_grad()
def embed(
    embedder: Embedder,
    images: UInt8[Tensor, "n c s s"],
    *,
    rows: Int[Tensor, "m"] | None = None,
    batch: int = 512,
) -> Float32[np.ndarray, "m d"]:
    """Images to unit vectors, in evaluation mode, on the network's own device; rows: of which, in that order."""
    embedder.eval()
    device = embedder.mean.device
    blocks = torch.arange(len(images)).split(batch) if rows is None else rows.split(batch)
    parts = [embedder(images[block].to(device)).float().cpu() for block in blocks if len(block)]
    return torch.cat(parts).numpy() if parts else np.empty((0, embedder.dim), np.float32)


def embed_stream(embedder: Embedder, images: Images) -> Iterator[Float32[np.ndarray, "m d"]]:
    """All pictures as unit vectors, block by block, scaled to the network's own input size."""
    blocks = stream_pixels(images, side=embedder.spec.image_size, channels=embedder.spec.channels)
    return (embed(embedder, torch.from_numpy(block)) for block in blocks)


class PictureEmbedder:
    """The network of a checkpoint folder, for pictures of any size. Raises CheckpointError."""

    def __init__(self, checkpoint: Path) -> None:
        self._embedder = load_checkpoint(checkpoint)

    def embed(self, pictures: list[Image.Image]) -> Float32[np.ndarray, "n d"]:
        """Pictures as unit vectors."""
        spec = self._embedder.spec
        squares = to_pixels(pictures, size=spec.image_size, channels=spec.channels)
        return embed(self._embedder, torch.from_numpy(squares))

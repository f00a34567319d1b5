"""Random crops and flips of training pictures, batched, on any device; the same for every arm.

The random numbers of an epoch are drawn for all items at once, from a generator seeded by the recipe, the epoch and the
view, of which most losses have but the first. So they depend on nothing else: not on the arm, the batch, the device or
the number of processes; and a resumed run sees the same pictures as an uninterrupted one.
"""

import math

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor
from torch.nn import functional

from core.recipe.augment import AugmentConfig

MAX_ASPECT_RATIO = 4 / 3
"""Width over height of the widest crop; its inverse is that of the narrowest."""


class Augmentation:
    """The recipe's augmentation of the training items; does nothing where the recipe asks for none."""

    def __init__(self, config: AugmentConfig, *, items: int, seed: int) -> None:
        self.config, self.items, self.seed = config, items, seed
        self._epoch = -1
        self._draws: dict[int, Tensor] = {}

    def __call__(
        self, images: UInt8[Tensor, "b c s s"], rows: Int[Tensor, "b"], *, epoch: int, view: int = 0
    ) -> UInt8[Tensor, "b c s s"]:
        """The pictures of some items (rows of the training items, on the pictures' device) as they look in an epoch."""
        if not self.config.active:
            return images
        if epoch != self._epoch:
            self._epoch, self._draws = epoch, {}
        if view not in self._draws:
            drawn = draw_numbers(self.items, seed=self.seed, epoch=epoch, view=view)
            self._draws[view] = drawn.to(images.device)
        return augment(images, self._draws[view][rows], config=self.config)


def draw_numbers(n: int, *, seed: int, epoch: int, view: int = 0) -> Float[Tensor, "n 5"]:
    """Uniform numbers in [0, 1) for every item in an epoch: area, shape, left, top, flip."""
    (mixed,) = np.random.SeedSequence([seed, epoch, view] if view else [seed, epoch]).generate_state(1)
    return torch.rand(n, 5, generator=torch.Generator().manual_seed(int(mixed)))


def crop_boxes(draws: Float[Tensor, "b 5"], *, smallest: float) -> Float[Tensor, "b 4"]:
    """Left, top, width and height of random crops, in sides of the picture; all of it where `smallest` is 1.

    The share of the area is uniform between `smallest` and 1, width over height log-uniform between 3 : 4 and 4 : 3
    (cut where it would leave the picture), the place uniform: the crops of Szegedy et al. 2015 (arXiv 1409.4842, §6).
    """
    area = smallest + (1 - smallest) * draws[:, 0]
    widest = MAX_ASPECT_RATIO if smallest < 1 else 1.0
    shape = torch.exp((2 * draws[:, 1] - 1) * math.log(widest))
    sizes = torch.stack([(area * shape).sqrt(), (area / shape).sqrt()], dim=1).clamp(max=1)  # (b, 2)
    return torch.cat([(1 - sizes) * draws[:, 2:4], sizes], dim=1)


def augment(
    images: UInt8[Tensor, "b c s s"], draws: Float[Tensor, "b 5"], *, config: AugmentConfig
) -> UInt8[Tensor, "b c s s"]:
    """A crop of each picture brought back to its size, bilinearly; every second one is mirrored if flips are on."""
    boxes = crop_boxes(draws, smallest=config.crop)
    scales = boxes[:, 2:]
    shifts = 2 * boxes[:, :2] + scales - 1  # the crop's middle, where the picture spans -1 to 1
    mirror = torch.where(draws[:, 4] < (0.5 if config.flip else 0.0), -1.0, 1.0)
    zero = torch.zeros_like(mirror)
    across = torch.stack([scales[:, 0] * mirror, zero, shifts[:, 0]], dim=1)
    down = torch.stack([zero, scales[:, 1], shifts[:, 1]], dim=1)
    grid = functional.affine_grid(torch.stack([across, down], dim=1), list(images.shape), align_corners=False)
    moved = functional.grid_sample(images.float(), grid, padding_mode="border", align_corners=False)
    return moved.round().to(torch.uint8)

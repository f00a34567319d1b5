"""Crops and flips against Pillow, one picture at a time, and that nothing but item and epoch decides them."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter
from torch import Tensor

from core.recipe.arms import ArmConfig
from core.recipe.augment import AugmentConfig
from core.recipe.recipe import Recipe
from core.training.augmentation import Augmentation, augment, crop_boxes, draw_numbers
from core.training.trainer import Trainer, TrainingItems, build_embedder

CROPS = AugmentConfig(crop=0.2, flip=True)


def pictures(n: int, side: int, channels: int = 3) -> Tensor:
    """Blurred noise: neighbouring pixels are alike, as in photographs."""
    rng = np.random.default_rng(0)
    noise = [Image.fromarray(rng.integers(0, 256, (side, side, 3)).astype(np.uint8)) for _ in range(n)]
    blurred = np.stack([np.asarray(image.filter(ImageFilter.BoxBlur(1))) for image in noise])
    return torch.from_numpy(blurred).permute(0, 3, 1, 2)[:, :channels].contiguous()


def by_pillow(image: Tensor, box: Tensor, *, mirrored: bool) -> np.ndarray:
    side = image.shape[-1]
    left, top, width, height = (box.double() * side).tolist()
    whole = Image.fromarray(image.permute(1, 2, 0).numpy())
    crop = whole.resize((side, side), Image.Resampling.BILINEAR, box=(left, top, left + width, top + height))
    crop = crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if mirrored else crop
    return np.asarray(crop).transpose(2, 0, 1)


@pytest.mark.parametrize("side", [17, 64])
def test_every_picture_is_what_pillow_makes_of_its_box(side: int):
    images, draws = pictures(40, side), draw_numbers(40, seed=1, epoch=2)
    found = augment(images, draws, config=CROPS).numpy().astype(int)
    boxes, mirrored = crop_boxes(draws, smallest=0.2), draws[:, 4] < 0.5
    assert 8 < mirrored.sum() < 32
    for i in range(40):
        expected = by_pillow(images[i], boxes[i], mirrored=bool(mirrored[i]))
        assert np.abs(found[i] - expected).max() <= 1  # rounding


def test_a_flip_alone_is_exact():
    images, draws = pictures(30, 9, channels=1), draw_numbers(30, seed=0, epoch=0)
    found = augment(images, draws, config=AugmentConfig(flip=True))
    expected = torch.where((draws[:, 4] < 0.5)[:, None, None, None], images.flip(-1), images)
    assert torch.equal(found, expected)


def test_crops_without_flips_keep_left_and_right():
    ramp = torch.arange(0, 256, 8, dtype=torch.uint8).expand(50, 1, 32, 32).contiguous()
    found = augment(ramp, draw_numbers(50, seed=0, epoch=0), config=AugmentConfig(crop=0.3)).int()
    assert (found.diff(dim=-1) >= 0).all()
    assert not torch.equal(found[0], found[1])


@given(st.floats(0.01, 0.999), st.integers(0, 2**32 - 1), st.integers(0, 10_000))
def test_boxes_lie_in_the_picture_and_have_the_area_and_shape_asked_for(smallest: float, seed: int, epoch: int):
    draws = draw_numbers(200, seed=seed, epoch=epoch)
    left, top, width, height = crop_boxes(draws, smallest=smallest).unbind(dim=1)
    edges = torch.stack([left, top, 1 - left - width, 1 - top - height])
    assert edges.min() >= -1e-6
    whole = (width < 1) & (height < 1)  # not cut at the border
    area, shape = (width * height)[whole], (width / height)[whole]
    assert area.clamp(smallest, 1).allclose(area)
    assert shape.clamp(3 / 4, 4 / 3).allclose(shape)


def test_areas_shapes_and_places_are_spread_evenly():
    draws = draw_numbers(20_000, seed=0, epoch=0)
    left, _, width, height = crop_boxes(draws, smallest=0.2).unbind(dim=1)
    small = draws[:, 0] < 0.5  # of areas up to 0.6, none is cut
    area = (width * height)[small]
    assert torch.allclose(area.quantile(torch.tensor([0.25, 0.5, 0.75])), torch.tensor([0.3, 0.4, 0.5]), atol=0.01)
    assert (width / height)[small].log().mean().abs() < 0.01
    assert (left / (1 - width))[small].mean() == pytest.approx(0.5, abs=0.01)


def test_without_a_wish_the_very_pictures_come_back():
    images = pictures(4, 8)
    same = Augmentation(AugmentConfig(), items=4, seed=0)
    assert same(images, torch.arange(4), epoch=0) is images


def test_an_item_looks_the_same_in_any_batch_of_an_epoch_and_different_in_the_next():
    images = pictures(20, 16)
    one, other = (Augmentation(CROPS, items=20, seed=5) for _ in range(2))
    rows = torch.tensor([7, 3, 11])
    together = one(images, torch.arange(20), epoch=3)
    torch.rand(5)
    assert torch.equal(other(images[rows], rows, epoch=3), together[rows])
    assert not torch.equal(one(images, torch.arange(20), epoch=4), together)
    assert torch.equal(one(images, torch.arange(20), epoch=3), together)
    assert not torch.equal(Augmentation(CROPS, items=20, seed=6)(images, torch.arange(20), epoch=3), together)


def test_a_second_view_is_another_picture_and_leaves_the_first_as_it_was():
    images = pictures(20, 16)
    made, plain = (Augmentation(CROPS, items=20, seed=5) for _ in range(2))
    second = made(images, torch.arange(20), epoch=3, view=1)
    first = made(images, torch.arange(20), epoch=3)
    assert torch.equal(first, plain(images, torch.arange(20), epoch=3))
    assert (first != second).flatten(1).any(dim=1).all()
    assert torch.equal(second, plain(images, torch.arange(20), epoch=3, view=1))
    assert not torch.equal(second, made(images, torch.arange(20), epoch=4, view=1))
    assert not torch.equal(second, made(images, torch.arange(20), epoch=4))


def test_the_global_generator_is_left_alone():
    before = torch.get_rng_state()
    Augmentation(CROPS, items=4, seed=0)(pictures(4, 8), torch.arange(4), epoch=0)
    assert torch.equal(before, torch.get_rng_state())


class TestTraining:
    """Arms see the same augmented pictures, and a resumed arm goes on as if it had never stopped."""

    RECIPE = Recipe.from_dict(
        {"name": "a", "seed": 3, "data": {"source": "digits"}, "augment": {"crop": 0.4, "flip": True}}
        | {"arms": {"standard": {"positives": "random"}, "nearest": {"positives": "nearest"}}}
        | {"train": {"epochs": 3, "samples_per_class": 8}, "model": {"dim": 8, "width": 4}}
    )

    def trainer(self, arm: str, recipe: Recipe = RECIPE) -> Trainer:
        images = pictures(64, 8, channels=1)
        items = TrainingItems(images, torch.arange(64) % 2, torch.arange(64))
        embedder = build_embedder(recipe.model, images, seed=3)
        return Trainer(embedder, items, recipe=recipe, arm=recipe.arms[arm])

    def seen(self, arm: str, recipe: Recipe = RECIPE) -> list[Tensor]:
        made = self.trainer(arm, recipe)
        inputs: list[Tensor] = []
        made.embedder.register_forward_pre_hook(lambda module, arguments: inputs.append(arguments[0].clone()))
        list(made)
        return inputs

    def test_every_arm_sees_the_same_pixels_and_they_are_not_the_plain_ones(self):
        standard, nearest = self.seen("standard"), self.seen("nearest")
        assert len(standard) == 3 * (64 // 16)
        assert all(torch.equal(a, b) for a, b in zip(standard, nearest, strict=True))
        plain = Recipe.from_dict(self.RECIPE.to_dict() | {"augment": {}})
        assert not torch.equal(standard[0], self.seen("standard", plain)[0])

    @pytest.mark.parametrize("stop", [1, 2])
    def test_resumed_training_ends_in_the_same_weights_to_the_bit(self, stop: int, tmp_path: Path):
        whole, stopped, resumed = (self.trainer("nearest") for _ in range(3))
        list(whole)
        for row in stopped:
            if row["epoch"] == stop:
                break
        stopped.save(tmp_path / "training.pt", [])
        resumed.restore(tmp_path / "training.pt")
        list(resumed)
        state = whole.embedder.state_dict()
        assert all(torch.equal(value, state[key]) for key, value in resumed.embedder.state_dict().items())

    def test_it_is_a_part_of_the_recipe(self):
        assert "crop = 0.4" in self.RECIPE.to_toml()
        assert ArmConfig(positives="nearest") == self.RECIPE.arms["nearest"]

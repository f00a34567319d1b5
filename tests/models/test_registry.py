"""What holds for every backbone, and networks by name."""

import pytest
import torch

from models.errors import UncollapseError
from models.head import Embedder, ModelSpec
from models.registry import create, names


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize(("channels", "side"), [(1, 8), (3, 28), (3, 33), (1, 64)])
def test_a_backbone_gives_its_features_for_any_input_size(name: str, channels: int, side: int):
    backbone = create(name, channels=channels, image_size=side)
    assert backbone(torch.rand(2, channels, side, side)).shape == (2, backbone.features)


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("channels", [1, 3])
def test_embeddings_are_finite_unit_vectors(name: str, channels: int):
    embedder = Embedder(ModelSpec(name, 16, channels, 12))
    images = torch.randint(0, 256, (5, channels, 12, 12)).to(torch.uint8)
    embedder.normalise_by(images)
    embeddings = embedder(images)
    assert embeddings.dtype == torch.float32
    assert torch.allclose(embeddings.norm(dim=1), torch.ones(5), atol=1e-5)


def test_black_images_do_not_divide_by_zero():
    embedder = Embedder(ModelSpec("convnet", 4, 1, 8, {"width": 4}))
    images = torch.zeros(4, 1, 8, 8, dtype=torch.uint8)
    embedder.normalise_by(images)
    assert torch.isfinite(embedder.eval()(images)).all()


def test_input_is_normalised_per_channel():
    embedder = Embedder(ModelSpec("convnet", 4, 3, 8, {"width": 4}))
    images = torch.randint(0, 256, (50, 3, 8, 8)).to(torch.uint8)
    images[:, 1] //= 4
    embedder.normalise_by(images)
    scaled = (images.float() / 255 - embedder.mean[:, None, None]) / embedder.std[:, None, None]
    assert torch.allclose(scaled.mean(dim=(0, 2, 3)), torch.zeros(3), atol=1e-4)
    assert torch.allclose(scaled.std(dim=(0, 2, 3)), torch.ones(3), atol=1e-4)


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(UncollapseError, match=r'no model "vgg".*convnet'):
        create("vgg", channels=1, image_size=8)

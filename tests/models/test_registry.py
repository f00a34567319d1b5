"""What holds for every backbone, and networks by name."""

import itertools
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor

from models.building import build
from models.checkpoint import load_checkpoint, save_checkpoint
from models.errors import UncollapseError
from models.head import Embedder, ModelSpec
from models.registry import create, names

SIDE = 33
LIGHT = [name for name in names() if name not in ("resnet34", "resnet50")]
"""Without the large ones, which are built from the code of the smaller."""


TINY = {"model_type": "dinov2", "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "patch_size": 8}
OPTIONS = {"huggingface": {"config": TINY}}


def pictures(n: int, channels: int, side: int = SIDE, *, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (n, channels, side, side), generator=generator).to(torch.uint8)


def made(name: str, channels: int = 3, *, seed: int = 0) -> Embedder:
    return build(ModelSpec(name, 6, channels, SIDE, OPTIONS.get(name, {})), pictures(8, channels), seed=seed)


@pytest.mark.parametrize("name", LIGHT)
@pytest.mark.parametrize(("channels", "side"), [(1, 8), (3, 28), (3, 33), (1, 64)])
def test_a_backbone_gives_its_features_for_any_input_size(name: str, channels: int, side: int):
    backbone = create(name, channels=channels, image_size=side, **OPTIONS.get(name, {})).eval()
    assert backbone.inputs in (channels, 3)
    with torch.no_grad():
        assert backbone(torch.rand(2, backbone.inputs, side, side)).shape == (2, backbone.features)


@pytest.mark.parametrize(("name", "channels"), [*itertools.product(LIGHT, (1, 3)), ("resnet50", 3)])
def test_embeddings_are_finite_unit_vectors_for_any_batch_size(name: str, channels: int):
    embedder = made(name, channels).eval()
    images = pictures(5, channels, seed=1)
    with torch.no_grad():
        together = embedder(images)
        for n in (1, 3):
            assert torch.allclose(embedder(images[:n]), together[:n], atol=1e-5)
    assert together.dtype == torch.float32
    assert torch.allclose(together.norm(dim=1), torch.ones(5), atol=1e-5)
    assert together.std(dim=0).max() > 1e-4  # different pictures are told apart


@pytest.mark.parametrize("name", LIGHT)
def test_every_weight_has_a_gradient_and_a_step_changes_it(name: str):
    embedder = made(name).train()
    target = torch.nn.functional.normalize(torch.rand(6, 6, generator=torch.Generator().manual_seed(0)), dim=1)
    (embedder(pictures(6, 3)) * target).sum().backward()
    embedder.freeze()
    learning = {key: parameter for key, parameter in embedder.named_parameters() if parameter.requires_grad}
    assert len(learning) > 0.9 * len(list(embedder.parameters()))
    for key, parameter in learning.items():
        assert parameter.grad is not None, key
        assert torch.isfinite(parameter.grad).all(), key
    assert any(p.grad.any() for p in embedder.backbone.parameters())


@pytest.mark.parametrize("name", LIGHT)
def test_the_seed_decides_the_weights(name: str):
    torch.manual_seed(5)
    first = made(name, seed=1).state_dict()
    torch.rand(7)
    before = torch.get_rng_state()
    again, other = made(name, seed=1).state_dict(), made(name, seed=2).state_dict()
    assert torch.equal(before, torch.get_rng_state())
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert any(not torch.equal(first[key], other[key]) for key in first if key.startswith("backbone"))
    assert not torch.equal(first["head.weight"], other["head.weight"])


@pytest.mark.parametrize("name", LIGHT)
@pytest.mark.parametrize("channels", [1, 3])
def test_a_checkpoint_comes_back_to_the_bit(name: str, channels: int, tmp_path: Path):
    embedder = made(name, channels).train()
    with torch.no_grad():
        embedder(pictures(4, channels))  # moves running statistics
    save_checkpoint(tmp_path, embedder)
    loaded = load_checkpoint(tmp_path)
    assert loaded.spec == embedder.spec
    state = loaded.state_dict()
    assert all(torch.equal(value, state[key]) for key, value in embedder.state_dict().items())
    with torch.no_grad():
        difference = loaded(pictures(3, channels)) - embedder.eval()(pictures(3, channels))
    assert difference.abs().max() < 1e-6  # the layout in memory, which decides the order of sums, is not kept


@pytest.mark.parametrize("name", [name for name in LIGHT if name not in ("convnet", "mlp")])
def test_a_grey_image_is_seen_as_three_equal_channels(name: str):
    grey, colour = made(name, 1).eval(), made(name, 3).eval()
    colour.load_state_dict(grey.state_dict())
    images = pictures(3, 1)
    with torch.no_grad():
        assert torch.allclose(grey(images), colour(images.expand(-1, 3, -1, -1)), atol=1e-6)


def test_the_first_weights_of_the_default_network_stay_what_they_were():
    """Recipes of earlier versions give the same study: the drawing of initial weights must not change."""
    torch.manual_seed(3)
    backbone = create("convnet", channels=1, image_size=28, width=4)
    head = torch.nn.Linear(backbone.features, 5)
    embedder = build(ModelSpec("convnet", 5, 1, 28, {"width": 4}), pictures(4, 1, 28), seed=3)
    assert all(torch.equal(value, embedder.backbone.state_dict()[key]) for key, value in backbone.state_dict().items())
    assert torch.equal(head.weight, embedder.head.weight)


def test_black_images_do_not_divide_by_zero():
    embedder = Embedder(ModelSpec("convnet", 4, 1, 8, {"width": 4}))
    images = torch.zeros(4, 1, 8, 8, dtype=torch.uint8)
    embedder.normalise_by(images)
    assert torch.isfinite(embedder.eval()(images)).all()


def test_input_is_normalised_per_channel():
    embedder = Embedder(ModelSpec("convnet", 4, 3, 8, {"width": 4}))
    images = pictures(50, 3, 8)
    images[:, 1] //= 4
    embedder.normalise_by(images)
    scaled = (images.float() / 255 - embedder.mean[:, None, None]) / embedder.std[:, None, None]
    assert torch.allclose(scaled.mean(dim=(0, 2, 3)), torch.zeros(3), atol=1e-4)
    assert torch.allclose(scaled.std(dim=(0, 2, 3)), torch.ones(3), atol=1e-4)


def test_of_many_images_a_part_decides_the_normalisation(monkeypatch: pytest.MonkeyPatch):
    images = pictures(4000, 1, 8)
    whole, part = (Embedder(ModelSpec("convnet", 4, 1, 8, {"width": 4})) for _ in range(2))
    whole.normalise_by(images)
    monkeypatch.setattr("models.head.STATISTICS_BYTES", images.nbytes // 4)
    part.normalise_by(images)
    assert not torch.equal(whole.mean, part.mean)
    assert torch.allclose(whole.mean, part.mean, atol=0.01)
    assert torch.allclose(whole.std, part.std, atol=0.01)


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(UncollapseError, match=r'no model "vgg".*convnet'):
        create("vgg", channels=1, image_size=8)


def test_a_process_that_has_imported_no_network_knows_them_all():
    code = "from models.registry import create, names; create('mlp', channels=1, image_size=8); print(*names())"
    repo = Path(__file__).parent.parent.parent
    run = subprocess.run([sys.executable, "-c", code], cwd=repo, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == names()

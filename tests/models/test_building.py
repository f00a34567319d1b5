"""What `model.weights` may not name: one clear sentence each."""

import pickle
import struct
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from models.building import build
from models.checkpoint import load_checkpoint, save_checkpoint
from models.errors import UncollapseError, shown
from models.head import ModelSpec
from models.registry import create

SPEC = ModelSpec("efficientnet_lite0", 4, 3, 16)
IMAGES = torch.zeros(2, 3, 16, 16, dtype=torch.uint8)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The weights of the smallest network that takes a file."""
    path = tmp_path_factory.mktemp("weights") / "whole.safetensors"
    state = create("efficientnet_lite0", channels=3, image_size=16).state_dict()
    save_file(state, path)
    return path


def refused(weights: Path | str, spec: ModelSpec = SPEC) -> str:
    with pytest.raises(UncollapseError) as caught:
        build(spec, IMAGES, seed=0, weights=str(weights))
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda t: t.pop("bn1.bias"), "lacks 1 tensor(s) of this network, such as bn1.bias"),
        (lambda t: t.update({"fc.bias": torch.zeros(3)}), "holds 1 tensor(s) unknown to this network, such as fc.bias"),
        (lambda t: t.update({"bn1.bias": torch.zeros(3)}), "bn1.bias has shape (3,), the network needs (1280,)"),
        (lambda t: t.update({"bn1.bias": torch.zeros(1280).half()}), "bn1.bias is torch.float16, the network needs"),
        (lambda t: t["bn1.bias"].fill_(torch.nan), "bn1.bias holds NaN or infinite weights"),
        (lambda t: t.clear(), "lacks"),
    ],
)
def test_a_file_of_other_tensors(change, complaint: str, whole: Path, tmp_path: Path):
    tensors = load_file(whole)
    change(tensors)
    save_file(tensors, tmp_path / "w.safetensors")
    message = refused(tmp_path / "w.safetensors")
    assert complaint in message
    assert shown(tmp_path / "w.safetensors") in message


@pytest.mark.parametrize("size", [0, 5, 10_000, -1])
def test_a_truncated_file(size: int, whole: Path, tmp_path: Path):
    (tmp_path / "w.safetensors").write_bytes(whole.read_bytes()[:size])
    assert "not a readable safetensors file" in refused(tmp_path / "w.safetensors")


@pytest.mark.parametrize("length", [10**9, 2**63, 2**64 - 1])
def test_a_header_that_claims_to_be_huge(length: int, whole: Path, tmp_path: Path):
    (tmp_path / "w.safetensors").write_bytes(struct.pack("<Q", length) + whole.read_bytes()[8:1000])
    assert "not a readable safetensors file" in refused(tmp_path / "w.safetensors")


def test_a_pickle_under_another_name(tmp_path: Path):
    (tmp_path / "w.safetensors").write_bytes(pickle.dumps({"a": 1}))
    assert "pickles are not read" in refused(tmp_path / "w.safetensors")


@pytest.mark.parametrize("name", ["w.pth", "w.pt", "w.bin", "w.ckpt"])
def test_a_file_that_is_to_be_converted_first(name: str, tmp_path: Path):
    torch.save({}, tmp_path / name)
    message = refused(tmp_path / name)
    assert f"python -m core convert {tmp_path / name} --model efficientnet_lite0" in message


@pytest.mark.parametrize("weights", ["absent.safetensors", "imagenette", ".", "x" * 5000, "a/b"])
def test_a_text_that_names_nothing(weights: str):
    assert "is missing, or not a file" in refused(weights)


class TestCheckpointsAsAStart:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        save_checkpoint(tmp_path, build(ModelSpec("convnet", 6, 3, 16, {"width": 4}), IMAGES, seed=1))
        return tmp_path

    def test_the_backbone_and_the_input_statistics_are_taken_and_the_head_is_fresh(self, folder: Path):
        made = build(ModelSpec("convnet", 9, 3, 16, {"width": 4}), IMAGES + 99, seed=2, weights=str(folder))
        trained = load_checkpoint(folder)
        state = made.backbone.state_dict()
        assert all(torch.equal(value, state[key]) for key, value in trained.backbone.state_dict().items())
        assert torch.equal(made.mean, trained.mean)
        assert made.head.weight.shape[0] == 9

    @pytest.mark.parametrize(
        ("spec", "complaint"),
        [
            (
                ModelSpec("resnet18", 4, 3, 16),
                "holds convnet with {'width': 4}, the recipe's model is resnet18 with {}",
            ),
            (
                ModelSpec("convnet", 4, 3, 16, {"width": 8}),
                "holds convnet with {'width': 4}, the recipe's model is con",
            ),
            (ModelSpec("convnet", 4, 1, 16, {"width": 4}), "shape (4, 3, 3, 3), the network needs (4, 1, 3, 3)"),
            (ModelSpec("convnet", 4, 3, 64, {"width": 4}), "lacks"),
        ],
    )
    def test_of_another_network(self, spec: ModelSpec, complaint: str, folder: Path):
        assert complaint in refused(folder, spec)

    def test_that_is_damaged(self, folder: Path):
        (folder / "model.safetensors").write_bytes(b"")
        assert "not a readable safetensors file" in refused(folder, ModelSpec("convnet", 4, 3, 16, {"width": 4}))

    def test_a_bare_file_is_no_start_for_a_network_that_says_nothing_of_its_input(self, folder: Path):
        spec = ModelSpec("convnet", 4, 3, 16, {"width": 4})
        assert "is not the folder of a checkpoint" in refused(folder / "model.safetensors", spec)


def test_an_unknown_network_is_named():
    with pytest.raises(UncollapseError, match='no model "vgg"'):
        build(ModelSpec("vgg", 4, 3, 16), IMAGES, seed=0, weights="a.safetensors")

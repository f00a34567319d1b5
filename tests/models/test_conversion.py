"""Weights made elsewhere become a backbone's, and what is none of that is refused in one sentence."""

import pickle
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from models.building import build
from models.conversion import convert
from models.errors import CheckpointError
from models.head import ModelSpec
from models.registry import IMAGENET, create

SPEC = ModelSpec("resnet18", 4, 3, 16)
State = dict[str, Tensor]


@pytest.fixture(scope="module")
def state() -> State:
    """As torchvision would save it: a ResNet-18 with its classifier."""
    torch.manual_seed(0)
    values = create("resnet18", channels=3, image_size=16).state_dict()
    for key, value in values.items():
        if key.endswith("running_mean"):
            value.normal_()
    return OrderedDict(values) | {"fc.weight": torch.rand(1000, 512), "fc.bias": torch.rand(1000)}


@pytest.fixture(scope="module")
def light(state: State) -> State:
    """The same names and shapes, of zeros that take no space in a file."""
    return {key: torch.zeros((), dtype=value.dtype).expand(value.shape) for key, value in state.items()}


@pytest.fixture
def source(tmp_path: Path, state: State) -> Callable[[Any], Path]:
    def write(content: Any) -> Path:
        path = tmp_path / "weights.pth"
        torch.save(content, path)
        return path

    return write


def images(n: int = 4) -> Tensor:
    return torch.randint(0, 256, (n, 3, 16, 16), generator=torch.Generator().manual_seed(0)).to(torch.uint8)


def refused(path: Path, *, name: str = "resnet18") -> str:
    target = path.with_name("out.safetensors")
    with pytest.raises(CheckpointError) as caught:
        convert(path, target, name=name)
    message = str(caught.value)
    assert "\n" not in message
    assert not target.exists()
    return message


def without_classifier(state: State) -> State:
    return {key: value for key, value in state.items() if not key.startswith("fc.")}


@pytest.mark.parametrize(
    "wrap",
    [
        lambda s: s,
        lambda s: {f"module.{key}": value for key, value in s.items()},
        lambda s: {"epoch": 3, "arch": "resnet18", "state_dict": s},
        lambda s: {"model": {f"module.{key}": value for key, value in s.items()}, "best": 0.5},
        lambda s: {key: value for key, value in s.items() if "num_batches" not in key},  # as older files are
        lambda s: {"state_dict": {f"module.encoder_q.{key}": value for key, value in s.items()}, "queue": s["fc.bias"]},
    ],
)
def test_a_pth_becomes_a_backbone(wrap, state: State, source, tmp_path: Path):
    made = convert(source(wrap(state)), tmp_path / "out.safetensors", name="resnet18")
    assert sorted(made.dropped) == ["fc.bias", "fc.weight"]
    written = load_file(made.path)
    assert written.keys() == without_classifier(state).keys()
    assert all(torch.equal(written[key], value) for key, value in without_classifier(state).items())


def test_a_network_starts_from_the_weights_with_the_input_they_expect_and_the_same_fresh_head(state, source, tmp_path):
    made = convert(source(state), tmp_path / "out.safetensors", name="resnet18")
    first, again, other = (build(SPEC, images(), seed=seed, weights=str(made.path)) for seed in (1, 1, 2))
    start = first.backbone.state_dict()
    assert all(torch.equal(start[key], value) for key, value in without_classifier(state).items())
    assert torch.allclose(first.mean, torch.tensor(IMAGENET[0]))
    assert torch.allclose(first.std, torch.tensor(IMAGENET[1]))
    assert torch.equal(first.head.weight, again.head.weight)
    assert not torch.equal(first.head.weight, other.head.weight)


def test_a_safetensors_file_of_others_is_converted_too(state: State, tmp_path: Path):
    halves = {key: value.half() if value.is_floating_point() else value for key, value in state.items()}
    save_file(halves, tmp_path / "hub.safetensors")
    made = convert(tmp_path / "hub.safetensors", tmp_path / "out.safetensors", name="resnet18")
    written = load_file(made.path)
    assert written.keys() == without_classifier(state).keys()
    assert written["conv1.weight"].dtype == torch.float32
    assert torch.equal(written["conv1.weight"], halves["conv1.weight"].float())


class Bomb:
    def __reduce__(self):
        return (Path.touch, (Path("exploded"),))


@pytest.mark.parametrize("write", [torch.save, lambda content, path: path.write_bytes(pickle.dumps(content))])
def test_code_in_a_pth_is_refused_and_not_run(write, light: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    write({"conv1.weight": torch.zeros(2), "more": Bomb()}, tmp_path / "weights.pth")
    assert "is not read for safety; save the state dict alone" in refused(tmp_path / "weights.pth")
    assert not (tmp_path / "exploded").exists()


def test_a_whole_pickled_model_is_refused(source):
    assert "save the state dict alone" in refused(source(torch.nn.Linear(2, 2)))


@pytest.mark.parametrize("size", [0, 3, 1000, -100])
def test_a_truncated_pth(size: int, light: State, source):
    path = source(light)
    path.write_bytes(path.read_bytes()[:size])
    refused(path)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ({"vit": {"blocks.0.qkv": torch.zeros(1)}}, 'its names are such as "vit.blocks.0.qkv", and the network needs'),
        ({}, "holds no state dict"),
        ([1, 2], "holds no state dict"),
        (torch.zeros(3), "holds no state dict"),
        ({"epoch": 3, "lr": 0.1}, "holds no state dict"),
        ({1: torch.zeros(2)}, 'its names are such as "1"'),
        ({"state_dict": {"a": {"b": torch.zeros(1)}}}, 'its names are such as "state_dict.a.b"'),
    ],
)
def test_a_pth_without_a_state_dict(content: Any, complaint: str, source):
    assert complaint in refused(source(content))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda s: s.pop("layer4.1.conv2.weight"), "lacks 1 tensor(s) of this network, such as layer4.1.conv2.weight"),
        (lambda s: s.update(extra=torch.zeros(1)), "holds 1 tensor(s) unknown to this network, such as extra"),
        (lambda s: s.update({"conv1.weight": torch.zeros(64, 3, 3, 3)}), "shape (64, 3, 3, 3), the network needs (64"),
        (lambda s: s.update({"bn1.bias": torch.full((64,), torch.nan)}), "bn1.bias holds NaN or infinite weights"),
        (lambda s: s.update({"bn1.bias": torch.full((64,), 1e300, dtype=torch.double)}), "infinite as float32"),
        (lambda s: s.update({"bn1.bias": torch.full((64,), 1e30).half()}), "bn1.bias holds NaN or infinite"),
        (lambda s: s.update({"bn1.bias": torch.zeros(64, dtype=torch.cfloat)}), "tensor bn1.bias is torch.complex64"),
        (lambda s: s.update({"bn1.bias": torch.zeros(64, dtype=torch.long)}), "tensor bn1.bias is torch.int64"),
        (lambda s: s.update({"bn1.bias": torch.zeros(64).to_sparse()}), "tensor bn1.bias is sparse"),
    ],
)
def test_weights_that_do_not_fit(change, complaint: str, light: State, source):
    changed = dict(light)
    change(changed)
    assert complaint in refused(source(changed))


def test_the_weights_of_another_network(light: State, source):
    assert "tensor(s) of this network, such as layer1.2.bn1.bias" in refused(source(light), name="resnet34")


@pytest.mark.parametrize("name", ["convnet", "vgg16", ""])
def test_a_network_that_has_no_published_weights(name: str, light: State, source):
    message = refused(source(dict(light)), name=name)
    assert message == f'convert makes weights for resnet18, resnet34, resnet50, not for "{name}"'


def test_a_file_that_is_there_is_kept(light: State, source, tmp_path: Path):
    target = tmp_path / "out.safetensors"
    target.write_text("mine")
    with pytest.raises(CheckpointError, match="exists already"):
        convert(source(light), target, name="resnet18")
    assert target.read_text() == "mine"


def test_a_place_that_cannot_be_written(light: State, source, tmp_path: Path):
    with pytest.raises(CheckpointError, match="cannot write"):
        convert(source(light), tmp_path / "no" / "such" / "folder.safetensors", name="resnet18")


def test_a_missing_file_and_one_too_large(light: State, source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert "is missing" in refused(tmp_path / "absent.pth")
    assert "is missing, or not a file" in refused(tmp_path)
    monkeypatch.setattr("models.tensors.MAX_BYTES", 100)
    assert "larger than" in refused(source(light))

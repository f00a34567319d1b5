"""Checkpoints that come back to the bit, and files that are none: one clear sentence each."""

import json
import pickle
import resource
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from models.checkpoint import load_checkpoint, save_checkpoint
from models.errors import CheckpointError
from models.head import Embedder, ModelSpec

SPEC = ModelSpec("convnet", 6, 3, 9, {"width": 4})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    embedder = Embedder(SPEC)
    embedder.normalise_by(torch.randint(0, 256, (9, 3, 9, 9)).to(torch.uint8))
    embedder(torch.randint(0, 256, (9, 3, 9, 9)).to(torch.uint8))  # moves the running statistics
    save_checkpoint(tmp_path, embedder)
    return tmp_path


@pytest.fixture
def change(folder: Path) -> Callable[[Callable[[dict], object]], None]:
    """Write the weights again after a change to the dict of tensors."""

    def write(edit: Callable[[dict], object]) -> None:
        tensors = load_file(folder / "model.safetensors")
        edit(tensors)
        save_file(tensors, folder / "model.safetensors")

    return write


def refused(folder: Path) -> str:
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(folder)
    message = str(caught.value)
    assert str(folder)[:40] in message  # long paths lose their middle
    assert "\n" not in message
    return message


def test_round_trip(folder: Path):
    images = torch.randint(0, 256, (4, 3, 9, 9)).to(torch.uint8)
    first, again = load_checkpoint(folder), load_checkpoint(folder)
    assert first.spec == SPEC
    assert not first.training
    tensors = load_file(folder / "model.safetensors")
    assert tensors.keys() == first.state_dict().keys()
    assert all(torch.equal(tensors[key], value) for key, value in first.state_dict().items())
    assert first.state_dict()["backbone.0.1.running_mean"].any()
    assert torch.equal(first(images), again(images))
    save_checkpoint(folder, first)
    assert torch.equal(load_checkpoint(folder)(images), first(images))


def test_a_loaded_network_can_be_trained_on(folder: Path):
    embedder = load_checkpoint(folder).train()
    embedder(torch.randint(0, 256, (4, 3, 9, 9)).to(torch.uint8)).sum().backward()
    assert all(p.grad is not None and p.device.type == "cpu" for p in embedder.parameters())


def test_a_missing_tensor(folder: Path, change):
    change(lambda t: t.pop("head.bias"))
    assert "lacks 1 tensor(s) of this network, such as head.bias" in refused(folder)


def test_an_extra_tensor(folder: Path, change):
    change(lambda t: t.update(more=torch.zeros(1)))
    assert "1 tensor(s) unknown to this network, such as more" in refused(folder)


def test_a_wrong_shape(folder: Path, change):
    change(lambda t: t.update({"head.weight": torch.zeros(6, 7)}))
    assert "head.weight has shape (6, 7), the network needs (6, " in refused(folder)


@pytest.mark.parametrize("dtype", [torch.float16, torch.float64, torch.int32, torch.float8_e4m3fn])
def test_a_wrong_type(folder: Path, change, dtype: torch.dtype):
    change(lambda t: t.update({"head.bias": t["head.bias"].to(dtype)}))
    assert f"head.bias is {dtype}, the network needs torch.float32" in refused(folder)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_weights_that_are_not_finite(folder: Path, change, value: float):
    change(lambda t: t["head.weight"][0].fill_(value))
    assert "head.weight holds NaN or infinite weights" in refused(folder)


@pytest.mark.parametrize("size", [0, 4, 8, 100, -1])
def test_a_truncated_file(folder: Path, size: int):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:size])
    assert "not a readable safetensors file" in refused(folder)


class Bomb:
    def __reduce__(self):
        return (Path.touch, (Path("exploded"),))


@pytest.mark.parametrize("write", [pickle.dump, torch.save])
def test_a_pickle_is_refused_and_not_run(folder: Path, write, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(folder)
    with (folder / "model.safetensors").open("wb") as file:
        write(Bomb(), file)
    assert "pickles are not read" in refused(folder)
    assert not (folder / "exploded").exists()


@pytest.mark.parametrize("length", [10**9, 2**62, 2**64 - 1])
def test_a_header_that_claims_to_be_huge(folder: Path, length: int):
    path = folder / "model.safetensors"
    path.write_bytes(struct.pack("<Q", length) + path.read_bytes()[8:])
    assert "not a readable safetensors file" in refused(folder)


def test_tensors_beyond_the_end_of_the_file(folder: Path):
    path = folder / "model.safetensors"
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header["head.bias"]["data_offsets"] = [0, 2**40]
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data[8 + length :])
    assert "not a readable safetensors file" in refused(folder)


def test_a_file_beyond_the_limit(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("models.tensors.MAX_BYTES", 100)
    assert "larger than" in refused(folder)


@pytest.mark.parametrize("name", ["model.safetensors", "model.json"])
def test_a_missing_file(folder: Path, name: str):
    (folder / name).unlink()
    assert f"{name} is missing" in refused(folder)


@pytest.mark.parametrize("name", ["model.safetensors", "model.json"])
def test_a_folder_in_the_place_of_a_file(folder: Path, name: str):
    (folder / name).unlink()
    (folder / name).mkdir()
    refused(folder)


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", "5", '"convnet"', "{}", '{"name": "convnet"}', "[" * 100_000, "\udcff", "NaN"],
)
def test_a_description_that_is_none(folder: Path, content: str):
    (folder / "model.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    assert "is not a model description" in refused(folder)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", "resnet9000"),
        ("name", "__import__"),
        ("dim", 7),
        ("dim", 0),
        ("dim", -3),
        ("dim", "many"),
        ("dim", 1.5),
        ("dim", 10**6),
        ("dim", 10**12),
        ("dim", 2**70),
        ("channels", 1),
        ("channels", 0),
        ("channels", 4),
        ("image_size", 0),
        ("image_size", -1),
        ("image_size", 10**9),
        ("options", {"width": 8}),
        ("options", {"width": 0}),
        ("options", {"width": 10**9}),
        ("options", {"depth": 3}),
        ("options", {"channels": 1}),
        ("options", "width"),
        ("surprise", 1),
    ],
)
def test_a_description_of_another_network(folder: Path, key: str, value: object):
    description = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(description | {key: value}))
    refused(folder)


def test_a_huge_description_takes_no_memory(folder: Path):
    """The largest that is not out of range at once: 65536 wide, over 100 GB of weights, within 4 GB of addresses."""
    description = json.loads((folder / "model.json").read_text()) | {"dim": 65536, "options": {"width": 65536}}
    (folder / "model.json").write_text(json.dumps(description))
    code = f"""if True:
        import resource, sys
        from pathlib import Path
        from models.checkpoint import load_checkpoint
        from models.errors import CheckpointError
        resource.setrlimit(resource.RLIMIT_AS, ({6 << 30}, {6 << 30}))
        try:
            load_checkpoint(Path({str(folder)!r}))
        except CheckpointError as error:
            print(error)
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "has shape" in done.stdout, done.stderr
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 3 << 20  # kilobytes


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(st.data())
def test_any_damage_is_a_sentence_or_another_finite_network(folder: Path, data: st.DataObject):
    path = folder / data.draw(st.sampled_from(["model.safetensors", "model.json"]))
    original = path.read_bytes()
    at = data.draw(st.integers(0, min(len(original) - 1, 3000)))
    try:
        path.write_bytes(original[:at] + data.draw(st.binary(min_size=1, max_size=9)) + original[at + 1 :])
        assert isinstance(load_checkpoint(folder), Embedder)
    except CheckpointError:
        pass
    finally:
        path.write_bytes(original)


def test_what_is_written_can_be_read_by_safetensors_alone(folder: Path):
    tensors = load_file(folder / "model.safetensors")
    assert tensors["head.weight"].shape[0] == SPEC.dim
    assert json.loads((folder / "model.json").read_text())["dim"] == SPEC.dim

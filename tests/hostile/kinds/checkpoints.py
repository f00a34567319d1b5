"""Weights: pickles that would run something, prefixes, shapes, types, values, damage, and a study's own networks."""

import io
import json
import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from numpy.random import Generator
from safetensors.torch import save, save_file

from tests.hostile.case import Case, Outcome
from tests.hostile.drawn import PLAIN_VALUES, damaged, draw
from tests.hostile.kinds.matrices import Executed
from tests.hostile.kinds.recipes import recipe, write
from tests.hostile.samples import study_copy

PREFIXES = (
    "module.",
    "_orig_mod.",
    "module._orig_mod.",
    "backbone.",
    "model.",
    "encoder.",
    "module.encoder_q.",
    "net.",
    "0.",
)
WRAPPERS = ("state_dict", "model", "model_state_dict", "net", "state_dict_ema", "teacher", "ema", "weights")


@lru_cache
def _names() -> dict[str, torch.Tensor]:
    """The tensors of a ResNet-18 without values."""
    import models.resnet  # noqa: F401  registers it
    from models.registry import create

    with torch.device("meta"):
        return create("resnet18", channels=3, image_size=224).state_dict()


def state() -> dict[str, torch.Tensor]:
    """Of a ResNet-18, as torchvision names it."""
    found = {name: torch.zeros(like.shape, dtype=like.dtype) for name, like in _names().items()}
    return found | {"fc.weight": torch.zeros(1000, 512), "fc.bias": torch.zeros(1000)}


def converted(file: str, **more: object) -> Case:
    """Its conversion; an accepted one holds the 120 tensors of the backbone."""

    def check(outcome: Outcome) -> str:
        from safetensors import safe_open

        if (outcome.folder / "EXECUTED").exists():
            return "something in it was run"
        with safe_open(outcome.folder / "w.safetensors", framework="pt") as file:
            found = set(file.keys())
        return "" if len(found) == 120 and "conv1.weight" in found else f"{len(found)} tensors, such as {min(found)}"

    return Case(**{"argv": ["convert", file, "--model", "resnet18", "--out", "w.safetensors"], "check": check, **more})


def plain(rng: Generator, folder: Path) -> Case:
    """As torchvision publishes them, in either format, in half or full precision."""
    found = state()
    if rng.random() < 0.5:
        found = {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in found.items()}
    if rng.random() < 0.5:
        torch.save(found, folder / "w.pth")
        return converted("w.pth", must="accept")
    save_file(found, folder / "x.safetensors")
    return converted("x.safetensors", must="accept")


def wrapped(rng: Generator, folder: Path) -> Case:
    """With a prefix, under a key: read, or refused with the names that would show why."""
    prefix, wrapper = str(rng.choice([*PREFIXES, ""])), str(rng.choice([*WRAPPERS, ""]))
    found: Any = {prefix + name: tensor for name, tensor in state().items()}
    if rng.random() < 0.3:
        found["queue"] = torch.zeros(8, 8)
    torch.save({wrapper: found, "epoch": 3} if wrapper else found, folder / "w.pth")
    return converted("w.pth")


def runs_something(rng: Generator, folder: Path) -> Case:
    """Pickles that execute when read: never."""
    inside: Any = Executed()
    kind = str(
        rng.choice(
            ["bare", "in dict", "in tensors", "legacy", "protocol 0", "zip", "safetensors name", "exec", "builtins"]
        )
    )
    path = folder / "w.pth"
    if kind == "bare":
        torch.save(inside, path)
    elif kind == "in dict":
        torch.save({"state_dict": {}, "optimizer": inside}, path)
    elif kind == "in tensors":
        torch.save({"conv1.weight": torch.zeros(1), "x": [inside]}, path)
    elif kind == "legacy":
        torch.save({"x": inside}, path, _use_new_zipfile_serialization=False)
    elif kind == "protocol 0":
        path.write_bytes(pickle.dumps({"x": inside}, protocol=0))
    elif kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("archive/data.pkl", pickle.dumps(inside))
            archive.writestr("archive/version", "3")
    elif kind == "exec":
        path.write_bytes(b'cbuiltins\nexec\n(S\'open("EXECUTED", "w")\'\ntR.')
    elif kind == "builtins":
        path.write_bytes(
            b"\x80\x02c__builtin__\neval\nq\x00X\x18\x00\x00\x00open('EXECUTED', mode='w')q\x01\x85q\x02Rq\x03."
        )
    else:
        path = folder / "w.safetensors.pth"
        path.write_bytes(pickle.dumps(inside))
    return converted(path.name, must="refuse")


def spoilt_tensor(rng: Generator, folder: Path) -> Case:
    """One tensor of another shape, type, layout or value, or none at all."""
    found: dict[str, Any] = state()
    name = str(
        rng.choice(["conv1.weight", "layer1.0.bn1.running_var", "layer4.1.conv2.weight", "bn1.num_batches_tracked"])
    )
    tensor = found[name]
    spoil: dict[str, Callable[[], Any]] = {
        "nan": lambda: torch.full(tensor.shape, float("nan")),
        "inf": lambda: torch.full(tensor.shape, float("inf")),
        "shape": lambda: torch.zeros(7, 7),
        "scalar": lambda: torch.zeros(()),
        "sparse": lambda: torch.zeros(tensor.shape).to_sparse(),
        "complex": lambda: torch.zeros(tensor.shape, dtype=torch.complex64),
        "bool": lambda: torch.zeros(tensor.shape, dtype=torch.bool),
        "quantised": lambda: torch.quantize_per_tensor(torch.zeros(tensor.shape), 0.1, 0, torch.qint8),
        "float8": lambda: torch.zeros(tensor.shape).to(torch.float8_e4m3fn),
        "number": lambda: 5,
        "none": lambda: None,
        "numpy": lambda: torch.zeros(tensor.shape).numpy(),
        "expanded": lambda: torch.zeros(1).expand(2**20, 2**14),
    }
    what = str(rng.choice([*spoil, "missing", "extra", "number key"]))
    if what == "missing":
        del found[name]
    elif what == "extra":
        found["extra.weight"] = torch.zeros(3)
    elif what == "number key":
        found[5] = torch.zeros(3)
    else:
        found[name] = spoil[what]()
    torch.save(found, folder / "w.pth")
    return converted("w.pth", must="" if "num_batches" in name or what in {"float8"} else "refuse")


def damaged_weights(rng: Generator, folder: Path) -> Case:
    """Bytes changed, cut or inserted in the part that describes them."""
    small = {"conv1.weight": torch.zeros(64, 3, 7, 7), "bn1.weight": torch.zeros(64)}
    if rng.random() < 0.5:
        data = save(small)
        (folder / "w2.safetensors").write_bytes(damaged(rng, data[:200]) + data[200:])
        return converted("w2.safetensors", must="refuse")
    buffer = io.BytesIO()
    torch.save(small, buffer)
    (folder / "w.pth").write_bytes(damaged(rng, buffer.getvalue()))
    return converted("w.pth", must="refuse")


def lying_safetensors(rng: Generator, folder: Path) -> Case:
    """Headers that say other sizes, types and places."""
    size = int(rng.choice([0, 1, 2**20, 2**40, 2**63 - 1]))
    tensor = {
        "dtype": str(rng.choice(["F32", "F99", "", "BOOL"])),
        "shape": [size, 2],
        "data_offsets": [0, int(rng.choice([8, size]))],
    }
    header = json.dumps({"conv1.weight": tensor}).encode() if rng.random() < 0.7 else b"[" * 5000
    length = len(header) if rng.random() < 0.6 else int(rng.choice([0, 1, 2**31, 2**62]))
    (folder / "w2.safetensors").write_bytes(struct.pack("<Q", length) + header + bytes(8))
    return converted("w2.safetensors", must="refuse")


def no_weights(rng: Generator, folder: Path) -> Case:
    """No file, another file, a bomb in a zip."""
    name = str(rng.choice(["w.pth", "w.pt", "x.safetensors", "w.bin", "w", "w.onnx", "w.h5", "w.ckpt"]))
    path = folder / name
    kind = str(rng.choice(["missing", "empty", "noise", "fifo", "folder", "zip bomb", "hole", "text", "dangling"]))
    if kind == "empty":
        path.touch()
    elif kind == "noise":
        path.write_bytes(rng.bytes(4000))
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "zip bomb":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a/data.pkl", "w") as file:
            for _ in range(700):
                file.write(bytes(1 << 20))
    elif kind == "hole":
        path.touch()
        os.truncate(path, 2**34)
    elif kind == "text":
        path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 46830571\n")
    elif kind == "dangling":
        path.symlink_to("nowhere")
    return converted(name, must="refuse")


def targets(rng: Generator, folder: Path) -> Case:
    """A place for the result that is taken, is no place, or is the source itself."""
    torch.save(state(), folder / "w.pth")
    out = folder / "o.safetensors"
    kind = str(
        rng.choice(["file", "folder", "fifo", "link", "source", "no folder", "file as folder", "long", "link to file"])
    )
    given = {
        "source": "w.pth",
        "no folder": "no/such/o.safetensors",
        "file as folder": "w.pth/o.safetensors",
        "long": "x" * 300,
    }
    if kind == "file":
        out.write_bytes(b"precious")
    elif kind == "folder":
        out.mkdir()
    elif kind == "fifo":
        os.mkfifo(out)
    elif kind == "link":
        out.symlink_to("nowhere")
    elif kind == "link to file":
        (folder / "precious").write_bytes(b"precious")
        out.symlink_to("precious")
    argv = ["convert", "w.pth", "--model", "resnet18", "--out", given.get(kind, "o.safetensors")]
    return Case(argv, must="" if kind == "no folder" else "refuse")


def model_names(rng: Generator, folder: Path) -> Case:
    """Networks that there are not."""
    torch.save({"x": torch.zeros(2)}, folder / "w.pth")
    name = str(rng.choice(["", "resnet19", "ResNet18", "convnet", "mlp", "x" * 500, "../x", "huggingface", "[red]"]))
    return Case(["convert", "w.pth", "--model", name, "--out", "w.safetensors"], must="refuse")


def networks_of_studies(rng: Generator, folder: Path) -> Case:
    """An arm of a recipe that loads a network whose files are spoilt."""
    study = study_copy(folder)
    arm = study / "arms" / "nearest"
    weights, description = arm / "model.safetensors", arm / "model.json"
    facts = json.loads(description.read_text())
    match str(
        rng.choice(
            ["sound", "weights", "empty", "description", "value", "huge", "pickle", "missing", "fifo", "swapped"]
        )
    ):
        case "weights":
            weights.write_bytes(damaged(rng, weights.read_bytes()))
        case "empty":
            weights.write_bytes(b"")
        case "description":
            description.write_bytes(damaged(rng, description.read_bytes()))
        case "value":
            description.write_text(json.dumps(facts | {str(rng.choice(list(facts))): draw(rng, PLAIN_VALUES, 1)[0]}))
        case "huge":
            description.write_text(json.dumps(facts | {"width": 10**9, "dim": 10**9}))
        case "pickle":
            weights.write_bytes(pickle.dumps(Executed()))
        case "missing":
            weights.unlink()
        case "fifo":
            weights.unlink()
            os.mkfifo(weights)
        case "swapped":
            weights.write_bytes(description.read_bytes())
    if rng.random() < 0.5:
        (folder / "q.png").write_bytes(_png())
        return Case(["search", "study", "--image", "q.png", "--json"])
    values = recipe() | {"arms": {"x": {"checkpoint": "study/arms/nearest"}}}
    values["data"] = {"source": "digits", "label": "parity", "max_items": 60}
    write(folder, values)
    return Case(["run", "r.toml", "--out", "out"])


def _png() -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("L", (8, 8), 90).save(buffer, "PNG")
    return buffer.getvalue()


MAKERS = (
    plain,
    wrapped,
    runs_something,
    spoilt_tensor,
    damaged_weights,
    lying_safetensors,
    no_weights,
    targets,
    model_names,
    networks_of_studies,
    runs_something,
    wrapped,
)

"""Networks of the hub, on tiny random ones saved to disk; the hub itself is never asked."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import AutoModel, BertConfig, PreTrainedConfig, ResNetConfig

from models.building import build
from models.checkpoint import load_checkpoint, save_checkpoint
from models.errors import CheckpointError, UncollapseError
from models.head import Embedder, ModelSpec
from models.registry import IMAGENET, create
from tests.models.tiny import CONFIGS, STATISTICS, clip_with_text, save

SPEC = ModelSpec("huggingface", 5, 3, 32)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    base = tmp_path_factory.mktemp("hub")
    return {name: save(base / name, config) for name, config in CONFIGS.items()}


@pytest.fixture
def vit(tmp_path: Path) -> Path:
    return save(tmp_path / "vit", CONFIGS["vit"])


def images(n: int = 3, side: int = 32, channels: int = 3) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, (n, channels, side, side), generator=generator).to(torch.uint8)


def made(folder: Path | str, spec: ModelSpec = SPEC) -> Embedder:
    return build(spec, images(channels=spec.channels), seed=0, weights=str(folder)).eval()


def refused(folder: Path | str) -> str:
    with pytest.raises(UncollapseError) as caught:
        made(folder)
    message = str(caught.value)
    assert "\n" not in message
    return message


def described_feature(family: str, pixels: Tensor, folder: Path) -> Tensor:
    """The feature that the module's text promises, from the network's own parts."""
    network = AutoModel.from_pretrained(folder, use_safetensors=True).eval()
    hidden = network(pixels).last_hidden_state
    match family:
        case "dinov2" | "vit":  # already behind the last normalisation
            return hidden[:, 0]
        case "clip":
            return network.post_layernorm(hidden[:, 0])
        case _:
            return network.layernorm(hidden.mean(dim=(2, 3)))


@pytest.mark.parametrize("family", CONFIGS)
def test_the_feature_is_the_one_described_of_input_normalised_as_the_folder_says(family: str, folders):
    embedder = made(folders[family])
    assert embedder.backbone.features == 32
    mean, std = (torch.tensor(STATISTICS[key])[:, None, None] for key in ("image_mean", "image_std"))
    pixels = (images().float() / 255 - mean) / std
    with torch.no_grad():
        assert torch.allclose(embedder.backbone(pixels), described_feature(family, pixels, folders[family]), atol=1e-5)
        vectors = embedder(images())
        expected = torch.nn.functional.normalize(embedder.head(embedder.backbone(pixels)), dim=1)
    assert torch.allclose(vectors, expected, atol=1e-5)


@pytest.mark.parametrize("family", CONFIGS)
def test_a_checkpoint_needs_neither_the_folder_nor_the_hub(family: str, folders, tmp_path: Path, monkeypatch):
    embedder = made(folders[family])
    save_checkpoint(tmp_path, embedder)
    assert json.loads((tmp_path / "model.json").read_text())["options"]["config"]["model_type"].startswith(family)
    monkeypatch.setattr("models.huggingface.read_huggingface", None)
    loaded = load_checkpoint(tmp_path)
    assert all(torch.equal(value, loaded.state_dict()[key]) for key, value in embedder.state_dict().items())
    with torch.no_grad():
        assert torch.allclose(loaded(images()), embedder(images()), atol=1e-6)
    again = made(tmp_path)  # and the backbone of a checkpoint is a start like any other
    assert torch.equal(again.mean, embedder.mean)
    assert all(torch.equal(v, again.backbone.state_dict()[k]) for k, v in embedder.backbone.state_dict().items())


@pytest.mark.parametrize("family", CONFIGS)
@pytest.mark.parametrize(("side", "channels"), [(56, 3), (32, 1)])
def test_other_sizes_and_grey_pictures(family: str, side: int, channels: int, folders):
    embedder = made(folders[family], ModelSpec("huggingface", 5, channels, side)).train()
    vectors = embedder(images(4, side, channels))
    assert torch.allclose(vectors.norm(dim=1), torch.ones(4), atol=1e-5)
    vectors[:, 0].sum().backward()
    assert all(p.grad is not None for p in embedder.parameters() if p.requires_grad)
    fixed = {name for name, p in embedder.named_parameters() if not p.requires_grad}
    assert fixed <= {"backbone.network.embeddings.mask_token"}  # used in pre-training only


def test_the_vision_half_of_clip(tmp_path: Path):
    folder = save(tmp_path / "clip", clip_with_text())
    embedder = made(folder)
    whole = AutoModel.from_pretrained(folder, use_safetensors=True).eval()
    with torch.no_grad():
        pixels = torch.rand(2, 3, 32, 32)
        expected = whole.vision_model(pixels).pooler_output
        assert torch.allclose(embedder.backbone(pixels), expected, atol=1e-5)
    assert not any("text" in key for key in embedder.state_dict())


def test_without_a_preprocessor_the_input_is_normalised_as_for_imagenet(tmp_path: Path):
    embedder = made(save(tmp_path / "vit", CONFIGS["vit"], statistics=None))
    assert torch.allclose(embedder.std, torch.tensor(IMAGENET[1]))


def test_our_residual_networks_compute_what_those_of_the_hub_do():
    """An independent oracle for models/resnet.py: the same weights under other names give the same features."""
    for name, kind, depths, sizes in [
        ("resnet18", "basic", [2, 2, 2, 2], [64, 128, 256, 512]),
        ("resnet50", "bottleneck", [3, 4, 6, 3], [256, 512, 1024, 2048]),
    ]:
        theirs = AutoModel.from_config(ResNetConfig(layer_type=kind, depths=depths, hidden_sizes=sizes)).eval()
        for module in theirs.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.running_mean.normal_(std=0.1)
                module.running_var.uniform_(0.5, 1.5)
        ours = create(name, channels=3, image_size=64).eval()
        ours.load_state_dict({key: theirs.state_dict()[renamed(key)] for key in ours.state_dict()})
        with torch.no_grad():
            x = torch.rand(2, 3, 64, 64)
            assert torch.allclose(ours(x), theirs(x).pooler_output.flatten(1), rtol=1e-4, atol=1e-5)


def renamed(key: str) -> str:
    """From torchvision's names to those of transformers."""
    *place, last = key.split(".")
    if place[0] in ("conv1", "bn1"):
        return f"embedder.embedder.{'convolution' if place[0] == 'conv1' else 'normalization'}.{last}"
    block = f"encoder.stages.{int(place[0][-1]) - 1}.layers.{place[1]}"
    if place[2] == "downsample":
        return f"{block}.shortcut.{('convolution', 'normalization')[int(place[3])]}.{last}"
    kind = "convolution" if place[2].startswith("conv") else "normalization"
    return f"{block}.layer.{int(place[2][-1]) - 1}.{kind}.{last}"


def test_a_repository_is_fetched_as_safetensors_of_a_revision(vit: Path, monkeypatch: pytest.MonkeyPatch):
    asked: list[Any] = []

    def snapshot_download(name: str, **options: Any) -> str:
        asked.append((name, options["revision"], options["allow_patterns"]))
        return str(vit)

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot_download)
    made("owner/name")
    made("owner/name@v1")
    assert [(name, revision) for name, revision, _ in asked] == [("owner/name", None), ("owner/name", "v1")]
    assert not any(pattern.endswith(("bin", "py", "pth", "*")) for pattern in asked[0][2])


def test_without_a_connection_the_sentence_says_what_was_tried(monkeypatch: pytest.MonkeyPatch):
    def snapshot_download(name: str, **options: Any) -> str:
        raise ConnectionError("no route to host\nand more")

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot_download)
    expected = '"owner/name" is no folder, and cannot be downloaded from the Hugging Face hub (no route'
    assert expected in refused("owner/name")


@pytest.mark.parametrize("name", ["no folder", "../up", "a/b/c", "@", "x" * 300])
def test_a_text_that_names_nothing(name: str):
    assert "is no folder, and cannot be downloaded from the Hugging Face hub" in refused(name)


def test_without_the_extra_the_sentence_says_how_to_install_it(vit: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    assert "pip install -r requirements-extra.txt" in refused(vit)
    assert "pip install -r requirements-extra.txt" in refused("owner/name")


def test_torchvision_timm_and_the_networks_of_others_are_not_imported(vit: Path):
    """transformers alone takes seconds, so a study without it must not wait for it."""
    code = f"""if True:
        import sys
        import torch
        from models.building import build
        from models.head import ModelSpec
        assert "transformers" not in sys.modules
        images = torch.zeros(2, 3, 32, 32, dtype=torch.uint8)
        embedder = build(ModelSpec("huggingface", 5, 3, 32), images, seed=0, weights={str(vit)!r})
        embedder(images)
        assert not {{"torchvision", "timm", "tensorflow"}} & set(sys.modules)
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


def edit(path: Path, **values: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


class TestWrongFolders:
    def test_an_empty_folder(self, tmp_path: Path):
        assert "holds no network that can be read" in refused(tmp_path)

    def test_weights_in_a_pickle(self, vit: Path):
        torch.save(load_file(vit / "model.safetensors"), vit / "pytorch_model.bin")
        (vit / "model.safetensors").unlink()
        assert "holds no network that can be read" in refused(vit)

    def test_a_missing_tensor(self, vit: Path):
        tensors = load_file(vit / "model.safetensors")
        del tensors["layernorm.bias"]
        save_file(tensors, vit / "model.safetensors", metadata={"format": "pt"})
        assert "lacks 1 tensor(s) of its network, such as layernorm.bias" in refused(vit)

    def test_a_missing_pooling_layer_is_no_loss(self, vit: Path):
        tensors = load_file(vit / "model.safetensors")
        kept = {key: value for key, value in tensors.items() if not key.startswith("pooler")}
        assert len(kept) < len(tensors)
        save_file(kept, vit / "model.safetensors", metadata={"format": "pt"})
        made(vit)

    def test_a_wrong_shape(self, vit: Path):
        edit(vit / "config.json", hidden_size=64)
        assert "holds no network that can be read" in refused(vit)

    def test_weights_that_are_not_finite(self, vit: Path):
        tensors = load_file(vit / "model.safetensors")
        tensors["layernorm.bias"][0] = torch.nan
        save_file(tensors, vit / "model.safetensors", metadata={"format": "pt"})
        assert "layernorm.bias holds NaN or infinite weights" in refused(vit)

    @pytest.mark.parametrize("size", [0, 7, 1000])
    def test_a_truncated_file(self, vit: Path, size: int):
        path = vit / "model.safetensors"
        path.write_bytes(path.read_bytes()[:size])
        assert "holds no network that can be read" in refused(vit)

    def test_a_text_network(self, tmp_path: Path):
        config = BertConfig(
            hidden_size=32, num_hidden_layers=1, num_attention_heads=2, vocab_size=40, intermediate_size=8
        )
        assert '"bert", which is no vision network' in refused(save(tmp_path / "bert", config))

    def test_a_network_that_brings_code(self, vit: Path):
        edit(vit / "config.json", model_type="mine", auto_map={"AutoConfig": "code.Config", "AutoModel": "code.Model"})
        (vit / "code.py").write_text("raise SystemExit('run')")
        assert "holds no network that can be read" in refused(vit)

    @pytest.mark.parametrize("text", ["", "[]", "{", '{"image_mean": 5}', '{"image_std": [1, 2]}'])
    def test_a_broken_preprocessor(self, vit: Path, text: str):
        (vit / "preprocessor_config.json").write_text(text)
        assert "preprocessor_config.json" in refused(vit)

    def test_a_deviation_of_zero(self, vit: Path):
        edit(vit / "preprocessor_config.json", image_std=[0, 0, 0])
        assert "image_std above 0" in refused(vit)


class TestWrongDescriptions:
    """A checkpoint's model.json may come from anywhere."""

    @pytest.mark.parametrize(
        "change",
        [
            {"model_type": "no-such-network"},
            {"model_type": None},
            {"model_type": "bert", "hidden_size": 32},
            {"num_hidden_layers": 10**4},
            {"num_hidden_layers": -1},
            {"hidden_size": 10**12},
            {"hidden_size": 33},
            {"hidden_size": "wide"},
            {"patch_size": 0},
            {"hidden_act": "explode"},
            {"image_size": None},
        ],
    )
    def test_of_no_network(self, change: dict[str, Any], folders, tmp_path: Path):
        save_checkpoint(tmp_path, made(folders["vit"]))
        description = json.loads((tmp_path / "model.json").read_text())
        description["options"]["config"] |= change
        (tmp_path / "model.json").write_text(json.dumps(description))
        with pytest.raises(CheckpointError) as caught:
            load_checkpoint(tmp_path)
        assert "\n" not in str(caught.value)
        assert str(tmp_path)[:40] in str(caught.value)  # long paths lose their middle

    def test_what_would_fetch_code_or_weights_is_left_out(self, folders, tmp_path: Path):
        save_checkpoint(tmp_path, made(folders["vit"]))
        description = json.loads((tmp_path / "model.json").read_text())
        wishes = {"attn_implementation": "owner/kernel", "_attn_implementation": "owner/kernel"}
        wishes |= {"auto_map": {"AutoModel": "owner/name--code.Model"}, "quantization_config": {"quant_method": "x"}}
        description["options"]["config"] |= wishes
        (tmp_path / "model.json").write_text(json.dumps(description))
        network = load_checkpoint(tmp_path).backbone.network
        assert network.config._attn_implementation in ("sdpa", "eager")
        assert not hasattr(network.config, "quantization_config")


def test_a_description_without_configuration():
    with pytest.raises(UncollapseError, match=r"needs model\.weights, such as"):
        create("huggingface", channels=3, image_size=32)


def test_the_tiny_networks_are_of_the_four_families():
    assert all(isinstance(config, PreTrainedConfig) for config in CONFIGS.values())
    assert {config.model_type for config in CONFIGS.values()} == {"dinov2", "vit", "convnext", "clip_vision_model"}

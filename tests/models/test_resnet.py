"""Residual networks with torchvision's names and shapes, which are written out here from its naming scheme."""

import pytest
import torch

from models.registry import create

NETWORKS = {
    "resnet18": ("basic", (2, 2, 2, 2), 11_689_512 - 513_000),  # torchvision's published counts, less fc
    "resnet34": ("basic", (3, 4, 6, 3), 21_797_672 - 513_000),
    "resnet50": ("bottleneck", (3, 4, 6, 3), 25_557_032 - 2_049_000),
}


def norm(name: str, width: int) -> dict[str, tuple[int, ...]]:
    values = {f"{name}.{key}": (width,) for key in ("weight", "bias", "running_mean", "running_var")}
    return values | {f"{name}.num_batches_tracked": ()}


def torchvision_shapes(kind: str, depths: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
    """Names and shapes of torchvision's ResNet without fc: conv1, bn1, layer1.0.conv1, ..., layer2.0.downsample.0."""
    shapes = {"conv1.weight": (64, 3, 7, 7)} | norm("bn1", 64)
    inputs = 64
    for stage, depth in enumerate(depths):
        width = 64 * 2**stage
        outputs = width if kind == "basic" else 4 * width
        for number in range(depth):
            block = f"layer{stage + 1}.{number}"
            if kind == "basic":
                kernels = [(width, inputs, 3, 3), (width, width, 3, 3)]
            else:
                kernels = [(width, inputs, 1, 1), (width, width, 3, 3), (outputs, width, 1, 1)]
            for index, kernel in enumerate(kernels, start=1):
                shapes |= {f"{block}.conv{index}.weight": kernel} | norm(f"{block}.bn{index}", kernel[0])
            if number == 0 and (stage > 0 or kind == "bottleneck"):
                shapes |= {f"{block}.downsample.0.weight": (outputs, inputs, 1, 1)}
                shapes |= norm(f"{block}.downsample.1", outputs)
            inputs = outputs
    return shapes


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("stem", ["large", "small"])
def test_state_dicts_have_torchvisions_names_and_shapes(name: str, stem: str):
    kind, depths, parameters = NETWORKS[name]
    with torch.device("meta"):
        network = create(name, channels=1, image_size=224, stem=stem)
    assert {key: tuple(value.shape) for key, value in network.state_dict().items()} == torchvision_shapes(kind, depths)
    assert sum(p.numel() for p in network.parameters()) == parameters


def test_names_that_weights_of_torchvision_are_known_to_have():
    with torch.device("meta"):
        keys = set(create("resnet50", channels=3, image_size=224).state_dict())
    assert {"layer1.0.downsample.1.running_var", "layer4.2.conv3.weight", "layer3.5.bn3.bias"} <= keys
    assert len(keys) == 320 - 2  # fc.weight, fc.bias


@pytest.mark.parametrize(("stem", "places"), [("large", 1), ("small", 4)])
def test_the_small_stem_keeps_resolution(stem: str, places: int):
    network = create("resnet18", channels=3, image_size=32, stem=stem).eval()
    seen = []
    network.layer4.register_forward_hook(lambda *args: seen.append(args[2].shape[-1]))
    with torch.no_grad():
        network(torch.rand(1, 3, 32, 32))
    assert seen == [places]


def test_another_stem_is_refused():
    with pytest.raises(ValueError, match='stem must be "large" or "small"'):
        create("resnet18", channels=3, image_size=32, stem="huge")

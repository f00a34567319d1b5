"""A network's tensors are found under any prefix, and never taken from the wrong copy."""

from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from models.errors import CheckpointError
from models.state_dict import find_network

OWN = {"conv1.weight": torch.ones(2), "layer1.0.conv1.weight": torch.ones(3), "layer1.0.bn1.bias": torch.ones(1)}
OTHER = {name: -value for name, value in OWN.items()}
WANTED = set(OWN)
SOURCE = Path("weights.pth")


def after(prefix: str, tensors: dict[str, Tensor] = OWN) -> dict[str, Any]:
    return {prefix + name: value for name, value in tensors.items()}


@given(st.lists(st.text("abc_.", min_size=1, max_size=9), max_size=4), st.lists(st.text("xyz", min_size=1), max_size=4))
def test_any_prefix_in_any_mappings(parts: list[str], wrappers: list[str]) -> None:
    prefix = "".join(f"{part}." for part in parts)
    content: Any = after(prefix) | {"epoch": 3, "queue": torch.zeros(5)}
    for wrapper in wrappers:
        content = {wrapper: content, "epoch": 3}
    found = find_network(SOURCE, content, WANTED)
    assert found.prefix == "".join(f"{wrapper}." for wrapper in reversed(wrappers)) + prefix
    assert {name: found.tensors[name] for name in OWN} == OWN


@pytest.mark.parametrize(
    ("content", "prefix"),
    [
        ({"teacher": after("backbone."), "student": after("backbone.", OTHER)}, "teacher.backbone."),
        ({"state_dict": OTHER, "state_dict_ema": OWN}, "state_dict_ema."),
        (after("module.encoder_q.") | after("module.encoder_k.", OTHER), "module.encoder_q."),
        (after("online.") | after("target.", OTHER), "online."),
        ({"model": OWN, "state_dict": dict(OWN)}, "model."),
    ],
)
def test_of_several_copies_one_is_taken_and_the_others_are_named(content: dict[str, Any], prefix: str) -> None:
    found = find_network(SOURCE, content, WANTED)
    assert found.prefix == prefix
    assert all(torch.equal(found.tensors[name], OWN[name]) for name in OWN)
    assert len(found.others) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"a": OWN, "b": OTHER}, 'several of these networks, after "a." and "b."'),
        (after("", {"x" * 999: torch.ones(1)}), "holds no weights of this network"),
        ([OWN], "holds no state dict"),
    ],
)
def test_what_cannot_be_told(content: Any, words: str) -> None:
    with pytest.raises(CheckpointError) as error:
        find_network(SOURCE, content, WANTED)
    assert words in str(error.value)
    assert len(str(error.value)) <= 300


def test_a_mapping_that_holds_itself() -> None:
    content: dict[str, Any] = {"net": OWN}
    content["self"] = content
    assert find_network(SOURCE, content, WANTED).prefix == "net."


def test_most_of_a_network_is_left_to_its_names() -> None:
    found = find_network(SOURCE, {k: v for k, v in after("net.").items() if "bn1" not in k}, WANTED)
    assert found.tensors.keys() == WANTED - {"layer1.0.bn1.bias"}

"""Small recipes and pictures to make studies from, and the command line in this process."""

import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.recipe.recipe import Recipe


def write_pictures(folder: Path, *, classes: int = 2, each: int = 20, colour: bool = True, seed: int = 0) -> Path:
    """A folder `class/image.png` of noisy pictures; brighter ones are of later classes; sizes differ."""
    rng = np.random.default_rng(seed)
    for label in range(classes):
        (folder / f"class{label}").mkdir(parents=True)
        for number in range(each):
            shape = (9 + number % 4, 12 - number % 3, *([3] if colour else []))
            noise = rng.integers(0, 180, shape) + 60 * label // classes + 10 * (number % 2)
            Image.fromarray(noise.astype(np.uint8)).save(folder / f"class{label}" / f"{number}.png")
    return folder


def small_recipe(path: Path, **values: Any) -> Recipe:
    """Two classes of pictures from a folder, three epochs; one item of each is held out, too few for UMAP."""
    recipe: dict[str, Any] = {
        "name": "small",
        "data": {"source": "folder", "path": str(path), "test_fraction": 0.01, "image_size": 8},
        "model": {"dim": 4, "width": 4},
        "train": {"epochs": 3, "samples_per_class": 8, "margin": 1.0},
        "arms": {"standard": {"positives": "random"}, "nearest": {"positives": "nearest"}},
    }
    for key, value in values.items():
        recipe[key] = recipe[key] | value if key in ("data", "model", "train") else value
    return Recipe.from_dict(recipe)


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pictures(tmp_path_factory.mktemp("data") / "pictures")


@pytest.fixture
def small(pictures: Path) -> Callable[..., Recipe]:
    return lambda **values: small_recipe(pictures, **values)


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Outcome]]:
    """Run a command of `python -m core` in this process; any exception but SystemExit is a failure."""
    from core.__main__ import main

    def command(*arguments: object) -> Outcome:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["core", *map(str, arguments)])
        try:
            main()
            code: Any = 0
        except SystemExit as stop:
            code = stop.code or 0
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    handler = signal.getsignal(signal.SIGTERM)
    yield command
    signal.signal(signal.SIGTERM, handler)

"""The documents: links lead somewhere, code and commands run in a process of their own, generated parts are current."""

import os
import re
import shlex
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core.recipe.recipe import Recipe
from docs.generate import generated
from tests.core.conftest import write_pictures

REPO = Path(__file__).parent.parent
PAGES = sorted([*REPO.glob("*.md"), *(REPO / "docs").rglob("*.md")])
TEXTS = {str(page.relative_to(REPO)): page.read_text("utf-8") for page in PAGES}
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")

LONG = {
    "make": "installs packages, opens a server or runs all tests",
    "docker": "needs Docker and a network",
    "torchrun": "two processes; tests/core/training/test_distributed.py runs them",
    "python -m docs.generate": "writes into the repository; its result is tested below",
}
"""Commands that are only looked at, and why."""

SMALL = {
    "python -m core run": ["train.epochs=1", "train.snapshots=0", "model.width=4", "model.dim=4"],
    "python -m core run mnist-parity": ["data.source=digits", "data.max_items=80"],
    "python -m core run products.toml": ["data.image_size=8"],
}
"""Values set in commands that would take minutes as they stand."""

GIVEN = {
    "loader": """
        import torch
        model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(16, 8))
        loader = [(torch.rand(20, 1, 4, 4), torch.arange(20) % 2) for _ in range(2)]
        """,
    "mine.npy": """
        import numpy as np
        vectors, labels = np.random.default_rng(0).normal(size=(40, 8)).astype("float32"), ["a", "b"] * 20
        """,
}
"""What a block of Python takes as the reader's own, by a word in it; the first that is found."""


def blocks(language: str) -> list[tuple[str, str]]:
    """(page, text) of all blocks in a language."""
    return [(name, text) for name, page in TEXTS.items() for kind, text in FENCE.findall(page) if kind == language]


def commands() -> list[str]:
    """Every line of the shell blocks, once, without comments."""
    lines = [line.partition(" #")[0].strip() for _, text in blocks("sh") for line in text.splitlines()]
    return list(dict.fromkeys(lines))


def anchors(page: Path) -> set[str]:
    """Of the headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", TEXTS)
def test_links_lead_somewhere(name: str):
    for link in LINK.findall(FENCE.sub("", TEXTS[name])):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (REPO / name).parent.joinpath(path).resolve() if path else REPO / name
        assert target.exists(), link
        assert target.is_relative_to(REPO), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("name", TEXTS)
def test_every_block_names_its_language(name: str):
    assert {kind for kind, _ in FENCE.findall(TEXTS[name])} <= {"sh", "python", "toml", "text"}


def test_every_document_is_reached_from_the_readme():
    reached, stack = set(), [REPO / "README.md"]
    while stack:
        page = stack.pop()
        if page not in reached and page.suffix == ".md":
            reached.add(page)
            links = [link.partition("#")[0] for link in LINK.findall(page.read_text("utf-8")) if "://" not in link]
            stack += [(page.parent / link).resolve() for link in links if link]
    assert reached == {page.resolve() for page in PAGES}


def test_what_follows_from_the_code_is_current():
    stale = [path.name for path, text in generated().items() if path.read_text("utf-8") != text]
    assert not stale, "run: python -m docs.generate"


def test_modules_that_are_named_exist():
    for module in set(re.findall(r"python -m ([\w.]+)", "".join(TEXTS.values()))):
        assert find_spec(module) is not None, module


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, study_folder: Path) -> Path:
    """A reader's folder: data and a model of their own, and the default study, here a small one."""
    folder = tmp_path_factory.mktemp("reader")
    (folder / "studies").mkdir()
    (folder / "studies" / "mnist-parity").symlink_to(study_folder)
    write_pictures(folder / "products", classes=8, each=24)
    (folder / "products.toml").write_text(next(text for page, text in blocks("toml") if page == "README.md"))
    Image.fromarray(np.eye(8, dtype=np.uint8) * 255).save(folder / "q.png")
    np.save(folder / "mine.npy", np.random.default_rng(0).normal(size=(40, 8)).astype(np.float32))
    pd.DataFrame({"label": ["a", "b"] * 20}).to_csv(folder / "items.csv", index=False)
    return folder


def run_alone(arguments: list[str], folder: Path, *, may_end_with: tuple[int, ...] = (0,)) -> None:
    """In a fresh process that has imported nothing yet."""
    variables = os.environ | {
        "PYTHONPATH": str(REPO),
        "UNCOLLAPSE_STUDIES": str(folder / "made"),
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run([sys.executable, *arguments], cwd=folder, env=variables, capture_output=True, text=True)
    assert done.returncode in may_end_with, done.stderr


@pytest.mark.parametrize("command", commands())
def test_commands_run(command: str, folder: Path):
    words = shlex.split(command)
    if any(command.startswith(long) for long in LONG):
        return
    if "convert" in words:
        weights = "import sys, torch; from models.registry import create; "
        weights += "torch.save(create('resnet18', channels=3, image_size=8).state_dict(), sys.argv[1])"
        run_alone(["-c", weights, "weights.pth"], folder)
    small = [value for start, values in SMALL.items() if command.startswith(start) for value in values]
    assert words[0] == "python", command
    codes = (0, 1) if "--fail-on" in words else (0,)  # the check may find what it looks for
    run_alone([*words[1:], *(part for value in small for part in ("--set", value))], folder, may_end_with=codes)


@pytest.mark.parametrize(("page", "code"), blocks("python"), ids=lambda text: text[:20].splitlines()[0])
def test_python_runs(page: str, code: str, folder: Path):
    given = next((text for word, text in GIVEN.items() if word in code), "")
    given = "\n".join(line.strip() for line in given.splitlines())
    run_alone(["-c", given + code], folder)


@pytest.mark.parametrize(("page", "text"), blocks("toml"), ids=lambda text: text[:20].splitlines()[0])
def test_recipes_can_be_read(page: str, text: str):
    values = tomllib.loads(text)
    whole = values if "name" in values else Recipe.load("mnist-parity").to_dict() | values
    if whole is not values:
        whole["model"] |= {"name": "resnet18", "weights": "weights.safetensors"}
    assert Recipe.from_dict(whole).arms

"""The import rules: app -> core -> models, between the rooms of each, and what the first page does without."""

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

REPO = Path(__file__).parent.parent
FORBIDDEN = {
    "app": ["numpy.linalg", "scipy", "sklearn", "torch", "umap", "faiss", "numba"],  # pages do no maths
    "core": ["app", "streamlit"],
    "models": ["app", "core", "streamlit"],
}
PAGES = ("compare", "search", "classes", "lab", "train", "data")
ROOMS: dict[str, dict[str, set[str]]] = {
    "core": {
        "common": set(),
        "recipe": {"common"},
        "data": {"common", "recipe"},
        "neighbours": {"common"},
        "embedding": {"data"},
        "sampling": {"common", "recipe"},
        "diagnostics": {"common", "neighbours"},
        "theory": {"common", "recipe"},
        "projection": {"neighbours"},
        "storage": {"common", "recipe", "data", "neighbours", "embedding", "projection"},
        "study": {"storage"},
        "training": {"common", "recipe", "embedding", "sampling", "diagnostics", "storage"},
        "pipeline": {
            *("common", "recipe", "data", "neighbours", "embedding", "diagnostics"),
            *("projection", "storage", "training"),
        },
        "analysis": {"common", "recipe", "data", "diagnostics", "theory", "storage"},
        "access": {"common", "recipe", "storage"},
        "jobs": {"common", "recipe", "projection", "storage", "pipeline", "access"},
        "authoring": {"common", "recipe", "data", "theory", "access"},
        "__main__": {
            *("common", "recipe", "data", "storage", "training", "pipeline"),
            *("analysis", "jobs", "authoring"),
        },
    },
    "app": {
        "server": set(),
        "access": {"server"},
        "components": set(),
        "state": {"components"},
        "widgets": {"access", "components", "state"},
        **{page: {"access", "components", "state", "widgets"} for page in PAGES},
        "script": {"access", "components", "state", "widgets"},
        "main": {"access", "server"},
    },
}
"""Which rooms each room may import, from the bottom up; a room may always import itself."""

SLOW_TO_IMPORT = ["torch", "umap", "numba"]  # seconds each; the first page does without


def imports(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Dotted names of what is imported. Relative imports never leave their layer, so they are left out."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def attributes(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """numpy's modules reached without an import of their own, as in np.linalg."""
    for node in nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "np":
            yield f"numpy.{node.attr}"


def breaches(source: str, forbidden: Iterable[str]) -> set[str]:
    nodes = list(ast.walk(ast.parse(source)))
    used = {*imports(nodes), *attributes(nodes)}
    return {name for name in used for bad in forbidden if f"{name}.".startswith(f"{bad}.")}


def sources(layer: str) -> list[Path]:
    return sorted((REPO / layer).rglob("*.py"))


@pytest.mark.parametrize("layer", FORBIDDEN)
def test_layers_import_downwards_only(layer: str):
    assert sources(layer)
    found = {path: breaches(path.read_text("utf-8"), FORBIDDEN[layer]) for path in sources(layer)}
    assert not {str(path.relative_to(REPO)): bad for path, bad in found.items() if bad}


def room_of(path: Path) -> str:
    """The folder below its layer that a file lies in, or its own name where it lies in none."""
    inside = path.relative_to(REPO).parts[1:]
    return inside[0] if len(inside) > 1 else path.stem


def rooms_imported(source: str, layer: str) -> set[str]:
    names = (name.split(".") for name in imports(ast.walk(ast.parse(source))))
    return {parts[1] for parts in names if parts[0] == layer and len(parts) > 1}


@pytest.mark.parametrize("layer", ROOMS)
def test_rooms_import_only_what_their_rule_allows(layer: str):
    broken = [
        f"{path.relative_to(REPO)} imports {layer}.{room}; {layer}.{own} may import only: "
        f"{', '.join(sorted(ROOMS[layer][own])) or 'nothing'}"
        for path in sources(layer)
        if (own := room_of(path)) != "__init__"
        for room in sorted(rooms_imported(path.read_text("utf-8"), layer) - {own} - ROOMS[layer][own])
    ]
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("layer", ROOMS)
def test_the_rules_name_every_room_and_only_import_downwards(layer: str):
    assert {room_of(path) for path in sources(layer)} - {"__init__"} == set(ROOMS[layer])
    order = list(ROOMS[layer])
    for room, allowed in ROOMS[layer].items():
        assert allowed <= set(order[: order.index(room)]), f"{layer}.{room} may import a room that stands above it"


@pytest.mark.parametrize("layer", ["core", "app"])
def test_every_room_says_what_lives_there(layer: str):
    folders = [path for path in (REPO / layer).iterdir() if path.is_dir() and list(path.glob("*.py"))]
    assert folders
    silent = [str(f) for f in folders if not ast.get_docstring(ast.parse((f / "__init__.py").read_text("utf-8")))]
    assert not silent


@pytest.mark.parametrize(
    ("source", "layer"),
    [
        ("import streamlit as st", "core"),
        ("from app.state import study", "core"),
        ("from app import state", "core"),
        ("def f():\n    from core import study", "models"),
        ("import numpy as np\nnp.linalg.norm(x)", "app"),
        ("from numpy import linalg", "app"),
        ("from sklearn.metrics import f1_score", "app"),
    ],
)
def test_a_breach_is_found(source: str, layer: str):
    assert breaches(source, FORBIDDEN[layer])


@pytest.mark.parametrize("source", ["import models", "from . import app", "import applied", "np.mean(x)"])
def test_what_is_allowed_is_no_breach(source: str):
    assert not breaches(source, FORBIDDEN["core"])


def start_modules() -> set[str]:
    """Modules of core that a module of the app imports when it is loaded, not later inside a function."""
    names: set[str] = set()
    for path in sources("app"):
        names |= {n for n in imports(ast.parse(path.read_text("utf-8")).body) if n.startswith("core.")}
    return {name if is_module(name) else name.rpartition(".")[0] for name in names} | {
        "core.storage.study",
        "core.jobs.job",
    }


def is_module(name: str) -> bool:
    path = REPO.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


def test_the_first_page_needs_no_slow_library():
    code = (
        f"import sys, {', '.join(sorted(start_modules()))}\nprint(sorted(set(sys.modules) & set({SLOW_TO_IMPORT!r})))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=REPO, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "[]"

"""The import rule app -> core -> models, and what stays out of the app and of its start."""

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

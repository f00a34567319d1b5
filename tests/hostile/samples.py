"""Small inputs with nothing wrong, for a case to spoil; and what was meant by them."""

import os
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.random import Generator
from PIL import Image

from core.common.places import REPO
from tests.hostile.case import Case, Check, Outcome

STUDY_VARIABLE = "UNCOLLAPSE_HOSTILE_STUDY"
"""Names the finished study whose copies are damaged."""
OVERRIDES = ("train.epochs=2", "data.max_items=300", "model.width=4", "model.dim=8")

CLASSES = ("ash", "birch", "cedar")
EACH = 8


def labels() -> list[str]:
    """Of a table's rows."""
    return [name for name in CLASSES for _ in range(EACH)]


def vectors(rng: Generator, names: Sequence[str] | None = None) -> np.ndarray:
    """(n, 6) float32, one group for each class."""
    codes = pd.factorize(np.array(names or labels(), dtype=object))[0]
    return (3 * np.eye(6)[codes % 6] + rng.normal(size=(len(codes), 6))).astype(np.float32)


def write_items(folder: Path, **more: Sequence[object]) -> pd.DataFrame:
    """items.csv with labels and further columns."""
    items = pd.DataFrame({"label": labels(), **more})
    items.to_csv(folder / "items.csv", index=False)
    return items


def write_matrix(folder: Path, rng: Generator, names: Sequence[str] | None = None) -> None:
    """m.npy, a row for each label."""
    np.save(folder / "m.npy", vectors(rng, names))


def imported(table: str = "items.csv", matrix: str = "m.npy") -> list[str]:
    """The import of a table and a matrix to the folder `out`."""
    return ["import", "--table", table, "--embeddings", f"a={matrix}", "--out", "out"]


def import_of_table(folder: Path, rng: Generator, names: Sequence[str], **more: object) -> Case:
    """The import of a table, items.csv unless `argv` names another, whose classes are `names`."""
    write_matrix(folder, rng, names)
    return Case(**{"argv": imported(), "check": classes_are(names), **more})


def classes_are(names: Sequence[str], study: str = "out") -> Check:
    """Whether the items of the study are of these classes, in this order; 007.0 may have become 007."""

    def check(outcome: Outcome) -> str:
        found = pd.read_parquet(outcome.folder / study / "items.parquet")["label"].tolist()
        wanted = [unicodedata.normalize("NFC", name).strip() for name in names]
        if found in (wanted, [name.removesuffix(".0") for name in wanted]):
            return ""
        row = next((i for i, pair in enumerate(zip(found, wanted, strict=False)) if pair[0] != pair[1]), len(wanted))
        return f"row {row + 1} is {found[row : row + 1]}, not {wanted[row : row + 1]}; {len(found)} rows"

    return check


def vectors_are(wanted: np.ndarray, study: str = "out") -> Check:
    """Whether the arm `a` holds the directions of these vectors, in this order."""

    def check(outcome: Outcome) -> str:
        found = np.load(outcome.folder / study / "arms" / "a" / "embeddings.npy").astype(float)
        exact = wanted.astype(np.longdouble)
        units = exact / np.linalg.norm(exact, axis=1, keepdims=True) if exact.ndim == 2 else exact
        if found.shape != units.shape:
            return f"vectors are {found.shape}, not {units.shape}"
        far = np.abs(found - units).max(axis=1)
        return f"row {far.argmax()} is {far.max():.2g} away" if far.max() > 1e-3 else ""

    return check


def picture(rng: Generator, mode: str = "L", size: tuple[int, int] = (12, 10)) -> Image.Image:
    """Noise."""
    channels = len(Image.new(mode, (1, 1)).getbands())
    shape = (size[1], size[0], channels) if channels > 1 else (size[1], size[0])
    noise = rng.integers(0, 256, shape, dtype=np.uint8)
    return Image.fromarray(noise, "RGB" if channels == 3 else "L" if channels == 1 else "RGBA").convert(mode)


def write_pictures(folder: Path, rng: Generator, classes: Sequence[str] = ("a", "b"), each: int = 4) -> list[str]:
    """PNG files `class/0.png`; returns their paths below the folder."""
    paths = [f"{name}/{i}.png" for name in classes for i in range(each)]
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        picture(rng).save(folder / path)
    return paths


def loaded_classes(spec: str, counts: dict[str, int]) -> Check:
    """Whether the data set of a folder, zip, table or recipe has these classes, with so many items each."""

    def check(outcome: Outcome) -> str:
        from core.authoring.dataset_check import data_config
        from core.data import load
        from core.recipe.recipe import Recipe

        config = Recipe.load(spec).data if spec.endswith(".toml") else data_config(spec)
        found = load(config, seed=0).items["label"].value_counts().to_dict()
        return "" if found == counts else f"classes are {found}, not {counts}"

    return check


def checked(spec: str, *more: str) -> list[str]:
    """`data check` of a folder, zip, table or recipe."""
    return ["data", "check", spec, "--json", *more]


def make_study(work: Path) -> Path:
    """A small study, trained here, with pictures: what `study_copy` copies."""
    out = work / "sample-study"
    if not out.exists():
        sets = [word for text in OVERRIDES for word in ("--set", text)]
        command = [sys.executable, "-m", "core", "run", "digits-parity", *sets, "--out", str(out)]
        subprocess.run(command, check=True, cwd=REPO, capture_output=True)
    return out


def study_copy(folder: Path, name: str = "study") -> Path:
    """A study that may be damaged."""
    return Path(shutil.copytree(os.environ[STUDY_VARIABLE], folder / name))

"""Finished studies with damage of every kind in every file, opened by every command that reads them."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from numpy.random import Generator
from PIL import Image

from tests.hostile.case import Case, Outcome
from tests.hostile.drawn import PLAIN_VALUES, damaged, draw
from tests.hostile.samples import study_copy

Spoil = Callable[[Generator, Path], None]


def commands(rng: Generator, folder: Path, **more: object) -> Case:
    """One of the commands that read a study; what they write or print is whole."""
    Image.new("L", (8, 8), 90).save(folder / "q.png")
    argvs = [
        ["report", "study", "--out", "r.html"],
        ["diagnose", "study", "--json"],
        ["diagnose", "study"],
        ["search", "study", "--image", "q.png", "--json"],
        ["report", "study", "--out", "r.html"],
        ["diagnose", "study", "--arm", "nearest", "--json"],
    ]
    return Case(argvs[int(rng.integers(len(argvs)))], check=_whole, **more)


def _whole(outcome: Outcome) -> str:
    page = outcome.folder / "r.html"
    if page.exists():
        text = page.read_text(encoding="utf-8")
        return "" if text.rstrip().endswith("</html>") else "half a page"
    if outcome.stdout.startswith(("[", "{")):
        json.loads(outcome.stdout, parse_constant=lambda word: 1 / 0)
    return "" if outcome.stdout.strip() else "prints nothing"


def files(study: Path) -> list[Path]:
    """All files of a study, in a fixed order."""
    return sorted(path for path in study.rglob("*") if path.is_file())


def _pick(rng: Generator, study: Path, *suffixes: str) -> Path:
    found = [path for path in files(study) if not suffixes or path.suffix in suffixes]
    snapshots = [path for path in found if path.parent.name == "snapshots"]
    found = [path for path in found if path not in snapshots[1:]]
    return found[int(rng.integers(len(found)))]


def any_file(rng: Generator, folder: Path) -> Case:
    """A file that is cut, emptied, missing, garbled, or something else than a file."""
    path = _pick(rng, study_copy(folder))
    data = path.read_bytes()
    what = str(
        rng.choice(
            ["cut", "empty", "missing", "noise", "bytes", "folder", "dangling", "ring", "fifo", "zeros", "longer"]
        )
    )
    if what not in {"cut", "empty", "noise", "bytes", "zeros", "longer"}:
        path.unlink()
    match what:
        case "cut":
            path.write_bytes(data[: int(len(data) * rng.random())])
        case "empty":
            path.write_bytes(b"")
        case "noise":
            path.write_bytes(rng.bytes(len(data)))
        case "bytes":
            path.write_bytes(damaged(rng, data))
        case "zeros":
            path.write_bytes(bytes(len(data)))
        case "longer":
            path.write_bytes(data + rng.bytes(40))
        case "folder":
            path.mkdir()
        case "dangling":
            path.symlink_to("nowhere")
        case "ring":
            path.symlink_to(path.name)
        case "fifo":
            os.mkfifo(path)
    return commands(rng, folder)


def linked_file(rng: Generator, folder: Path) -> Case:
    """A file that is a link: to the same content elsewhere, or out of the study to something private."""
    path = _pick(rng, study_copy(folder))
    moved = folder / "moved"
    shutil.move(path, moved)
    path.symlink_to(moved if rng.random() < 0.6 else "/etc/passwd")
    return commands(rng, folder)


def _edit_table(rng: Generator, path: Path) -> None:
    table = pd.read_parquet(path)
    column = str(rng.choice(table.columns))
    row = int(rng.integers(len(table))) if len(table) else 0
    match str(
        rng.choice(
            [
                "drop",
                "nan",
                "none",
                "text",
                "number",
                "one nan",
                "one text",
                "no rows",
                "half",
                "twice",
                "rename",
                "shuffle",
            ]
        )
    ):
        case "drop":
            table = table.drop(columns=column)
        case "nan":
            table[column] = np.nan
        case "none":
            table[column] = None
        case "text":
            table[column] = "x"
        case "number":
            table[column] = float(rng.choice([0, -1, 1e300, 2**40, np.inf]))
        case "one nan":
            table[column] = table[column].astype(object)
            table.at[row, column] = None
        case "one text":
            table[column] = table[column].astype(str)
            table.loc[row, column] = str(rng.choice(["", "nowhere", "x" * 3000, "<script>", "\u202e"]))
        case "no rows":
            table = table.iloc[:0]
        case "half":
            table = table.iloc[: len(table) // 2]
        case "twice":
            table = pd.concat([table, table], ignore_index=True)
        case "rename":
            table = table.rename(columns={column: "other"})
        case "shuffle":
            table = table.sample(frac=1, random_state=int(rng.integers(2**31)))
    table.to_parquet(path, index=False)


def table_contents(rng: Generator, folder: Path) -> Case:
    """Tables whose columns are missing, empty, of another type, or whose rows do not fit."""
    path = _pick(rng, study_copy(folder), ".parquet")
    for _ in range(int(rng.integers(1, 3))):
        try:
            _edit_table(rng, path)
        except Exception:  # two changes that cannot be made together: one is enough
            break
    return commands(rng, folder)


def matrix_contents(rng: Generator, folder: Path) -> Case:
    """Matrices of other shapes, types, and values that are no numbers or no rows."""
    path = _pick(rng, study_copy(folder), ".npy")
    values = np.load(path)
    row = int(rng.integers(len(values)))
    match str(
        rng.choice(
            ["nan", "inf", "zeros", "rows", "columns", "type", "flat", "one", "large", "object", "negative", "order"]
        )
    ):
        case "nan" if values.dtype.kind == "f":
            values[row] = np.nan
        case "inf" if values.dtype.kind == "f":
            values[:] = np.inf
        case "zeros":
            values[:] = 0
        case "rows":
            values = values[:-1]
        case "columns":
            values = values[..., :-1]
        case "type":
            values = values.astype(rng.choice(["f8", "i8", "u1", "c8", "U3"]))
        case "flat":
            values = values.reshape(-1)
        case "one":
            values = values[:1]
        case "object":
            values = values.astype(object)
        case "negative":
            values = -values if values.dtype.kind != "u" else values
        case "order":
            values = np.asfortranarray(values)
        case _:
            values[:] = np.iinfo(values.dtype).max if values.dtype.kind != "f" else np.finfo(values.dtype).max
    np.save(path, values, allow_pickle=True)
    return commands(rng, folder)


def description(rng: Generator, folder: Path) -> Case:
    """study.json with any value in any place."""
    study = study_copy(folder)
    facts = json.loads((study / "study.json").read_text())
    place: Any = facts
    for _ in range(int(rng.integers(1, 5))):
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = keys[int(rng.integers(len(keys)))]
        if isinstance(place[key], dict | list) and place[key] and rng.random() < 0.7:
            place = place[key]
            continue
        break
    value = draw(rng, PLAIN_VALUES | st.just("\ud800") | st.just(10**400), 1)[0]
    if rng.random() < 0.25:
        del place[key]
    else:
        place[key] = value
    (study / "study.json").write_text(json.dumps(facts))
    return commands(rng, folder)


def schema(rng: Generator, folder: Path) -> Case:
    """A version from the future, from before the first, or none."""
    study = study_copy(folder)
    facts = json.loads((study / "study.json").read_text())
    wanted = [99, 3, 0, -1, None, "2", 2.0, True, 10**30, [], 1]
    facts["schema"] = wanted[int(rng.integers(len(wanted)))]
    if rng.random() < 0.2:
        del facts["schema"]
    (study / "study.json").write_text(json.dumps(facts))
    return commands(rng, folder, must="refuse" if facts.get("schema") in (99, 3, 0, -1, None, 10**30) else "")


def text_files(rng: Generator, folder: Path) -> Case:
    """JSON in another encoding, deep, doubled, or no object."""
    study = study_copy(folder)
    path = _pick(rng, study, ".json", ".toml")
    text = path.read_text()
    match str(rng.choice(["utf-16", "bom", "latin", "deep", "list", "twice", "nan", "number", "surrogate"])):
        case "utf-16":
            path.write_text(text, encoding="utf-16")
        case "bom":
            path.write_text(text, encoding="utf-8-sig")
        case "latin":
            path.write_bytes(text.encode() + b"\xe9")
        case "deep":
            path.write_text("[" * 100_000)
        case "list":
            path.write_text("[]")
        case "twice":
            path.write_text(text + text)
        case "nan":
            path.write_text(text.replace("0", "NaN", 1))
        case "number":
            path.write_text("9" * 5000)
        case "surrogate":
            path.write_text('{"schema": "\\ud800"}')
    return commands(rng, folder)


def swapped(rng: Generator, folder: Path) -> Case:
    """Two files of a study in each other's place, or one from another arm."""
    study = study_copy(folder)
    first = _pick(rng, study)
    others = [path for path in files(study) if path.suffix == first.suffix and path != first]
    second = others[int(rng.integers(len(others)))] if others else _pick(rng, study)
    one, two = first.read_bytes(), second.read_bytes()
    first.write_bytes(two)
    second.write_bytes(one)
    return commands(rng, folder)


def whole_folders(rng: Generator, folder: Path) -> Case:
    """An arm that is missing, a file, a link; a study that is empty, a file, or a link to one."""
    study = study_copy(folder)
    arm = study / "arms" / str(rng.choice(["nearest", "standard", "pixels"]))
    match str(
        rng.choice(["no arm", "file", "arm link", "no arms", "empty", "study file", "study link", "extra", "nested"])
    ):
        case "no arm":
            shutil.rmtree(arm)
        case "file":
            shutil.rmtree(arm)
            arm.write_bytes(b"x")
        case "arm link":
            shutil.move(arm, folder / "elsewhere")
            arm.symlink_to(folder / "elsewhere")
        case "no arms":
            shutil.rmtree(study / "arms")
        case "empty":
            shutil.rmtree(study)
            study.mkdir()
        case "study file":
            shutil.rmtree(study)
            study.write_bytes(b"x")
        case "study link":
            shutil.move(study, folder / "real")
            study.symlink_to("real")
        case "extra":
            (study / "arms" / "more").mkdir()
            (study / "notes.txt").write_text("x")
        case "nested":
            shutil.move(study, folder / "inner")
            study.mkdir()
            shutil.move(folder / "inner", study / "study")
    return commands(rng, folder)


def sound(rng: Generator, folder: Path) -> Case:
    """Nothing is wrong, whatever the folder's name."""
    study_copy(folder)
    return commands(rng, folder, must="accept")


def pictures(rng: Generator, folder: Path) -> Case:
    """The stored pictures, of another shape or number, or gone."""
    study = study_copy(folder)
    path = study / "images.npy"
    values = np.load(path)
    shapes = [
        values[:-1],
        values[:, :, 0],
        values[..., None],
        values.astype(float),
        values[:, :1, :1],
        values[:0],
        values[:, :0],
    ]
    kind = int(rng.integers(len(shapes) + 1))
    path.unlink()
    if kind < len(shapes):
        np.save(path, shapes[kind])
    return commands(rng, folder)


MAKERS = (
    any_file,
    table_contents,
    any_file,
    matrix_contents,
    description,
    linked_file,
    table_contents,
    swapped,
    any_file,
    schema,
    text_files,
    table_contents,
    whole_folders,
    description,
    pictures,
    sound,
)

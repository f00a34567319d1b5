"""Recipes: wrong types, unknown keys, numbers beyond all bounds, deep TOML, files that are none; and imports' own."""

import json
import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w
from hypothesis import strategies as st
from numpy.random import Generator

from tests.hostile.case import Case
from tests.hostile.drawn import PLAIN_VALUES, damaged, draw
from tests.hostile.samples import checked, loaded_classes, write_items, write_matrix, write_pictures

VALUES = (
    *(
        "0",
        "-1",
        "1",
        "2",
        "1e308",
        "-1e308",
        "1e400",
        "nan",
        "inf",
        "-inf",
        "0.5",
        "1e-320",
        str(2**63),
        str(-(2**63)),
        "9" * 400,
    ),
    *(
        "true",
        "false",
        '""',
        '"x"',
        "[]",
        "{}",
        "[1]",
        '["a"]',
        "{a = 1}",
        "2024-01-01",
        "07:32:00",
        '"' + "x" * 5000 + '"',
    ),
    *(
        '"\\u0000"',
        '"../../x"',
        "'nan'",
        "[[[[]]]]",
        "0x10",
        "1_000",
        "+1",
        "'a\tb'",
        '"[red]"',
        "1.0",
        "3.0",
        '"1"',
        "=",
        "a b",
    ),
)


@lru_cache
def keys() -> tuple[str, ...]:
    """Every key of a recipe."""
    from core.authoring.form_schema import all_keys

    return tuple(key.path for key in all_keys())


def recipe(path: str = "data") -> dict[str, Any]:
    """A small one of pictures in a folder."""
    return {
        "name": "small",
        "seed": 0,
        "data": {"source": "folder", "path": path},
        "model": {"name": "convnet", "dim": 4, "width": 4},
        "train": {"epochs": 1, "loss": "triplet", "classes_per_batch": 2, "samples_per_class": 2},
        "arms": {"standard": {"positives": "random"}},
    }


def write(folder: Path, values: dict[str, Any], rng: Generator | None = None) -> None:
    (folder / "r.toml").write_text(tomli_w.dumps(values), encoding="utf-8")
    if rng is not None:
        write_pictures(folder / "data", rng)


def one_value(rng: Generator, folder: Path) -> Case:
    """Any key with any value, from the command line."""
    write(folder, recipe(), rng)
    sets = [
        f"{rng.choice(keys())}={rng.choice(np.array(VALUES, dtype=object))}" for _ in range(int(rng.integers(1, 3)))
    ]
    return Case(checked("r.toml", *(word for text in sets for word in ("--set", text))))


def odd_keys(rng: Generator, folder: Path) -> Case:
    """Overrides whose keys are no keys."""
    write(folder, recipe(), rng)
    odd = [
        "",
        "=",
        "=1",
        "a",
        "a.b.c=1",
        ".=1",
        "..=1",
        "data=1",
        "data.=1",
        ".data=1",
        "data.path.x=1",
        "arms.A B.positives=all",
    ]
    odd += [
        "arms.x=1",
        "arms.=1",
        "train.epochs.=1",
        "\u202e=1",
        "x" * 3000 + "=1",
        "a.b." * 400 + "c=1",
        "train=",
        "arms.x.y=1",
    ]
    return Case(checked("r.toml", "--set", str(rng.choice(np.array(odd, dtype=object)))), must="refuse")


def drawn_values(rng: Generator, folder: Path) -> Case:
    """A key, or a table, with any value that TOML can say."""
    values, found = recipe(), draw(rng, PLAIN_VALUES, 2)
    for value in found:
        *parents, last = str(rng.choice([*keys(), "data", "train", "model", "arms", "name", "seed"])).split(".")
        table: Any = values
        for parent in parents:
            table = table.setdefault(parent, {}) if isinstance(table, dict) else {}
        if isinstance(table, dict):
            table[last] = value
    try:
        write(folder, values, rng)
    except (TypeError, ValueError, UnicodeEncodeError):  # TOML has no null, and not every text
        write(folder, recipe() | {"data": 1, "train": [], "arms": "x", "model": True}, rng)
    return Case(checked("r.toml"))


def drawn_override(rng: Generator, folder: Path) -> Case:
    """A value of any text, which is TOML or a bare word."""
    write(folder, recipe(), rng)
    text = draw(rng, st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60), 1)[0]
    return Case(checked("r.toml", "--set", f"{rng.choice(keys())}={text}"))


def deep(rng: Generator, folder: Path) -> Case:
    """Brackets in brackets, tables in tables, keys of thousands of parts."""
    n = int(rng.choice([50, 900, 5000, 100_000]))
    texts = [
        "x = " + "[" * n + "]" * n,
        "x = " + "{a = " * n + "1" + "}" * n,
        ".".join(["a"] * n) + " = 1",
        f"[{'.'.join(['a'] * n)}]",
    ]
    text = str(rng.choice(np.array(texts, dtype=object)))
    if rng.random() < 0.5:
        (folder / "r.toml").write_text(text)
        return Case(checked("r.toml"), must="refuse")
    write(folder, recipe(), rng)
    return Case(checked("r.toml", "--set", f"data.path={text.partition('= ')[2][:90_000] or '[[['}"), must="refuse")


def damaged_recipe(rng: Generator, folder: Path) -> Case:
    """Bytes changed, cut or inserted."""
    write(folder, recipe(), rng)
    (folder / "r.toml").write_bytes(damaged(rng, (folder / "r.toml").read_bytes()))
    return Case(checked("r.toml"))


def no_recipe(rng: Generator, folder: Path) -> Case:
    """No file, no TOML, no text."""
    path = folder / "r.toml"
    match str(rng.choice(["missing", "empty", "noise", "utf-16", "json", "folder", "fifo", "huge", "yaml", "ring"])):
        case "empty":
            path.touch()
        case "noise":
            path.write_bytes(rng.bytes(4000))
        case "utf-16":
            path.write_text(tomli_w.dumps(recipe()), encoding="utf-16")
        case "json":
            path.write_text(json.dumps(recipe()))
        case "folder":
            path.mkdir()
        case "fifo":
            os.mkfifo(path)
        case "huge":
            path.write_text("# " + "x" * 5_000_000)
        case "yaml":
            path.write_text("name: x\ndata:\n  source: folder\n")
        case "ring":
            path.symlink_to("r.toml")
    argv = checked("r.toml") if rng.random() < 0.5 else ["run", "r.toml", "--out", "out"]
    return Case(argv, must="refuse")


def dialects(rng: Generator, folder: Path) -> Case:
    """A byte order mark, other line ends, comments: still TOML."""
    write(folder, recipe(), rng)
    text = (folder / "r.toml").read_text()
    with (folder / "r.toml").open("w", encoding="utf-8", newline=str(rng.choice(["\n", "\r\n"]))) as file:
        file.write("# a comment\n" + text)
    return Case(checked("r.toml"), must="accept", check=loaded_classes("r.toml", {"a": 4, "b": 4}))


def contradictions(rng: Generator, folder: Path) -> Case:
    """Every value may be right alone, but not together."""
    values = recipe()
    changes: Sequence[dict[str, Any]] = (
        {"train": {"classes_per_batch": 10**6}},
        {"train": {"samples_per_class": 10**9}},
        {"train": {"loss": "proxy-anchor"}, "arms": {"nearest": {"positives": "nearest"}}},
        {"train": {"loss": "soft-nearest-neighbour"}, "arms": {"nearest": {"positives": "nearest"}}},
        {"arms": {"views": {"loss": "l-spread"}}},
        {"arms": {}},
        {"arms": {"A": {"positives": "random"}}},
        {"arms": {"x" * 300: {"positives": "random"}}},
        {"arms": {"../x": {"positives": "random"}}},
        {"arms": {"pixels": {"positives": "random"}}},
        {"arms": {"x": {"checkpoint": "nowhere"}}},
        {"arms": {"x": {"checkpoint": "data", "positives": "random"}}},
        {"model": {"name": "resnet18", "weights": "nowhere.safetensors"}},
        {"model": {"dim": 10**9}},
        {"data": {"path": "nowhere"}},
        {"data": {"test_fraction": 0.999}},
        {"data": {"label": "parity"}},
        {"data": {"split": "modes"}},
        {"data": {"split": "classes"}},
        {"data": {"noise_between": [["a", "x"]], "label_noise": 0.1}},
        {"data": {"source": "mnist", "label": "nothing"}},
        {"data": {"source": "idx"}},
        {"data": {"source": "cub200"}},
        {"data": {"image_size": 7}},
        {"name": "../out"},
        {"name": "a/b"},
        {"name": ""},
        {"name": "x" * 400},
    )
    for table, change in changes[int(rng.integers(len(changes)))].items():
        values[table] = values[table] | change if isinstance(change, dict) and change and table != "arms" else change
    write(folder, values, rng)
    return Case(["run", "r.toml", "--out", "out"])


def short_runs(rng: Generator, folder: Path) -> Case:
    """Runs that are possible, if barely."""
    values = recipe()
    values["data"] |= {"test_fraction": float(rng.choice([0.25, 0.5])), "image_size": int(rng.choice([8, 0, 33]))}
    values["train"] |= {
        "loss": str(
            rng.choice(["triplet", "margin", "nca-triplet", "contrastive", "multi-similarity", "nt-xent", "supcon"])
        ),
        "lr": float(rng.choice([1e-30, 1e-3, 1e3, 1e30])),
        "seed": int(rng.choice([0, 1])),
    }
    del values["train"]["seed"]
    values["arms"] = {"nearest": {"positives": str(rng.choice(["nearest", "all", "random", "hardest"]))}}
    write(folder, values, rng)
    return Case(["run", "r.toml", "--out", "out"])


def import_specs(rng: Generator, folder: Path) -> Case:
    """What the app hands to an import, spoilt."""
    write_items(folder)
    write_matrix(folder, rng)
    values: dict[str, Any] = {
        "table": "items.csv",
        "embeddings": {"a": "m.npy"},
        "reference": {},
        "title": "x",
        "seed": 0,
    }
    key = str(rng.choice(list(values)))
    values[key] = draw(rng, PLAIN_VALUES, 1)[0]
    try:
        (folder / "i.toml").write_text(tomli_w.dumps(values), encoding="utf-8")
    except (TypeError, ValueError, UnicodeEncodeError):
        (folder / "i.toml").write_bytes(rng.bytes(200))
    return Case(["import", "i.toml", "--out", "out"])


MAKERS = (
    one_value,
    odd_keys,
    drawn_values,
    drawn_override,
    one_value,
    deep,
    damaged_recipe,
    no_recipe,
    dialects,
    contradictions,
    short_runs,
    import_specs,
)

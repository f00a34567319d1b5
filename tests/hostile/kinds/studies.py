"""Finished studies with damage of every kind in every file, opened by every command that reads them."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from numpy.random import Generator
from PIL import Image

from tests.hostile.case import Case, Outcome
from tests.hostile.drawn import damaged
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


def pick(rng: Generator, study: Path, *suffixes: str) -> Path:
    found = [path for path in files(study) if not suffixes or path.suffix in suffixes]
    snapshots = [path for path in found if path.parent.name == "snapshots"]
    found = [path for path in found if path not in snapshots[1:]]
    return found[int(rng.integers(len(found)))]


def any_file(rng: Generator, folder: Path) -> Case:
    """A file that is cut, emptied, missing, garbled, or something else than a file."""
    path = pick(rng, study_copy(folder))
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
    path = pick(rng, study_copy(folder))
    moved = folder / "moved"
    shutil.move(path, moved)
    path.symlink_to(moved if rng.random() < 0.6 else "/etc/passwd")
    return commands(rng, folder)


def text_files(rng: Generator, folder: Path) -> Case:
    """JSON in another encoding, deep, doubled, or no object."""
    study = study_copy(folder)
    path = pick(rng, study, ".json", ".toml")
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
    first = pick(rng, study)
    others = [path for path in files(study) if path.suffix == first.suffix and path != first]
    second = others[int(rng.integers(len(others)))] if others else pick(rng, study)
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


MAKERS = (
    any_file,
    any_file,
    linked_file,
    swapped,
    any_file,
    text_files,
    whole_folders,
    sound,
)

"""A disk that takes no more, at any moment: a sentence, and nothing is left."""

from pathlib import Path

import torch
from numpy.random import Generator

from tests.hostile.case import Case
from tests.hostile.kinds.checkpoints import state
from tests.hostile.samples import imported, study_copy, write_items, write_matrix, write_pictures

LARGE = 10**9


def _limit(rng: Generator, most: int) -> int:
    """From nothing to what the largest file takes, small ones as often as large ones."""
    return int(rng.choice([0, int(10 ** rng.uniform(1, len(str(most)))), LARGE]))


def of_import(rng: Generator, folder: Path) -> Case:
    """Half a study is none."""
    write_items(folder, path=write_pictures(folder, rng, ("a", "b", "c"), 8))
    write_matrix(folder, rng)
    limit = _limit(rng, 100_000)
    pictures = ["--images", "."] if rng.random() < 0.5 else []
    return Case([*imported(), *pictures], largest_file=limit, must="accept" if limit == LARGE else "")


def of_run(rng: Generator, folder: Path) -> Case:
    """Nor is half a run's."""
    sets = ("train.epochs=1", "data.max_items=60", "model.width=4", "model.dim=4", "train.samples_per_class=4")
    argv = ["run", "digits-parity", "--out", "out", *(word for text in sets for word in ("--set", text))]
    limit = _limit(rng, 1_000_000)
    return Case(argv, largest_file=limit, must="accept" if limit == LARGE else "")


def of_report(rng: Generator, folder: Path) -> Case:
    """The report that was there before stays."""
    study_copy(folder)
    (folder / "r.html").write_text("an older report")
    return Case(["report", "study", "--out", "r.html"], largest_file=int(10 ** rng.uniform(0, 6)), must="refuse")


def of_conversion(rng: Generator, folder: Path) -> Case:
    """No half file of weights."""
    torch.save(state(), folder / "w.pth")
    argv = ["convert", "w.pth", "--model", "resnet18", "--out", "w.safetensors"]
    return Case(argv, largest_file=int(10 ** rng.uniform(0, 7)), must="refuse")


MAKERS = (of_import, of_report, of_import, of_run, of_conversion)

"""A disk that takes no more, at any moment: a sentence, and nothing is left."""

from pathlib import Path

import torch
from numpy.random import Generator

from tests.hostile.case import Case
from tests.hostile.kinds.checkpoints import state
from tests.hostile.samples import imported, study_copy, write_items, write_matrix, write_pictures

LEAST = 4096
"""Bytes: what a command says goes to a file too, and has to fit."""
ENOUGH = 10**9


def _limit(rng: Generator, most: int) -> int:
    """Between LEAST and what the largest file takes, small ones as often as large ones; or enough."""
    return ENOUGH if rng.random() < 0.2 else int(LEAST * (most / LEAST) ** rng.random())


def of_import(rng: Generator, folder: Path) -> Case:
    """Half a study is none."""
    write_items(folder, path=write_pictures(folder, rng, ("a", "b", "c"), 8))
    write_matrix(folder, rng)
    limit = _limit(rng, 100_000)
    pictures = ["--images", "."] if rng.random() < 0.5 else []
    return Case([*imported(), *pictures], largest_file=limit, must="accept" if limit == ENOUGH else "")


def of_run(rng: Generator, folder: Path) -> Case:
    """Nor is half a run's."""
    sets = ("train.epochs=1", "data.max_items=60", "model.width=4", "model.dim=4", "train.samples_per_class=4")
    argv = ["run", "digits-parity", "--out", "out", *(word for text in sets for word in ("--set", text))]
    limit = _limit(rng, 1_000_000)
    return Case(argv, largest_file=limit, must="accept" if limit == ENOUGH else "")


def of_report(rng: Generator, folder: Path) -> Case:
    """The report that was there before stays."""
    study_copy(folder)
    (folder / "r.html").write_text("an older report")
    limit = _limit(rng, 1_000_000)
    name = "new.html" if limit == ENOUGH else "r.html"
    return Case(["report", "study", "--out", name], largest_file=limit, must="accept" if limit == ENOUGH else "refuse")


def of_conversion(rng: Generator, folder: Path) -> Case:
    """No half file of weights."""
    torch.save(state(), folder / "w.pth")
    argv = ["convert", "w.pth", "--model", "resnet18", "--out", "w.safetensors"]
    limit = _limit(rng, 20_000_000)
    return Case(argv, largest_file=limit, must="accept" if limit == ENOUGH else "refuse")


MAKERS = (of_import, of_report, of_import, of_run, of_conversion)

"""The two lanes of the queue: what takes seconds need not wait behind what takes minutes, and gives way to it."""

import contextlib
import os
from pathlib import Path
from typing import Literal

from core.recipe.import_spec import ImportSpec
from core.recipe.recipe import Recipe

Lane = Literal["small", "large"]

ITEMS = {"digits": 1797, "mnist": 5000}
"""Of the sources whose size is known before they are read."""
SMALL_STEPS = {"mlp": 300_000, "convnet": 100_000}
"""Items times epochs times arms, by the network: under a minute on two cores."""
SMALL_BYTES = 2_000_000
"""Of all matrices of an import: 1,000 items with 512 numbers each."""
NICE = 5
"""The small lane has a third of the large one's weight, which thus keeps three quarters of the processor at least."""


def lane_of(task: Recipe | ImportSpec) -> Lane:
    """small for what is known to take seconds, before anything is read but the sizes of files."""
    small = _is_small(task) if isinstance(task, Recipe) else _is_small_import(task)
    return "small" if small else "large"


def give_way() -> None:
    """Lower the priority of this process, its children and its session for good."""
    os.nice(NICE)
    # Where Linux schedules by session, a process's own number counts only among those of its session.
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(NICE))


def _is_small(recipe: Recipe) -> bool:
    data = recipe.data
    items = data.synthetic.items if data.synthetic else ITEMS.get(data.source)
    if items is None or len(recipe.trained) < len(recipe.arms):
        return False
    steps = min(items, data.max_items or items) * recipe.train.epochs * len(recipe.arms)
    return steps <= SMALL_STEPS.get(recipe.model.name, 0)


def _is_small_import(spec: ImportSpec) -> bool:
    paths = [spec.table, *spec.embeddings.values(), *spec.reference.values()]
    try:
        return not spec.images and sum(os.stat(path).st_size for path in paths) <= SMALL_BYTES
    except OSError:  # it will say so itself
        return True

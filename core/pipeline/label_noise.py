"""The label noise of a study, from the embedding that is honest about it: `core.diagnostics.label_noise` says which is.

References never saw the labels: they are asked for those that arms are trained on. Arms are asked for held-out items,
whose labels they never saw either, unless labels were changed on purpose, which is done to training items alone. Where
nothing is held out and there is no reference, arms are asked all the same, and what they find is a lower bound, for
they may have been trained on those labels. Of several estimates the one with the highest lower end counts: what was
trained on the labels after all finds too few wrong ones, and the overlap of classes is allowed for in that end. Where
there is none, the lowest upper limit does.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float32, Int64

from core.diagnostics import LabelNoise, estimate_label_noise
from core.neighbours.index import KnnGraph, Neighbours
from core.storage.layout import ArmEntry, NoiseEntry, NoiseItems
from core.storage.study import evaluated

MAX_ITEMS = 10_000
"""Training items whose neighbours are searched for the estimate; of more, a sample is enough."""

NEIGHBOURS = 15


@dataclass(frozen=True)
class Source:
    """Items in a space that can be asked for their wrong labels."""

    space: str
    items: NoiseItems
    rows: Int64[np.ndarray, "m"]
    graph: KnnGraph


def study_label_noise(
    items: pd.DataFrame,
    entries: Mapping[str, ArmEntry],
    spaces: Mapping[str, Float32[np.ndarray, "n _"]],
    graphs: Mapping[str, KnnGraph],
    *,
    seed: int,
) -> tuple[NoiseEntry, pd.DataFrame]:
    """What a study says of its labels, and the classes' shares as `LabelNoise.classes`.

    items, spaces: of all items, rows alike. graphs: of the evaluated items, by space.
    """
    labels = items["label"].to_numpy()
    found: list[tuple[Source, LabelNoise]] = [
        (source, estimate_label_noise(source.graph, labels[source.rows], seed=seed))
        for source in _sources(items, entries, spaces, graphs, seed=seed)
    ]
    known = [pair for pair in found if not np.isnan(pair[1].overall.noise)]
    if known:
        source, noise = max(known, key=lambda pair: pair[1].overall.low)
    else:
        source, noise = min(found, key=lambda pair: pair[1].overall.high)
    overall = noise.overall
    share = overall.noise if known else None
    return NoiseEntry(source.space, source.items, share, overall.low, overall.high), noise.classes


def _sources(
    items: pd.DataFrame,
    entries: Mapping[str, ArmEntry],
    spaces: Mapping[str, Float32[np.ndarray, "n _"]],
    graphs: Mapping[str, KnnGraph],
    *,
    seed: int,
) -> Iterator[Source]:
    measured = np.flatnonzero(evaluated(items))
    held_out = len(measured) < len(items)
    references = [name for name, entry in entries.items() if entry.kind == "reference"]
    for name in references:
        if held_out:
            rows = _training_items(items, seed=seed)
            yield Source(name, "training", rows, Neighbours(spaces[name][rows], rows).graph(NEIGHBOURS))
        else:
            yield Source(name, "all", measured, graphs[name])
    if "clean_label" not in items and (held_out or not references):
        for name in entries:
            if name not in references:
                yield Source(name, "held-out" if held_out else "all", measured, graphs[name])


def _training_items(items: pd.DataFrame, *, seed: int) -> Int64[np.ndarray, "m"]:
    """Their rows, or those of a sample where there are more than MAX_ITEMS."""
    rows = np.flatnonzero(~evaluated(items))
    if len(rows) <= MAX_ITEMS:
        return rows
    return np.sort(np.random.default_rng(seed).choice(rows, MAX_ITEMS, replace=False))

"""What is worth a warning in the analysis of an embedding, beside the verdicts on its classes."""

import numpy as np
import pandas as pd
from jaxtyping import Float

from core.common.notices import Notice
from core.common.parallel import chunks
from core.diagnostics.checks import Labels, check_groups
from core.diagnostics.evidence import listed
from core.diagnostics.facts import Facts
from core.diagnostics.verdicts import only_in_length

ONE_POINT = 1e-3
"""Distance of unit vectors below which little more than rounding tells items apart."""

MOST_ELSEWHERE = 0.1
"""Share of the items that may lie elsewhere in a total collapse."""

MEDIAN_OF = 10_000
"""Items that the point is sought among, evenly spread over all."""

BLOCK = 1 << 14

FEW_QUERIES = 0.5
"""Share of the queries with something to find below which the figures of retrieval need a warning."""


def collapse_notice(points: Float[np.ndarray, "n d"], labels: Labels) -> Notice | None:
    """Total collapse: nine in ten of all items, and most of every class, lie at one point."""
    groups = check_groups(labels, len(points))
    centre = np.median(points[:: -(-len(points) // MEDIAN_OF)], axis=0)
    near = np.empty(len(points), dtype=bool)
    for block in chunks(len(points), BLOCK):
        near[block] = np.square(points[block] - centre).sum(axis=1) < ONE_POINT**2
    of_class = np.bincount(groups.codes, weights=near) / groups.sizes
    if near.mean() < 1 - MOST_ELSEWHERE or of_class.min() <= 0.5:
        return None
    which = "all" if near.all() else f"{near.sum():,} of {len(near):,}"
    message = f"total collapse: {which} items lie at one point, so figures of their distances say nothing"
    return Notice("total-collapse", "warning", message)


def length_notice(table: pd.DataFrame) -> Notice | None:
    """Classes whose vectors differ in length alone. table: of `core.diagnostics.analyse`."""
    facts = [Facts.of(row) for row in table.to_dict("records")]
    names = [str(label) for label, known in zip(table["label"], facts, strict=True) if only_in_length(known)]
    if not names:
        return None
    where = f"class {listed(names)}" if len(names) == 1 else f"the classes {listed(names)}"
    message = f"the vectors of {where} differ in length alone; the analysis uses directions"
    return Notice("differ-in-length", "warning", message)


def crossing_notice(found: int, probes: int, *, space: str) -> Notice | None:
    """Near-duplicates across the split, as `core.diagnostics.duplicates.crossing_copies` counts them."""
    if not found:
        return None
    message = (
        f"{found:,} of {probes:,} test items lie so close to a training item in {space} that they may be copies of it"
    )
    return Notice("copies-across-split", "warning", message)


def query_notice(per_query: pd.DataFrame) -> Notice | None:
    """Queries without another item of their class. per_query: of `core.diagnostics.retrieval_per_query`."""
    counted, queries = int(per_query["map@r"].notna().sum()), len(per_query)
    if counted >= FEW_QUERIES * queries:
        return None
    message = (
        f"{counted:,} of {queries:,} queries count in the figures; the others have no other item of their class to find"
        if counted
        else f"none of {queries:,} queries counts in the figures, as none has another item of its class to find"
    )
    return Notice("few-queries", "warning", message)

"""Split work on many rows into blocks and run them in parallel threads."""

from collections.abc import Callable
from typing import TypeVar

import joblib
from threadpoolctl import threadpool_limits

Result = TypeVar("Result")


def chunks(n: int, size: int) -> list[slice]:
    """Consecutive slices of at most `size` rows that cover n rows; one empty slice if n = 0."""
    return [slice(start, min(start + size, n)) for start in range(0, n, size)] or [slice(0, 0)]


def in_threads(work: Callable[[slice], Result], blocks: list[slice]) -> list[Result]:
    """Results in the order of the blocks. For work that releases the GIL: matrix products, compiled loops."""
    if len(blocks) == 1:
        return [work(blocks[0])]
    with threadpool_limits(1):  # nested threads in matrix products would only compete for the same cores
        return joblib.Parallel(-1, backend="threading")(joblib.delayed(work)(block) for block in blocks)

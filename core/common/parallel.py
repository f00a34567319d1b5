"""Work on many rows in blocks, side by side where the processor has room."""

from collections.abc import Callable
from typing import TypeVar

import joblib
from threadpoolctl import threadpool_limits

Result = TypeVar("Result")


def chunks(n: int, size: int) -> list[slice]:
    """Consecutive slices of at most `size` that cover n rows; one empty slice where there are none."""
    return [slice(start, min(start + size, n)) for start in range(0, n, size)] or [slice(0, 0)]


def in_threads(work: Callable[[slice], Result], blocks: list[slice]) -> list[Result]:
    """Results in the blocks' order. For work that lets other threads go on: matrix products, compiled loops."""
    if len(blocks) == 1:
        return [work(blocks[0])]
    with threadpool_limits(1):  # a matrix product with threads of its own would only wait for the others
        return joblib.Parallel(-1, backend="threading")(joblib.delayed(work)(block) for block in blocks)

"""How loops are compiled. Importing this takes seconds: only what runs such loops imports files that do."""

import inspect
from collections.abc import Callable

import numba


def compiled(function: Callable) -> Callable:
    """Machine code on first call, kept on disk; other threads work meanwhile. Sums may be taken in any order."""
    plain = inspect.unwrap(function)  # tests wrap functions to check their types
    return numba.njit(nogil=True, cache=True, fastmath={"reassoc", "contract"})(plain)

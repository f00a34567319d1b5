"""Just-in-time compilation of loops.

Importing numba takes seconds, so import modules with compiled loops only when needed.
"""

import inspect
from collections.abc import Callable

import numba


def compiled(function: Callable) -> Callable:
    """Compile with numba on the first call, cache on disk and release the GIL. Sums may be reordered."""
    plain = inspect.unwrap(function)  # the tests wrap functions with type checks
    return numba.njit(nogil=True, cache=True, fastmath={"reassoc", "contract"})(plain)

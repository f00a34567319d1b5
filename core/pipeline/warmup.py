"""The worker processes of the diagnosis, started while the program itself is still starting.

Each worker has to import its libraries before it can count sub-clusters, which keeps one core busy for seconds.
"""

import contextlib
import threading

from core.recipe.data import DataConfig

MIN_ITEMS = 1000
"""Held-out items from which the diagnosis uses processes: its PARALLEL_FROM, repeated since that is slow to import."""
SIZES = {"mnist": 5000, "digits": 1797}


def warm_up(data: DataConfig) -> None:
    """Start them in the background, if these data are known to have enough items to need them."""
    items = data.synthetic.items if data.synthetic else SIZES.get(data.source, 0)
    if min(items, data.max_items or items) * data.test_fraction >= MIN_ITEMS:
        threading.Thread(target=start, daemon=True).start()


def start() -> None:
    """Start them now; returns when they are ready."""
    import joblib

    from core.common.workers import worker_processes

    with contextlib.suppress(Exception):  # what fails here fails again, and is reported, where they are used
        worker_processes(-1)(joblib.delayed(_load)() for _ in range(joblib.cpu_count()))


def _load() -> None:
    """Count in a small example: imports all that a large count needs, and loads its compiled functions."""
    import numpy as np

    from core.diagnostics import count_subclusters

    places = np.random.default_rng(0).normal(size=(64, 2))
    places[::2] += 9
    count_subclusters(places)

"""The worker processes of the diagnosis, started while the program itself is still starting.

Loading libraries keeps one core busy for seconds, and each worker has to load its own before it can count.
"""

import contextlib
import threading

from core.recipe.data import DataConfig

MIN_ITEMS = 1000
"""Held-out items from which the diagnosis uses processes: its PARALLEL_FROM, which is slow to import."""
SIZES = {"mnist": 5000, "digits": 1797}


def warm_up(data: DataConfig) -> None:
    """Start them in the background, if these data are known to be so many that they will be needed."""
    items = data.synthetic.items if data.synthetic else SIZES.get(data.source, 0)
    if min(items, data.max_items or items) * data.test_fraction >= MIN_ITEMS:
        threading.Thread(target=start, daemon=True).start()


def start() -> None:
    """Start them now; returns when they are ready."""
    import joblib

    with contextlib.suppress(Exception):  # whatever is wrong comes up again, and is reported, where they are used
        joblib.Parallel(n_jobs=-1)(joblib.delayed(_load)() for _ in range(joblib.cpu_count()))


def _load() -> None:
    """One small count imports all that the large ones need, and reads what has been compiled for them."""
    import numpy as np

    from core.diagnostics import count_subclusters

    places = np.random.default_rng(0).normal(size=(64, 2))
    places[::2] += 9
    count_subclusters(places)

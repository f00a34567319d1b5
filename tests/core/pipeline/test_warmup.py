"""Workers are woken where the diagnosis will use them, and nowhere else."""

import threading

import joblib
import pytest

from core.diagnostics.diagnosis import PARALLEL_FROM
from core.pipeline import warmup
from core.recipe.data import DataConfig
from core.recipe.reading import checked


@pytest.mark.parametrize(
    ("data", "woken"),
    [
        ({"source": "synthetic-vectors", "test_fraction": 0.5, "synthetic": {"items": 2000}}, True),
        ({"source": "synthetic-vectors", "test_fraction": 0.5, "synthetic": {"items": 1999}}, False),
        ({"source": "mnist"}, True),
        ({"source": "mnist", "max_items": 300}, False),
        ({"source": "folder", "path": "/nowhere"}, False),
    ],
)
def test_only_where_they_will_be_needed(data: dict, woken: bool, monkeypatch: pytest.MonkeyPatch):
    called = threading.Event()
    monkeypatch.setattr(warmup, "start", called.set)
    warmup.warm_up(checked(DataConfig, data))
    assert called.wait(2 if woken else 0.2) == woken


def test_the_threshold_is_that_of_the_diagnosis():
    assert warmup.MIN_ITEMS == PARALLEL_FROM


def test_a_failure_to_start_is_not_reported_here(monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object, **__: object) -> None:
        raise OSError

    monkeypatch.setattr(joblib, "Parallel", broken)
    warmup.start()

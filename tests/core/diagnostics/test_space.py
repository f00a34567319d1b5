"""Measures of a whole embedding, where the answer is known."""

import numpy as np
import pytest

from core.diagnostics import MEASURES, analyse, explain, measure_space, retrieval_metrics
from core.diagnostics.space import in_degrees, rankme, skewness, spectral_decay
from core.neighbours.index import Neighbours


def test_equal_and_empty_directions():
    assert rankme(np.ones(7)) == pytest.approx(7)
    assert rankme(np.array([3.0, 0, 0])) == pytest.approx(1)
    assert spectral_decay(np.ones(7)) == pytest.approx(0)
    assert spectral_decay(np.array([5.0, 1, 0])) == np.inf


def test_a_star_has_one_hub_and_a_ring_none():
    rng = np.random.default_rng(0)
    far = 3 * np.linalg.qr(rng.normal(size=(40, 40)))[0]
    star = np.concatenate([far, np.zeros((1, 40))])
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    assert measure_space(star).hubness > 1
    assert in_degrees(Neighbours(star, np.arange(41)).graph(10))[40] == 40
    assert measure_space(ring).orphans == 0
    assert abs(measure_space(ring).hubness) < 0.5


def test_skewness_of_equal_visits_is_zero():
    assert skewness(np.ones(5)) == 0


def test_every_figure_is_explained():
    rng = np.random.default_rng(1)
    points, labels = rng.normal(size=(60, 4)), rng.integers(0, 2, 60)
    shown = [*analyse(points, labels).table.columns.drop(["label", "n"]), *vars(measure_space(points))]
    shown += list(retrieval_metrics(points, labels, sublabels=labels))
    for name in shown:
        measure = explain(name)
        assert all((measure.title, measure.definition, measure.range, measure.direction, measure.source)), name
    assert all(name == measure.name for name, measure in MEASURES.items())

"""Readings of a class, coarse and fine: what is one group, and what several."""

import numpy as np
import pytest

from core.diagnostics.readings import Reading, best_readings, numbered
from core.diagnostics.subclusters import count_once
from tests.core.diagnostics.planted import modes, sphere


def embedded(rng, low, d=64, noise=0.006):
    """Points of few dimensions, turned at random in many, with noise in all of them."""
    axes = np.linalg.qr(rng.normal(size=(d, d)))[0]
    offsets = noise * rng.normal(size=(len(low), d))
    offsets[:, 1 : low.shape[1] + 1] += low
    return sphere(axes[0] + offsets @ axes)


def arc(rng, n):
    angle = rng.uniform(0, np.pi, n)
    return 0.3 * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def ring(rng, n):
    angle = rng.uniform(0, 2 * np.pi, n)
    return 0.3 * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def helix(rng, n):
    angle = rng.uniform(0, 6 * np.pi, n)
    return 0.2 * np.stack([np.cos(angle), np.sin(angle), angle / 6], axis=1)


def swiss_roll(rng, n):
    angle = 1.5 * np.pi * (1 + 2 * rng.uniform(size=n))
    return 0.02 * np.stack([angle * np.cos(angle), angle * np.sin(angle), 20 * rng.uniform(size=n)], axis=1)


def sheet(rng, n):
    across, along = rng.uniform(size=(2, n))
    return 0.5 * np.stack([across, 0.3 * np.sin(3 * across), along], axis=1)


@pytest.mark.parametrize("shape", [arc, ring, helix, swiss_roll, sheet])
@pytest.mark.parametrize("n", [100, 500])
def test_a_bent_piece_is_one_group(shape, n):
    rng = np.random.default_rng(20)
    assert [count_once(embedded(rng, shape(rng, n)), rng).reading.count for _ in range(5)] == [1] * 5


@pytest.mark.parametrize(("k", "n"), [(15, 750), (20, 1000), (30, 1500)])
def test_many_modes_are_counted(k, n):
    rng = np.random.default_rng(k)
    points, truth = modes(rng, k, n, separation=12)
    reading = count_once(points, rng).reading
    assert abs(reading.count - k) <= 1
    pairs = len(np.unique(reading.assignments * k + truth))
    assert pairs <= 1.2 * k


def test_parallel_segments_are_told_apart():
    rng = np.random.default_rng(21)
    truth = np.arange(400) % 4
    low = np.stack([0.5 * rng.uniform(size=400), 0.12 * truth], axis=1)
    reading = count_once(embedded(rng, low), rng).reading
    assert reading.count == 4
    assert len(np.unique(reading.assignments * 4 + truth)) == 4


def test_a_small_mode_beside_a_large_one():
    for seed in range(5):
        rng = np.random.default_rng(seed)
        truth = (np.arange(200) < 20).astype(int)
        axes = np.linalg.qr(rng.normal(size=(64, 64)))[0]
        points = sphere(axes[0] + 0.3 * truth[:, None] * axes[1] + 0.02 * rng.normal(size=(200, 64)))
        reading = count_once(points, rng).reading
        assert reading.count == 2
        np.testing.assert_array_equal(reading.assignments, truth)


def test_readings_ascend_from_one_group_with_weaker_evidence_for_more():
    rng = np.random.default_rng(22)
    counted = count_once(modes(rng, 5, 300, separation=7)[0], rng)
    counts = [reading.count for reading in counted.readings]
    assert counts[0] == 1
    assert counts == sorted(set(counts))
    assert counted.reading.count == 5


def test_of_two_ways_to_as_many_groups_the_one_with_better_evidence_is_read():
    halves, thirds = np.arange(60) % 2, np.arange(60) % 3
    found = [Reading(halves, 1e-3, "gaps"), Reading(thirds, 1e-5, "peaks"), Reading(1 - halves, 1e-4, "peaks")]
    best = best_readings(found)
    assert [(reading.count, reading.p_value) for reading in best] == [(2, 1e-4), (3, 1e-5)]


def test_groups_are_numbered_from_the_largest_and_specks_are_none():
    groups = np.repeat([7, 3, 5], [20, 2, 30])
    np.testing.assert_array_equal(numbered(groups), np.repeat([1, -1, 0], [20, 2, 30]))

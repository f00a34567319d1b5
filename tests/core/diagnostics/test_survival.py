"""Which modes have merged, by hand and by properties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.diagnostics.modes import neighbour_votes
from core.diagnostics.survival import SEPARATE_ABOVE, VOTERS, Survival, group_votes, survival


def votes_of(table, each=10):
    """(modes, votes): `each` items of every mode; of the company of each, table[mode] is in each mode."""
    modes = np.repeat(np.arange(len(table)), each)
    return modes, np.array(table, dtype=float)[modes]


def blobs(rng, centres, sizes, *, d=8, noise=0.0):
    """(points, modes): unit Gaussians around centre `centres[mode]` times 12 axes; a share of the modes is shuffled."""
    modes = np.repeat(np.arange(len(sizes)), sizes)
    points = rng.normal(size=(len(modes), d)) + 12 * np.eye(d)[np.array(centres)[modes]]
    wrong = rng.random(len(modes)) < noise
    return points, np.where(wrong, rng.permutation(modes), modes)


def test_hand_worked_families():
    modes, votes = votes_of([[5, 0, 0], [0, 3, 2], [0, 3, 2]])  # all of the last are taken for the second
    found = survival(modes, [votes])
    assert found.families == ((1, 2), (0,))
    assert found.merged == ((1, 2),)
    assert found.share == pytest.approx(1 / 3)


def test_all_apart_and_all_mixed():
    modes, votes = votes_of(5 * np.eye(4))
    assert survival(modes, [votes]).families == ((0,), (1,), (2,), (3,))
    assert survival(modes, [votes]).share == 1
    modes, votes = votes_of(np.ones((4, 4)))
    assert survival(modes, [votes]).families == ((0, 1, 2, 3),)
    assert survival(modes, [votes]).share == 0


def test_a_family_that_everything_is_taken_for_is_not_told_apart():
    modes, votes = votes_of([[3, 2], [3, 2]])  # recall of the first is 1, and means nothing
    assert survival(modes, [votes]).families == ((0, 1),)


def test_the_limit_is_nine_of_ten_for_two_equal_modes():
    modes = np.repeat([0, 1], 1000)
    for right, families in ((930, ((0,), (1,))), (870, ((0, 1),))):
        votes = np.zeros((2000, 2))
        told = np.where(np.arange(2000) % 1000 < right, modes, 1 - modes)
        votes[np.arange(2000), told] = 5
        assert survival(modes, [votes]).families == families
    assert SEPARATE_ABOVE == 0.8


def test_one_witness_is_enough():
    modes, blind = votes_of(np.ones((2, 2)))
    _, sees = votes_of(5 * np.eye(2))
    assert survival(modes, [blind, sees]).families == ((0,), (1,))
    assert survival(modes, [sees, np.zeros_like(sees)]).families == ((0,), (1,))
    assert survival(modes, [blind, np.zeros_like(sees)]).families == ((0, 1),)


def test_groups_as_witness():
    modes, groups = np.array([0, 0, 1, 1, 2]), np.array([0, 0, 0, -1, 1])
    assert group_votes(modes, groups).tolist() == [[1, 1, 0], [1, 1, 0], [2, 0, 0], [0, 0, 0], [0, 0, 0]]
    modes = np.repeat([0, 1, 2, 3], 10)
    assert survival(modes, [group_votes(modes, modes // 2)]).families == ((0, 1), (2, 3))
    assert survival(modes, [group_votes(modes, np.zeros_like(modes))]).families == ((0, 1, 2, 3),)
    cut = np.tile([0, 1], 20)  # two groups that have nothing to do with the modes
    assert survival(modes, [group_votes(modes, cut)]).families == ((0, 1, 2, 3),)


def test_no_modes_and_one():
    assert survival(np.empty(0, dtype=int), []) == Survival(())
    assert np.isnan(Survival(()).share)
    assert survival(np.zeros(4, dtype=int), [np.ones((4, 1))]).families == ((0,),)


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(1000, 9999), noise=st.sampled_from([0.0, 0.1]))
def test_planted_families_are_found_whatever_their_sizes(seed, noise):
    rng = np.random.default_rng(seed)
    m = int(rng.integers(3, 7))
    centres, sizes = rng.integers(0, m, m), rng.integers(25, 120, m)
    points, modes = blobs(rng, centres, sizes, noise=noise)
    votes = neighbour_votes(points, modes, VOTERS)
    wanted = {tuple(np.flatnonzero(centres == centre).tolist()) for centre in set(centres.tolist())}
    assert set(survival(modes, [votes]).families) == wanted


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(1000, 9999), small=st.integers(4, 12))
def test_a_small_mode_survives_beside_large_ones_that_merged(seed, small):
    points, modes = blobs(np.random.default_rng(seed), [0, 0, 1], [90, 90, small])
    assert survival(modes, [neighbour_votes(points, modes, VOTERS)]).families == ((0, 1), (2,))


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(1000, 9999))
def test_families_partition_the_modes_and_keep_their_names(seed):
    rng = np.random.default_rng(seed)
    modes = np.concatenate([np.arange(5), np.arange(5), rng.integers(0, 5, 50)])
    votes = rng.integers(0, 3, (60, 5)) + 4.0 * rng.random() * np.eye(5)[modes]
    found = survival(modes, [votes])
    assert sorted(sum(found.families, ())) == list(range(5))
    order = rng.permutation(5)
    renamed = survival(order[modes], [votes[:, np.argsort(order)]])
    if not np.isclose(votes, votes.round()).all():  # without ties, names cannot decide
        assert {frozenset(f) for f in renamed.families} == {frozenset(order[list(f)].tolist()) for f in found.families}

"""Seeded, duplicate-free, class-balanced batches."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.common.errors import DataError
from core.sampling import ClassBalancedBatches

sizes = st.lists(st.integers(2, 60), min_size=2, max_size=6)


def labels_of(counts: list[int]) -> np.ndarray:
    """Shuffled codes with gaps between them."""
    labels = np.repeat(3 * np.arange(len(counts)) + 1, counts)
    return np.random.default_rng(len(labels)).permutation(labels)


def batches(counts: list[int], *, c: int = 2, s: int = 8, seed: int = 0) -> ClassBalancedBatches:
    return ClassBalancedBatches(labels_of(counts), classes_per_batch=c, samples_per_class=s, seed=seed)


@given(sizes, st.integers(2, 20), st.integers(0, 2**32 - 1), st.integers(0, 50))
def test_a_batch_is_some_classes_with_as_many_different_items_of_each(counts, s, seed, epoch):
    labels = labels_of(counts)
    made = list(batches(counts, s=s, seed=seed).epoch(epoch))
    assert len(made) == max(1, len(labels) // (2 * s))
    for batch in made:
        assert len(np.unique(batch)) == len(batch)
        codes, found = np.unique(labels[batch], return_counts=True)
        assert len(codes) == 2
        assert all(n == min(s, (labels == code).sum()) for code, n in zip(codes, found, strict=True))


def test_the_items_of_a_class_are_used_equally_often():
    labels = labels_of([50, 50, 30])
    maker = ClassBalancedBatches(labels, classes_per_batch=3, samples_per_class=7, seed=1)
    maker.batches_per_epoch = 40  # decks run out in the middle of a batch, again and again
    uses = np.bincount(np.concatenate(list(maker.epoch(0))), minlength=len(labels))
    for code in np.unique(labels):
        assert np.ptp(uses[labels == code]) <= 1


def test_over_epochs_every_item_is_used_about_equally():
    maker = batches([64, 64], s=16)
    uses = np.bincount(np.concatenate([batch for e in range(20) for batch in maker.epoch(e)]), minlength=128)
    assert uses.min() == uses.max() == 20


def test_an_epoch_can_be_had_without_the_earlier_ones():
    whole = batches([40, 40, 40])
    earlier = [list(whole.epoch(number)) for number in range(4)]
    np.testing.assert_array_equal(np.stack(earlier[3]), np.stack(list(batches([40, 40, 40]).epoch(3))))
    assert not np.array_equal(np.stack(earlier[0]), np.stack(earlier[1]))


def test_the_seed_decides():
    first, again, other = (np.stack(list(batches([40, 40], seed=seed).epoch(0))) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_class_smaller_than_asked_for_gives_all_it_has():
    labels = labels_of([3, 40])
    for batch in batches([3, 40], s=8).epoch(0):
        assert np.bincount(labels[batch])[[1, 4]].tolist() == [3, 8]


def test_too_few_classes():
    with pytest.raises(DataError, match=r"2 class\(es\), fewer than train.classes_per_batch = 3"):
        batches([5, 5], c=3)


def test_a_class_with_a_single_item():
    with pytest.raises(DataError, match=r"1 class\(es\) have a single training item"):
        batches([1, 5])


def test_nothing_to_train_on():
    with pytest.raises(DataError, match="fewer than"):
        batches([])

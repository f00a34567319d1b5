"""Choosing, holding out and label noise: what must hold for every table of items."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.common.errors import DataError
from core.data import inject_label_noise, natural_key
from core.data.split import choose_items, hold_out_classes, hold_out_items, hold_out_modes

tables = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), min_size=1, max_size=80).map(
    lambda pairs: pd.DataFrame({"label": [f"c{c}" for c, _ in pairs], "sublabel": [f"c{c}/m{m}" for c, m in pairs]})
)
fractions = st.floats(0.01, 0.99)
seeds = st.integers(0, 2**32 - 1)


@given(tables, fractions, seeds)
def test_every_class_and_mode_that_can_be_is_on_both_sides(items, fraction, seed):
    test = hold_out_items(items, fraction, seed=seed)
    sizes = items.groupby("label")["label"].transform("size").to_numpy()
    for column in ("label", "sublabel"):
        for rows in items.groupby(column).indices.values():
            if len(rows) > 1 and sizes[rows[0]] > 2:
                assert 0 < test[rows].sum() < len(rows)
    for rows in items.groupby("label").indices.values():
        assert (~test[rows]).sum() >= min(2, len(rows))


@given(tables, fractions, seeds)
def test_each_mode_gives_its_share_to_within_two_items(items, fraction, seed):
    test = hold_out_items(items, fraction, seed=seed)
    for _, rows in items.groupby("sublabel").indices.items():
        if len(rows) > 1:
            assert abs(test[rows].sum() - fraction * len(rows)) < 2


def test_a_split_depends_on_the_seed_alone():
    items = pd.DataFrame({"label": ["a", "b"] * 50})
    first, again, other = (hold_out_items(items, 0.3, seed=seed) for seed in (1, 1, 2))
    assert first.tolist() == again.tolist() != other.tolist()


def test_held_out_classes_are_the_second_half_in_natural_order():
    items = pd.DataFrame({"label": [str(n) for n in range(11)] * 2})
    test = hold_out_classes(items)
    assert set(items["label"][~test]) == {"0", "1", "2", "3", "4", "5"}
    assert set(items["label"][test]) == {"6", "7", "8", "9", "10"}


def test_too_few_classes_to_hold_out():
    with pytest.raises(DataError, match="at least 4 classes"):
        hold_out_classes(pd.DataFrame({"label": ["a", "b", "c"]}))


def test_held_out_modes_are_the_second_half_of_every_class():
    digits = np.random.default_rng(0).permutation(np.repeat(np.arange(10), 3))
    items = pd.DataFrame({"label": np.where(digits % 2, "odd", "even"), "sublabel": digits.astype(str)})
    assert np.array_equal(hold_out_modes(items), digits >= 6)


def test_modes_of_one_name_are_held_out_class_by_class():
    items = pd.DataFrame({"label": list("aaabbb"), "sublabel": list("123234")})
    assert hold_out_modes(items).tolist() == [False, False, True, False, False, True]


@pytest.mark.parametrize(
    ("items", "words"),
    [({"label": ["a", "b"]}, "has none"), ({"label": list("aab"), "sublabel": list("123")}, "b has 1")],
)
def test_modes_that_cannot_be_held_out(items, words):
    with pytest.raises(DataError, match=words):
        hold_out_modes(pd.DataFrame(items))


@given(st.lists(st.text(max_size=12), max_size=20))
def test_natural_order_is_total(names):
    assert sorted(sorted(names, reverse=True), key=natural_key) == sorted(names, key=natural_key)


def test_natural_order_counts():
    assert sorted(["img10", "img9", "10", "9", "b", "²"], key=natural_key) == [
        "9",
        "10",
        "b",
        "img9",
        "img10",
        "²",
    ]


@given(tables, st.data(), seeds)
def test_chosen_items_are_in_order_proportional_and_leave_every_class_two(items, data, seed):
    sizes = items["label"].value_counts()
    must = int(sizes.clip(upper=2).sum())
    n = data.draw(st.integers(must, len(items)))
    rows = choose_items(items, n, seed=seed)
    assert len(rows) == n
    assert (np.diff(rows) > 0).all()
    chosen = items["label"].iloc[rows].value_counts()
    assert all(chosen[label] >= min(2, size) for label, size in sizes.items())


def test_chosen_items_keep_the_proportions():
    items = pd.DataFrame({"label": ["a"] * 600 + ["b"] * 300 + ["c"] * 100})
    chosen = items["label"].iloc[choose_items(items, 100, seed=3)].value_counts()
    assert chosen.to_dict() == pytest.approx({"a": 60, "b": 30, "c": 10}, abs=1)


def test_too_few_items_for_the_classes():
    with pytest.raises(DataError, match=r"max_items = 4 is too small: two items of every class need 6"):
        choose_items(pd.DataFrame({"label": ["a", "b", "c"] * 3}), 4, seed=0)


def noisy_items(n: int, classes: int) -> pd.DataFrame:
    labels = [f"c{i % classes}" for i in range(n)]
    return pd.DataFrame({"label": labels, "split": ["test" if i % 5 == 0 else "train" for i in range(n)]})


@given(st.integers(10, 200), st.integers(2, 6), st.floats(0, 0.99), seeds)
def test_noise_flips_the_stated_number_of_training_labels_and_no_test_label(n, classes, rate, seed):
    items = noisy_items(n, classes)
    noisy = inject_label_noise(items, rate, seed=seed)
    flipped = noisy["label"] != noisy["clean_label"]
    train = items["split"] == "train"
    assert noisy["clean_label"].tolist() == items["label"].tolist()
    assert flipped.sum() == round(rate * train.sum())
    assert not flipped[~train].any()
    assert set(noisy["label"]) <= set(items["label"])


@given(st.floats(0, 0.5), st.floats(0.5, 0.99), seeds)
def test_more_noise_extends_less_noise(low, high, seed):
    items = noisy_items(120, 4)
    few, many = (inject_label_noise(items, rate, seed=seed)["label"] for rate in (low, high))
    flipped = few != items["label"]
    assert (many[flipped] == few[flipped]).all()


def test_noise_is_uniform_over_items_and_over_the_other_classes():
    """Counts over many seeds against the binomial they should follow, at five standard deviations."""
    items, rate, trials = noisy_items(50, 4), 0.3, 500
    train = np.flatnonzero(items["split"] == "train")
    draws = [inject_label_noise(items, rate, seed=seed)["label"].to_numpy() for seed in range(trials)]
    labels = np.array(draws)[:, train]
    clean = items["label"].to_numpy()[train]
    per_item = (labels != clean).mean(axis=0)
    p = round(rate * len(train)) / len(train)
    assert np.abs(per_item - p).max() < 5 * np.sqrt(p * (1 - p) / trials)
    for own in "0123":
        pool = labels[:, clean == f"c{own}"]
        shares = [(pool == f"c{other}").mean() for other in "0123" if other != own]
        assert np.ptp(shares) < 5 * np.sqrt(2 * (p / 3) / pool.size)


def test_noise_needs_two_training_classes():
    items = pd.DataFrame({"label": ["a", "a", "b"], "split": ["train", "train", "test"]})
    with pytest.raises(DataError, match="at least two classes"):
        inject_label_noise(items, 0.1, seed=0)

"""Copies, and 16-bit pictures that use a part of their range."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from core.data import check, load
from core.data.contents import copy_problems, has_copy, same_items
from core.recipe.data import DataConfig


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=8))
def test_rows_are_the_same_where_a_chain_of_equal_values_joins_them(pairs):
    items = pd.DataFrame({"path": [f"p{a}" for a, _ in pairs], "digest": [f"d{b}" for _, b in pairs]})
    codes = same_items(items)
    groups = [{i} for i in range(len(pairs))]
    for i, (a, b) in enumerate(pairs):
        for j, (c, d) in enumerate(pairs):
            if a == c or b == d:
                joined = groups[i] | groups[j]
                for k in joined:
                    groups[k] = joined
    assert all((codes[i] == codes[j]) == (j in groups[i]) for i in range(len(pairs)) for j in range(len(pairs)))


def test_missing_names_are_not_the_same():
    assert same_items(pd.DataFrame({"name": ["", "", "a"], "label": ["x", "y", "z"]})).tolist() == [0, 1, 2]
    assert same_items(pd.DataFrame({"label": ["x", "x"]})).tolist() == [0, 1]


def test_a_row_is_no_copy_of_itself():
    codes, among = np.array([0, 0, 1, 2, 2]), np.array([True, False, True, False, False])
    assert has_copy(codes, among).tolist() == [False, True, False, False, False]
    assert has_copy(codes, np.ones(5, bool)).tolist() == [True, True, False, True, True]


def pictures(folder, arrays):
    for path, array in arrays.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(array).save(folder / path)
    return DataConfig(source="folder", path=str(folder))


def test_copies_across_the_split_are_said_by_check_and_load(tmp_path):
    shades = {f"train/{c}/{i}.png": np.full((6, 6), 10 * i + ord(c), np.uint8) for c in "ab" for i in range(3)}
    copies = {f"test/{c}/copy{i}.png": shades[f"train/{c}/{i}.png"] for c in "ab" for i in range(2)}
    config = pictures(tmp_path, shades | copies)
    found = check(config)
    assert found["problem"].tolist() == ["4 test items are copies of training items"]
    assert [problem.problem for problem in load(config, seed=0).warnings] == found["problem"].tolist()


def test_one_picture_in_two_classes():
    items = pd.DataFrame({"label": ["a", "b", "b"], "digest": ["x", "x", "y"], "split": ["train"] * 3})
    assert ["same as an item of another class" in problem.problem for problem in copy_problems(items)] == [True]


@pytest.mark.parametrize(("low", "high", "said"), [(0, 4095, 1), (0, 1000, 1), (30_000, 31_000, 1), (0, 65_535, 0)])
def test_a_small_part_of_sixteen_bits_is_said(tmp_path, low, high, said):
    rng = np.random.default_rng(0)
    arrays = {f"{c}/{i}.png": rng.integers(low, high, (9, 9), dtype=np.uint16) for c in "ab" for i in range(3)}
    arrays["a/0.png"][0, 0] = 65_535  # a hot pixel
    config = pictures(tmp_path, arrays)
    assert sum("16-bit pictures use grey levels" in problem for problem in check(config)["problem"]) == said
    assert len(load(config, seed=0).warnings) == said

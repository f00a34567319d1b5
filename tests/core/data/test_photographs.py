"""CUB-200 and Cars-196, rebuilt small in the layout they ship in."""

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from core.common.errors import DataError
from core.data import check, load
from core.recipe.data import DataConfig


def picture(path, shade):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (9, 6), (shade, 0, 255 - shade)).save(path)


@pytest.fixture
def birds(tmp_path):
    """Four species, three photographs each, the first two to train on."""
    species = ["001.Albatross", "002.Auklet", "010.Bunting", "011.Cardinal"]
    rows = [(3 * s + i + 1, s, f"{name}/{name}_{i}.jpg") for s, name in enumerate(species) for i in range(3)]
    for number, _, path in rows:
        picture(tmp_path / "images" / path, 10 * number)
    lists = {
        "images.txt": [f"{number} {path}" for number, _, path in rows],
        "image_class_labels.txt": [f"{number} {s + 1}" for number, s, _ in rows],
        "train_test_split.txt": [f"{number} {int((number - 1) % 3 < 2)}" for number, _, _ in rows],
        "classes.txt": [f"{s + 1} {name}" for s, name in enumerate(species)],
    }
    for name, lines in lists.items():
        (tmp_path / name).write_text("\n".join(lines) + "\n")
    return tmp_path


@pytest.fixture
def cars(tmp_path):
    """Four models, three photographs each, the last one to test on."""
    models = ["AM General Hummer SUV 2000", "Acura RL Sedan 2012", "Audi R8 Coupe 2012", "BMW X6 SUV 2012"]
    kind = [("relative_im_path", object), ("bbox_x1", object), ("class", object), ("test", object)]
    rows = [(f"car_ims/{3 * m + i:06d}.jpg", 1, m + 1, int(i == 2)) for m in range(4) for i in range(3)]
    for place, row in enumerate(rows):
        picture(tmp_path / row[0], 20 * place)
    names = np.empty((1, 4), dtype=object)
    names[0] = models
    savemat(tmp_path / "cars_annos.mat", {"annotations": np.array([rows], dtype=kind), "class_names": names})
    return tmp_path


def test_birds_keep_species_and_split(birds):
    dataset = load(DataConfig(source="cub200", path=str(birds), channels=3), seed=0)
    assert dataset.items["label"].tolist()[::3] == ["001.Albatross", "002.Auklet", "010.Bunting", "011.Cardinal"]
    assert dataset.items["split"].tolist() == ["train", "train", "test"] * 4
    pixels = dataset.images.pixels(np.arange(12), size=8, channels=3)
    assert np.all(np.abs(pixels[:, 0, 4, 4].astype(int) - 10 * np.arange(1, 13)) < 12)


def test_birds_by_species_as_the_field_splits_them(birds):
    items = load(DataConfig(source="cub200", path=str(birds), split="classes"), seed=0).items
    assert set(items["label"][items["split"] == "train"]) == {"001.Albatross", "002.Auklet"}


def test_cars_keep_models_and_split(cars):
    dataset = load(DataConfig(source="cars196", path=str(cars), channels=3), seed=0)
    assert dataset.items["label"].tolist()[::3][0] == "001 AM General Hummer SUV 2000"
    assert dataset.items["split"].tolist() == ["train", "train", "test"] * 4
    assert check(DataConfig(source="cars196", path=str(cars))).empty
    items = load(DataConfig(source="cars196", path=str(cars), split="classes"), seed=0).items
    assert {label[:3] for label in items["label"][items["split"] == "train"]} == {"001", "002"}


@pytest.mark.parametrize("name", ["images.txt", "image_class_labels.txt", "train_test_split.txt", "classes.txt"])
def test_birds_without_one_of_their_lists(birds, name):
    (birds / name).unlink()
    with pytest.raises(DataError, match=rf"{name} cannot be read .*unpacked CUB_200_2011 folder"):
        load(DataConfig(source="cub200", path=str(birds)), seed=0)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("images.txt", "1\n2\n", "lines are not a number and a text each"),
        ("train_test_split.txt", "1 1\n", "list different images"),
        ("classes.txt", "1 001.Albatross\n", "class 2 has no name"),
    ],
)
def test_birds_with_a_damaged_list(birds, name, text, words):
    (birds / name).write_text(text)
    with pytest.raises(DataError, match=words):
        load(DataConfig(source="cub200", path=str(birds)), seed=0)


def test_birds_whose_picture_is_missing(birds):
    missing = "images/002.Auklet/002.Auklet_2.jpg"
    (birds / missing).unlink()
    assert check(DataConfig(source="cub200", path=str(birds)))["where"].tolist() == [missing]


@pytest.mark.parametrize("content", [None, b"", b"MATLAB 5.0 MAT-file nothing more", b"\x89HDF\r\n\x1a\n"])
def test_cars_without_their_annotations(tmp_path, content):
    if content is not None:
        (tmp_path / "cars_annos.mat").write_bytes(content)
    with pytest.raises(DataError, match=r"cars_annos\.mat cannot be read"):
        load(DataConfig(source="cars196", path=str(tmp_path)), seed=0)


def test_cars_with_other_variables(tmp_path):
    savemat(tmp_path / "cars_annos.mat", {"something": np.zeros(3)})
    with pytest.raises(DataError, match="annotations file of Stanford Cars"):
        load(DataConfig(source="cars196", path=str(tmp_path)), seed=0)

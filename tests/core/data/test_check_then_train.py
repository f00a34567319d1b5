"""Whatever passes the check starts to train: batches can be drawn of what it lets through."""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from core.authoring.dataset_check import check_dataset, data_config
from core.data import encode_png, load
from core.sampling import ClassBalancedBatches

PICTURES = [encode_png(Image.fromarray(np.full((4, 4), shade, np.uint8))) for shade in range(64)]
PLACES = st.tuples(st.sampled_from(["train", "test", "Val", "extra"]), st.sampled_from("abc"), st.sampled_from("xyz"))
LAYOUTS = st.sampled_from(["{1}", "{1}/{2}", "{0}/{1}", "{0}/{1}/{2}", "{1}/images", "{0}"])
MANY = {"max_examples": 40, "deadline": None}


def starts_to_train(path: Path) -> None:
    """The recipe that is written for usable data can load them and draw every batch of an epoch."""
    found = check_dataset(data_config(str(path)))
    if found.recipe is None:
        assert (found.problems["severity"] == "error").any()
        return
    recipe = found.recipe
    data = load(recipe.data, seed=recipe.seed)
    assert found.understood.items == len(data.items)
    codes = pd.factorize(data.items.loc[data.items["split"] == "train", "label"])[0]
    sizes = {"classes_per_batch": recipe.train.classes_per_batch, "samples_per_class": recipe.train.samples_per_class}
    assert all(len(batch) >= 4 for batch in ClassBalancedBatches(codes, **sizes, seed=0).epoch(0))
    assert (data.items["split"] == "test").any()


@settings(**MANY)
@given(st.lists(PLACES, min_size=2, max_size=16), LAYOUTS)
def test_folders(places, layout):
    with tempfile.TemporaryDirectory() as root:
        for i, place in enumerate(places):
            folder = Path(root, layout.format(*place))
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{i}.png").write_bytes(PICTURES[i])
        starts_to_train(Path(root))


@settings(**MANY)
@given(st.lists(PLACES, min_size=2, max_size=16), st.sets(st.sampled_from(["split", "sublabel"])))
def test_tables(places, columns):
    with tempfile.TemporaryDirectory() as root:
        for i in range(len(places)):
            Path(root, f"{i}.png").write_bytes(PICTURES[i])
        table = pd.DataFrame(places, columns=["split", "label", "sublabel"])
        table["split"] = table["split"].replace("extra", "train")
        table["path"] = [f"{i}.png" for i in range(len(places))]
        table[["path", "label", *columns]].to_csv(Path(root, "items.csv"), index=False)
        starts_to_train(Path(root, "items.csv"))

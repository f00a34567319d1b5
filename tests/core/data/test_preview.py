"""Made-up data at a glance: the same items that are trained on, modes apart, wrong labels in their place."""

import numpy as np
import pytest

from core.data.preview import EXAMPLES, GAP, MAX_ROWS, WRONG, project_modes, sheets
from core.data.synthetic import open_synthetic
from core.recipe.data import DataConfig
from core.recipe.reading import checked


def data(source: str, *, noise: float = 0.0, **synthetic) -> DataConfig:
    values = {"source": f"synthetic-{source}", "channels": 3, "label_noise": noise, "synthetic": synthetic}
    return checked(DataConfig, values)


@pytest.mark.parametrize("modes", [1, 2, 50])
def test_vectors_lie_around_their_modes_and_the_share_is_the_variance_explained(modes: int):
    config = data("vectors", modes=modes, spread=0.0, geometry="space", items=400, dimension=2 + modes % 2)
    items, share = project_modes(config)
    centres = open_synthetic(config).centres
    spread = centres.var(axis=0).sum()
    shown = items.groupby("sublabel", sort=False)[["x", "y"]].first().to_numpy()
    assert len(np.unique(shown.round(9), axis=0)) == 2 * modes
    assert share == pytest.approx(shown.var(axis=0).sum() / spread)
    assert items.groupby("sublabel")[["x", "y"]].std().max().max() < 1e-9


def test_wrong_labels_are_as_many_as_ordered():
    items, _ = project_modes(data("vectors", noise=0.3, items=500))
    assert (items["label"] != items["clean_label"]).mean() == pytest.approx(0.3, abs=0.001)


def test_a_sheet_has_a_row_for_each_mode_and_a_framed_one_for_wrong_labels():
    first, second = sheets(data("shapes", noise=0.2, modes=3))
    step = 32 + GAP
    assert first.picture.shape == second.picture.shape == (4 * step - GAP, EXAMPLES * step - GAP, 3)
    framed = (first.picture[::step, 0] == WRONG).all(axis=1)
    assert framed.tolist() == [False, False, False, True]
    assert len(first.modes) == 3
    assert not any(first.label in mode for mode in first.modes)
    assert first.hidden == 0


def test_many_modes_are_cut_and_counted():
    config = data("shapes", modes=20, classes=6, attributes=["shape", "colour", "texture"])
    found = sheets(config)
    assert len(found) == 4
    assert [len(sheet.modes) + sheet.hidden for sheet in found] == [20] * 4
    assert found[0].picture.shape[0] == MAX_ROWS * (32 + GAP) - GAP


def test_shared_modes_are_shown_in_both_classes():
    first, second = sheets(data("shapes", modes=3, shared_modes=1, spread=0.0))
    assert (first.picture[:32] == second.picture[:32]).all()
    assert (first.picture[35:67] != second.picture[35:67]).any()

"""What an arm's last epoch betrays."""

import numpy as np
import pytest
import torch

from core.recipe.train import TrainConfig
from core.sampling import Candidates
from core.training import monitoring
from core.training.losses import create_loss
from core.training.monitoring import TUPLE_FIGURES, epoch_figures, tuple_figures, warnings_of

GOOD = {"epoch": 3, "loss": 0.1, "tuples": 40.0, "spread": 0.7}


def test_spread_is_one_for_opposite_points_and_zero_for_one_point():
    poles = np.tile([[1.0, 0.0], [-1.0, 0.0]], (4, 1)).astype(np.float32)
    labels = np.array(list("aabb" * 2))
    assert epoch_figures(poles, labels, None)["spread"] == pytest.approx(1)
    assert epoch_figures(poles * 0 + poles[0], labels, None)["spread"] == 0


def test_figures_hold_modes_only_where_they_are_known():
    points = np.eye(8, dtype=np.float32)
    labels, modes = np.array(list("aaaabbbb")), np.array(list("aaccddee"))
    assert {"recall@1", "map@r", "kappa", "spread"} <= set(epoch_figures(points, labels, None))
    assert not any(key.startswith("sub_") for key in epoch_figures(points, labels, None))
    assert {"sub_recall@1", "sub_map@r"} <= set(epoch_figures(points, labels, modes))


def test_one_class_has_no_kappa_and_no_warning_from_numpy(recwarn: pytest.WarningsRecorder):
    figures = epoch_figures(np.eye(4, dtype=np.float32), np.array(list("aaaa")), None)
    assert not np.isinf(figures["kappa"])
    assert not recwarn.list


def test_a_good_training_warns_of_nothing():
    assert warnings_of([GOOD | {"spread": 0, "tuples": 0}, GOOD]) == []
    assert warnings_of([GOOD | {"tuples": float("nan")}]) == []  # a proxy loss has none


def test_total_collapse_is_told_with_the_loss_it_is_stuck_at():
    (warning,) = warnings_of([GOOD, GOOD | {"spread": 1e-5, "loss": 0.2}])
    assert (warning.code, warning.severity) == ("total-collapse", "warning")
    assert warning.message.startswith("total collapse")
    assert "0.200" in warning.message


def test_no_tuples_is_told_and_not_taken_for_success():
    (warning,) = warnings_of([GOOD, GOOD | {"tuples": 0.0, "loss": 0.0}])
    assert warning.code == "no-tuples"
    assert "not success" in warning.message


def test_both_at_once():
    assert len(warnings_of([GOOD | {"tuples": 0.0, "spread": 0.0}])) == 2


def figures(name: str, tuples) -> dict[str, float]:
    points = torch.randn(30, 4, generator=torch.Generator().manual_seed(0))
    batch = Candidates(points, torch.arange(30) % 3, torch.arange(30), anchors=30)
    loss = create_loss(name, TrainConfig(), classes=3, dim=4)
    return dict(zip(TUPLE_FIGURES, tuple_figures(loss, batch, tuples).tolist(), strict=True)) | {"points": points}


def rows(n: int, seed: int) -> torch.Tensor:
    return torch.randint(0, 30, (n,), generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("n", [1, 2, 11, 64])
def test_quantiles_of_triplets_are_numpys(n: int):
    anchors, positives, negatives = (rows(n, seed) for seed in range(3))
    found = figures("triplet", (anchors, positives, negatives))
    points = found["points"].numpy()
    for side, others in (("positive", positives), ("negative", negatives)):
        expected = np.quantile(
            np.linalg.norm(points[anchors.numpy()] - points[others.numpy()], axis=1), [0.1, 0.5, 0.9]
        )
        assert [found[f"{side}_q{q}"] for q in (10, 50, 90)] == pytest.approx(expected.tolist(), abs=1e-5)
    assert found["tuples"] == n


def test_positive_and_negative_pairs_have_anchors_of_their_own():
    found = figures("contrastive", (rows(5, 0), rows(5, 1), rows(9, 2), rows(9, 3)))
    distances = np.linalg.norm(found["points"][rows(9, 2)] - found["points"][rows(9, 3)], axis=1)
    assert found["negative_q50"] == pytest.approx(np.median(distances), abs=1e-5)
    assert found["tuples"] == 14


def test_no_tuples_have_a_count_and_nothing_else():
    nobody = torch.empty(0, dtype=torch.long)
    found = figures("triplet", (nobody, nobody, nobody))
    assert found["tuples"] == 0
    assert all(np.isnan(found[name]) for name in TUPLE_FIGURES[1:])
    assert all(np.isnan(figures("arcface", None)[name]) for name in TUPLE_FIGURES)


def test_of_very_many_tuples_a_sample_tells_the_quantiles(monkeypatch: pytest.MonkeyPatch):
    everything = figures("triplet", (rows(5000, 0), rows(5000, 1), rows(5000, 2)))
    monkeypatch.setattr(monitoring, "MAX_SORTED", 700)
    sample = figures("triplet", (rows(5000, 0), rows(5000, 1), rows(5000, 2)))
    assert sample["tuples"] == 5000
    assert sample["positive_q50"] != everything["positive_q50"]
    assert sample["positive_q50"] == pytest.approx(everything["positive_q50"], rel=0.1)

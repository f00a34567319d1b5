"""What an arm's last epoch betrays."""

import numpy as np
import pytest

from core.watching import epoch_figures, warnings_of

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
    assert warning.startswith("total collapse")
    assert "0.200" in warning


def test_no_tuples_is_told_and_not_taken_for_success():
    (warning,) = warnings_of([GOOD, GOOD | {"tuples": 0.0, "loss": 0.0}])
    assert "not success" in warning.replace("\n", " ")


def test_both_at_once():
    assert len(warnings_of([GOOD | {"tuples": 0.0, "spread": 0.0}])) == 2

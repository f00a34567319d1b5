"""Scale against rounding: what float32 cannot tell apart has no kappa."""

import numpy as np
import pytest

from core.diagnostics.checks import check_groups
from core.diagnostics.collapse import Geometry, kappa


@pytest.mark.parametrize("d", [2, 16, 512])
def test_rounding_gives_no_kappa(d):
    rng = np.random.default_rng(d)
    point = rng.normal(size=d)
    point /= np.linalg.norm(point)
    points = (point * (1 + 1e-7 * rng.choice([-1, 0, 1], size=(200, d)))).astype(np.float32)
    assert np.isnan(kappa(Geometry.of(points, check_groups(np.arange(200) % 5, 200)))).all()


def test_small_but_real_distances_have_one():
    rng = np.random.default_rng(0)
    labels = np.arange(200) % 2
    points = np.eye(8)[0] + 1e-3 * np.eye(8)[1] * labels[:, None] + 1e-4 * rng.normal(size=(200, 8))
    assert kappa(Geometry.of(points.astype(np.float32), check_groups(labels, 200))) == pytest.approx(0.28, abs=0.03)

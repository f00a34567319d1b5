"""The right word in every planted case, over 20 draws."""

import numpy as np
import pytest

from core.diagnostics import analyse, diagnose
from core.diagnostics.verdicts import verdicts
from tests.core.diagnostics.planted import NOISE, sphere

CLASSES, MODES, PER_CLASS, WIDTH = 3, 3, 75, 32


def planted(rng, *, modes, scale=1.0, merged=False, noise=0.0, separation=12, per_class=PER_CLASS):
    """(embeddings, labels, sublabels): 3 classes of 75 in 32 dimensions; a share of labels drawn at random."""
    axes = np.linalg.qr(rng.normal(size=(WIDTH, WIDTH)))[0]
    labels = np.repeat(np.arange(CLASSES), per_class)
    truth = labels * modes + rng.permuted(np.tile(np.arange(per_class) % modes, (CLASSES, 1)), axis=1).ravel()
    offsets = NOISE * rng.normal(size=(len(labels), WIDTH))
    if not merged and modes > 1:
        offsets += separation * NOISE / np.sqrt(2) * axes[CLASSES + truth]
    points = sphere(axes[labels] + scale * offsets)
    wrong = rng.random(len(labels)) < noise
    return points, np.where(wrong, rng.integers(0, CLASSES, len(labels)), labels), truth


CASES = {
    "preserved": {"modes": MODES},
    "compressed": {"modes": MODES, "scale": 1e-3},
    "blurred": {"modes": MODES, "separation": 3.0, "per_class": 200},
    "destroyed": {"modes": MODES, "merged": True},
    "unimodal": {"modes": 1},
}


@pytest.mark.parametrize("noise", [0.0, 0.1])
@pytest.mark.parametrize("word", CASES)
def test_planted_classes_get_the_right_word(word, noise):
    for seed in range(20):
        points, labels, truth = planted(np.random.default_rng(seed), noise=noise, **CASES[word])
        table = analyse(points, labels, sublabels=truth, seed=seed, n_jobs=1, reliability=False).table
        assert set(table["verdict"]) == {word}, f"seed {seed}\n{table}"


@pytest.mark.parametrize(("word", "case"), [("destroyed", {"merged": True}), ("compressed", {"scale": 1e-3})])
def test_a_reference_speaks_for_modes_nobody_named(word, case):
    for seed in range(20):
        reference, labels, _ = planted(np.random.default_rng(seed), modes=MODES)
        points, _, _ = planted(np.random.default_rng(seed), modes=MODES, **case)
        before = analyse(reference, labels, n_jobs=1, reliability=False)
        table = analyse(points, labels, reference=before, n_jobs=1, reliability=False).table
        assert set(table["verdict"]) == {word}
        assert set(table["reference_subclusters"]) == {MODES}


def test_reference_with_one_mode_makes_one_mode_unimodal():
    points, labels, _ = planted(np.random.default_rng(0), modes=1)
    assert set(diagnose(points, labels, reference=points)["verdict"]) == {"unimodal"}


def test_every_word_from_plain_numbers():
    found = verdicts(
        np.array([19, 20, 20, 20, 20, 20, 20, 20, 20]),
        subclusters=np.array([3, 2, 2, 1, 1, 1, 1, 1, 1]),
        kappa=np.array([1, 1, 0.01, 1, 1, 1, np.nan, 1, 0.01]),
        expected=np.array([3, 3, 3, 1, 3, 3, 3, 3, 3]),
        excess=np.array([1, 1, 1, np.nan, 0.1, 0.5, 0.5, 0.9, 0.9]),
        limit=np.array([0, 0, 0, np.nan, 0, 0.4, np.nan, 0.4, 0.4]),
    )
    assert found == [
        *("too small", "preserved", "compressed", "unimodal", "destroyed"),
        *("blurred", "blurred", "preserved", "compressed"),
    ]

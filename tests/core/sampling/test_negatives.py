"""Which other-class row an anchor and its positive meet, against the definition."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare
from torch.nn.functional import normalize

from core.sampling.negatives import mine_negatives, mine_triplets
from tests.core.sampling import oracles

RULES = ["semihard", "distance-weighted", "hardest", "random", "all"]


def draws(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def mined(rule: str, embeddings, labels, pairs=None):
    pairs = oracles.all_pairs(labels) if pairs is None else pairs
    batch = oracles.together(embeddings, labels)
    return [t.tolist() for t in mine_triplets(rule, batch, pairs=pairs, generator=draws())]


@pytest.mark.parametrize("rule", ["semihard", "hardest"])
@given(oracles.batches(least=1, most=20, copies=False))
def test_nearest_negatives_are_the_definition(rule, batch):
    embeddings, labels, _ = batch
    squared = oracles.squared_distances(embeddings)
    expected = []
    for anchor, positive in zip(*(t.tolist() for t in oracles.all_pairs(labels)), strict=True):
        reach = squared[anchor, positive] if rule == "semihard" else -1
        rivals = [i for i in range(len(labels)) if labels[i] != labels[anchor] and squared[anchor, i] > reach]
        if rivals:
            expected.append((anchor, positive, min(rivals, key=lambda i: (squared[anchor, i].item(), i))))
    assert list(zip(*mined(rule, embeddings, labels), strict=True)) == expected


@given(oracles.batches(most=12, copies=False))
def test_all_negatives_of_every_pair_once(batch):
    embeddings, labels, _ = batch
    expected = [
        (a, p, n)
        for a, p in zip(*(t.tolist() for t in oracles.all_pairs(labels)), strict=True)
        for n in range(len(labels))
        if labels[n] != labels[a]
    ]
    assert list(zip(*mined("all", embeddings, labels), strict=True)) == expected


def test_random_negatives_are_uniform_over_the_other_classes():
    labels = torch.tensor([0, 0, 1, 1, 2, 2, 2])
    pairs = (torch.zeros(6000, dtype=torch.long), torch.ones(6000, dtype=torch.long))
    *_, negatives = mined("random", torch.zeros(7, 2), labels, pairs)
    counts = torch.tensor(negatives).bincount(minlength=7)
    assert counts[:2].sum() == 0
    assert chisquare(counts[2:]).pvalue > 1e-3


def sphere(n: int, d: int, seed: int = 0):
    return normalize(torch.randn(n, d, generator=draws(seed)), dim=1)


def wu_probabilities(distances: np.ndarray, dim: int) -> np.ndarray:
    """Wu et al. 1706.07567, section 4, written out: 1 / q(d), near ones cut off at 0.5, none beyond 1.4."""
    near = np.maximum(distances, 0.5)
    density = near ** (dim - 2) * (1 - near**2 / 4) ** ((dim - 3) / 2)
    weights = np.where(distances < 1.4, 1 / density, 0)
    return weights / weights.sum()


@pytest.mark.parametrize("dim", [2, 3, 8, 64])
def test_distance_weighted_negatives_are_drawn_by_the_inverse_density_of_distances(dim: int):
    number = 20_000
    embeddings = normalize(0.7 * sphere(1, dim) + 0.5 * sphere(25, dim, 1), dim=1)
    labels = torch.tensor([0, 0] + [1] * 23)
    pairs = (torch.zeros(number, dtype=torch.long), torch.ones(number, dtype=torch.long))
    counts = np.bincount(mined("distance-weighted", embeddings, labels, pairs)[2], minlength=25)
    distances = oracles.squared_distances(embeddings)[0].sqrt().numpy()
    expected = wu_probabilities(distances[2:], dim) * number
    assert counts[:2].sum() == 0
    often = expected > 5
    assert often.sum() >= 3
    rest = expected[~often].sum()
    seen, wanted = [*counts[2:][often], counts[2:][~often].sum()], [*expected[often], rest]
    assert (
        chisquare(seen if rest > 1 else seen[:-1], wanted if rest > 1 else wanted[:-1], sum_check=False).pvalue > 1e-4
    )


def test_an_anchor_whose_negatives_are_all_far_has_no_distance_weighted_one():
    embeddings = torch.tensor([[1.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [-0.8, -0.6]])
    assert mined("distance-weighted", embeddings, torch.tensor([0, 0, 1, 1])) == [[], [], []]


def test_draws_differ_between_pairs_and_repeat_with_the_generator():
    embeddings, labels = sphere(60, 8), torch.arange(60) % 2
    for rule in ("random", "distance-weighted"):
        triplets = mined(rule, embeddings, labels)
        assert triplets == mined(rule, embeddings, labels)
        assert len(set(triplets[2])) > 40


@pytest.mark.parametrize("rule", RULES)
@given(oracles.batches(least=1, most=20), st.data())
def test_negative_pairs_for_pair_losses_are_each_once_and_of_another_class(rule, batch, data):
    embeddings, labels, ids = batch
    few = data.draw(st.integers(1, len(labels)))
    anchors, negatives = mine_negatives(rule, oracles.together(embeddings, labels, ids, few), generator=draws())
    found = list(zip(anchors.tolist(), negatives.tolist(), strict=True))
    assert len(set(found)) == len(found)
    assert all(a < few and labels[a] != labels[n] for a, n in found)
    if rule not in ("semihard", "distance-weighted"):
        assert {a for a, _ in found} == {a for a in range(few) if (labels != labels[a]).any()}


@given(oracles.batches(least=1, most=20))
def test_semihard_pairs_are_those_of_every_possible_positive(batch):
    embeddings, labels, ids = batch
    squared, expected = oracles.squared_distances(embeddings), set()
    for a, p in torch.nonzero(oracles.candidates(labels, ids)).tolist():
        rivals = [n for n in range(len(labels)) if labels[n] != labels[a] and squared[a, n] > squared[a, p]]
        if rivals:
            expected.add((a, min(rivals, key=lambda n: (squared[a, n].item(), n))))
    anchors, negatives = mine_negatives("semihard", oracles.together(embeddings, labels, ids), generator=draws())
    assert set(zip(anchors.tolist(), negatives.tolist(), strict=True)) == expected


@pytest.mark.parametrize("rule", RULES)
def test_a_single_class_has_no_negatives(rule: str):
    assert mined(rule, torch.randn(6, 3), torch.zeros(6, dtype=torch.long)) == [[], [], []]


@pytest.mark.parametrize("rule", RULES)
def test_no_pairs_no_triplets(rule: str):
    nobody = torch.empty(0, dtype=torch.long)
    assert mined(rule, torch.randn(6, 3), torch.arange(6) % 2, (nobody, nobody)) == [[], [], []]


@pytest.mark.parametrize("value", [0.0, 0.1, 1e-4, 0.577])
def test_a_batch_collapsed_to_a_point_has_no_semihard_triplet(value: float):
    embeddings, labels = torch.full((64, 32), value), torch.arange(64) % 2
    assert mined("semihard", embeddings, labels) == [[], [], []]
    assert len(mined("hardest", embeddings, labels)[0]) == 64 * 31


@given(st.integers(0, 2**32 - 1))
def test_the_positives_are_left_as_they_are(seed: int):
    """A positive rule composes with any negative rule."""
    generator = draws(seed)
    embeddings, labels = torch.randn(20, 4, generator=generator), torch.arange(20) % 2
    pairs = oracles.all_pairs(labels)
    wanted = set(zip(*(t.tolist() for t in pairs), strict=True))
    for rule in RULES:
        anchors, positives, _ = mined(rule, embeddings, labels, pairs)
        assert set(zip(anchors, positives, strict=True)) <= wanted

"""Which other-class row an anchor and its positive meet, against the definition."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from core.sampling import mine_triplets
from core.sampling.positives import all_positives
from tests.core.sampling import oracles


def draws(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def mined(rule: str, embeddings, labels, pairs=None):
    pairs = all_positives(labels) if pairs is None else pairs
    return [t.tolist() for t in mine_triplets(rule, embeddings, labels, pairs=pairs, generator=draws())]


@pytest.mark.parametrize("rule", ["semihard", "hardest"])
@given(oracles.batches(least=1, most=20, copies=False))
def test_nearest_negatives_are_the_definition(rule, batch):
    embeddings, labels, _ = batch
    squared = oracles.squared_distances(embeddings)
    expected = []
    for anchor, positive in zip(*(t.tolist() for t in all_positives(labels)), strict=True):
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
        for a, p in zip(*(t.tolist() for t in all_positives(labels)), strict=True)
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


@pytest.mark.parametrize("rule", ["semihard", "hardest", "random", "all"])
def test_a_single_class_has_no_negatives(rule: str):
    assert mined(rule, torch.randn(6, 3), torch.zeros(6, dtype=torch.long)) == [[], [], []]


@pytest.mark.parametrize("rule", ["semihard", "hardest", "random", "all"])
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
    pairs = all_positives(labels)
    wanted = set(zip(*(t.tolist() for t in pairs), strict=True))
    for rule in ("semihard", "hardest", "random", "all"):
        anchors, positives, _ = mined(rule, embeddings, labels, pairs)
        assert set(zip(anchors, positives, strict=True)) <= wanted

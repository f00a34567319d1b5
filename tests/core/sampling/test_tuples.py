"""Positive and negative rules together: legal tuples for every loss, rule and negative, checked in numpy."""

import math
from typing import get_args

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pytorch_metric_learning.miners import MultiSimilarityMiner
from torch.nn.functional import normalize

from core.recipe.rules import OWN_MINING, PAIR_LOSSES, RULELESS_LOSSES, LossName, NegativeRule, PositiveRule
from core.recipe.train import TrainConfig
from core.sampling import Candidates, sample_pairs, sample_triplets
from core.training.losses import compute_loss, create_loss
from tests.core.sampling import oracles

POSITIVES, NEGATIVES = get_args(PositiveRule), get_args(NegativeRule)
COMPARING = [name for name in get_args(LossName) if name not in RULELESS_LOSSES]
SINGLE = [rule for rule in POSITIVES if rule != "all"]


def batch(*, items: int = 48, anchors: int | None = None, dim: int = 6, classes: int = 4, seed: int = 0) -> Candidates:
    """Unit vectors, clustered a little; some items twice under one id; one class with a single item."""
    rng = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, classes - 1, (items,), generator=rng)
    labels[5] = classes - 1
    points = 0.3 * torch.randn(classes, dim, generator=rng)[labels] + torch.randn(items, dim, generator=rng)
    ids = torch.arange(items)
    ids[-4:], labels[-4:], points[-4:] = ids[:4], labels[:4], points[:4] + 0.05  # stale copies
    return Candidates(normalize(points, dim=1), labels, ids, anchors=items if anchors is None else anchors)


def sample(loss: str, positives: str, negatives: str, found: Candidates):
    function = sample_pairs if loss in PAIR_LOSSES else sample_triplets
    return function(positives, negatives, found, generator=torch.Generator().manual_seed(1))


def check_legal(tuples, found: Candidates) -> None:
    """Anchors first, positives of the same class and another id, negatives of another class; nothing twice."""
    labels, ids = found.labels.numpy(), found.ids.numpy()
    columns = [column.numpy() for column in tuples]
    anchors, positives, opposed, negatives = columns if len(columns) == 4 else (*columns[:2], columns[0], columns[2])
    assert max(anchors.max(), opposed.max()) < found.anchors
    assert (labels[anchors] == labels[positives]).all()
    assert (ids[anchors] != ids[positives]).all()
    assert (labels[opposed] != labels[negatives]).all()
    assert set(opposed) <= set(anchors)
    for rows in [columns] if len(columns) == 3 else [columns[:2], columns[2:]]:
        assert len(np.unique(np.stack(rows), axis=1).T) == len(rows[0])


def distances(found: Candidates) -> np.ndarray:
    points = found.embeddings.double().numpy()
    return np.linalg.norm(points[:, None] - points[None], axis=2)


def expected_pairs(rule: str, found: Candidates) -> set[tuple[int, int]]:
    """The rule by definition; not for `random`."""
    labels, ids, far = found.labels.numpy(), found.ids.numpy(), distances(found)
    pairs = set()
    for a in range(found.anchors):
        rivals = np.flatnonzero((labels == labels[a]) & (ids != ids[a]))
        if len(rivals):
            order = rivals[np.argsort(far[a, rivals], kind="stable")]
            pairs |= {(a, int(p)) for p in {"all": order, "nearest": order[:1], "hardest": order[-1:]}[rule]}
    return pairs


@pytest.mark.parametrize("anchors", [48, 20])
@pytest.mark.parametrize("positives", POSITIVES)
@pytest.mark.parametrize(
    ("name", "negatives"),
    [(name, rule) for name in COMPARING for rule in NEGATIVES if rule != "own" or name in OWN_MINING],
)
def test_every_loss_with_every_rule_and_negative(name: str, positives: str, negatives: str, anchors: int):
    """Legal tuples, a finite loss, a finite gradient that is not zero; with anchors alone, or amid more candidates."""
    found = batch(anchors=anchors)
    tuples = sample(name, positives, negatives, found)
    check_legal(tuples, found)
    embeddings = found.embeddings.clone().requires_grad_()
    loss = create_loss(name, TrainConfig(margin=None, learn_beta="per-class"), classes=4, dim=6)
    value = compute_loss(loss, embeddings, found.labels, tuples, anchors=anchors)
    value.backward()
    assert math.isfinite(value.item())
    assert torch.isfinite(embeddings.grad).all()
    assert embeddings.grad.abs().sum() > 0


@pytest.mark.parametrize("anchors", [48, 20])
@pytest.mark.parametrize("negatives", ["semihard", "distance-weighted", "hardest", "random", "all"])
@pytest.mark.parametrize("positives", POSITIVES)
def test_pair_losses_get_exactly_the_positives_of_the_rule_and_negatives_it_does_not_touch(
    positives: str, negatives: str, anchors: int
):
    found = batch(anchors=anchors)
    a1, p, a2, n = sample("contrastive", positives, negatives, found)
    pairs = set(zip(a1.tolist(), p.tolist(), strict=True))
    if positives == "random":
        assert {a for a, _ in pairs} == {a for a, _ in expected_pairs("all", found)}
    else:
        assert pairs == expected_pairs(positives, found)
    if negatives not in ("random", "distance-weighted"):
        _, _, anchors_of_all, n_of_all = sample("contrastive", "all", negatives, found)
        assert torch.equal(a2, anchors_of_all)
        assert torch.equal(n, n_of_all)


@pytest.mark.parametrize("negatives", ["semihard", "distance-weighted", "hardest", "random", "all"])
@pytest.mark.parametrize("positives", [rule for rule in POSITIVES if rule != "random"])
def test_triplets_have_the_positives_of_the_rule(positives: str, negatives: str):
    anchors, chosen, _ = sample("triplet", positives, negatives, batch())
    pairs = set(zip(anchors.tolist(), chosen.tolist(), strict=True))
    assert pairs <= expected_pairs(positives, batch())
    if negatives in ("hardest", "random", "all"):
        assert pairs == expected_pairs(positives, batch())


@given(st.integers(0, 2**32 - 1), st.integers(2, 40))
def test_own_mining_with_all_positives_is_the_published_one(seed: int, n: int):
    rng = torch.Generator().manual_seed(seed)
    embeddings = normalize(torch.randn(n, 5, generator=rng, dtype=torch.float64), dim=1)
    labels = torch.randint(0, 3, (n,), generator=rng)
    ours = sample("multi-similarity", "all", "own", oracles.together(embeddings, labels))
    theirs = MultiSimilarityMiner(epsilon=0.1)(embeddings, labels)
    with_positive = {a for a, _ in expected_pairs("all", oracles.together(embeddings, labels))}
    for mine, other in ((ours[:2], theirs[:2]), (ours[2:], theirs[2:])):
        wanted = {(a, b) for a, b in zip(*(t.tolist() for t in other), strict=True) if a in with_positive}
        assert set(zip(*(t.tolist() for t in mine), strict=True)) == wanted


@pytest.mark.parametrize("positives", SINGLE)
def test_own_negatives_stay_and_their_anchors_get_the_positive_of_the_rule(positives: str):
    mined = sample("multi-similarity", "all", "own", batch())
    a1, p, a2, n = sample("multi-similarity", positives, "own", batch())
    assert torch.equal(a2, mined[2])
    assert torch.equal(n, mined[3])
    assert a1.tolist() == sorted(set(mined[0].tolist()))
    if positives != "random":
        assert set(zip(a1.tolist(), p.tolist(), strict=True)) <= expected_pairs(positives, batch())


@pytest.mark.parametrize("name", COMPARING)
@pytest.mark.parametrize("negatives", ["hardest", "all"])
def test_classes_of_one_item_give_no_tuple_and_a_loss_of_zero(name: str, negatives: str):
    found = oracles.together(normalize(torch.randn(5, 6, generator=torch.Generator().manual_seed(0))), torch.arange(5))
    tuples = sample(name, "nearest", negatives, found)
    assert [len(column) for column in tuples] == [0] * len(tuples)
    embeddings = found.embeddings.clone().requires_grad_()
    value = compute_loss(create_loss(name, TrainConfig(), classes=5, dim=6), embeddings, found.labels, tuples)
    value.backward()
    assert value == 0
    assert embeddings.grad is None or not embeddings.grad.any()

"""The losses' values against their papers' formulas, and what they do in a batch without tuples."""

import pytest
import torch
from torch.nn.functional import normalize

from core.config import TrainConfig
from core.losses import active_fraction, compute_loss, create_loss, takes_triplets

CONFIG = TrainConfig(margin=0.3, beta=0.9)
LABELS = torch.arange(12) % 2
TRIPLETS = (torch.tensor([0, 1, 4]), torch.tensor([2, 3, 6]), torch.tensor([1, 2, 7]))
NONE = tuple(torch.empty(0, dtype=torch.long) for _ in range(3))


def unit_vectors(seed: int = 0) -> torch.Tensor:
    return normalize(torch.randn(12, 5, generator=torch.Generator().manual_seed(seed)), dim=1).requires_grad_()


def create(name: str):
    return create_loss(name, CONFIG, classes=2, dim=5)


def distances(embeddings):
    a, p, n = TRIPLETS
    return (embeddings[a] - embeddings[p]).norm(dim=1), (embeddings[a] - embeddings[n]).norm(dim=1)


def test_triplet_is_the_mean_over_active_triplets():
    embeddings = unit_vectors()
    positive, negative = distances(embeddings)
    terms = (positive - negative + 0.3).clamp_min(0)
    expected = terms.sum() / (terms > 0).sum()
    assert torch.isclose(compute_loss(create("triplet"), embeddings, LABELS, TRIPLETS), expected, atol=1e-5)


def test_margin_pulls_positives_inside_and_pushes_negatives_outside_of_beta():
    embeddings = unit_vectors()
    positive, negative = distances(embeddings)
    terms = torch.stack([(positive - 0.9 + 0.3).clamp_min(0), (0.9 - negative + 0.3).clamp_min(0)])
    pairs = (terms > 0).sum()
    value = compute_loss(create("margin"), embeddings, LABELS, TRIPLETS)
    assert torch.isclose(value, terms.sum() / pairs, atol=1e-5)


def test_beta_of_the_margin_loss_is_learned():
    loss = create("margin")
    compute_loss(loss, unit_vectors(), LABELS, TRIPLETS).backward()
    assert [p.grad is not None and p.grad.abs().sum() > 0 for p in loss.parameters()] == [True]


@pytest.mark.parametrize("name", ["triplet", "margin"])
def test_without_triplets_the_loss_is_zero_and_so_is_its_gradient(name: str):
    embeddings = unit_vectors()
    value = compute_loss(create(name), embeddings, LABELS, NONE)
    value.backward()
    assert value == 0
    assert embeddings.grad is None or not embeddings.grad.any()


def test_proxy_anchor_needs_no_triplets_and_trains_its_proxies():
    loss, embeddings = create("proxy-anchor"), unit_vectors()
    compute_loss(loss, embeddings, LABELS, None).backward()
    (proxies,) = loss.parameters()
    assert proxies.shape == (2, 5)
    assert proxies.grad.abs().sum() > 0
    assert embeddings.grad.abs().sum() > 0


@pytest.mark.parametrize(("name", "takes"), [("triplet", True), ("margin", True), ("proxy-anchor", False)])
def test_which_losses_compare_items(name: str, takes: bool):
    assert takes_triplets(name) is takes


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_losses_run_in_float32(dtype: torch.dtype):
    assert compute_loss(create("triplet"), unit_vectors().to(dtype), LABELS, TRIPLETS).dtype == torch.float32


def test_active_fraction_counts_triplets_within_the_margin():
    embeddings = torch.tensor([[0.0], [1.0], [1.2], [5.0]])
    triplets = (torch.tensor([0, 0, 0]), torch.tensor([1, 1, 2]), torch.tensor([2, 3, 1]))
    assert active_fraction(embeddings, triplets, margin=0.25) == pytest.approx(2 / 3)
    assert active_fraction(embeddings, triplets, margin=5) == 1
    assert torch.isnan(active_fraction(embeddings, tuple(t[:0] for t in triplets), margin=0.2))

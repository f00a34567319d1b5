"""The losses' values against their papers' formulas, and what they do in a batch without tuples."""

from dataclasses import replace

import pytest
import torch
from torch.nn.functional import normalize

from core.recipe.train import TrainConfig
from core.training.losses import active_fraction, compute_loss, create_loss

CONFIG = TrainConfig(margin=0.3, beta=0.9)
LABELS = torch.arange(12) % 2
TRIPLETS = (torch.tensor([0, 1, 4]), torch.tensor([2, 3, 6]), torch.tensor([1, 2, 7]))
NO_POSITIVE = tuple(torch.empty(0, dtype=torch.long) for _ in range(3))


def unit_vectors(seed: int = 0) -> torch.Tensor:
    return normalize(torch.randn(12, 5, generator=torch.Generator().manual_seed(seed)), dim=1).requires_grad_()


def create(name: str, **options):
    return create_loss(name, replace(CONFIG, **options), classes=2, dim=5)


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
    value = compute_loss(create(name), embeddings, LABELS, NO_POSITIVE)
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


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_losses_run_in_float32(dtype: torch.dtype):
    assert compute_loss(create("triplet"), unit_vectors().to(dtype), LABELS, TRIPLETS).dtype == torch.float32


PAIRS = (*TRIPLETS[:2], torch.tensor([0, 0, 4, 9]), torch.tensor([1, 3, 7, 2]))


def cosines(embeddings):
    a1, p, a2, n = PAIRS
    return (embeddings[a1] * embeddings[p]).sum(1), a2, (embeddings[a2] * embeddings[n]).sum(1)


def test_contrastive_pulls_positives_to_zero_and_pushes_negatives_out_to_the_margin():
    embeddings = unit_vectors()
    positive, _, negative = cosines(embeddings)
    near = (1.4 - (2 - 2 * negative).sqrt()).clamp_min(0)
    expected = (2 - 2 * positive).sqrt().mean() + near[near > 0].mean()
    loss = create("contrastive", margin=1.4)
    assert torch.isclose(compute_loss(loss, embeddings, LABELS, PAIRS), expected, atol=1e-5)
    assert create("contrastive", margin=None).neg_margin == 1


def test_multi_similarity_is_the_papers_equation_15():
    embeddings = unit_vectors()
    positive, anchors, negative = cosines(embeddings)
    total = 0
    for row in range(12):
        pull = torch.exp(-2 * (positive[PAIRS[0] == row] - 0.5)).sum()
        push = torch.exp(50 * (negative[anchors == row] - 0.5)).sum()
        total = total + (torch.log(1 + pull) / 2 + torch.log(1 + push) / 50)
    value = compute_loss(create("multi-similarity"), embeddings, LABELS, PAIRS)
    assert torch.isclose(value, total / 12, rtol=1e-4)


@pytest.mark.parametrize("temperature", [None, 0.5])
def test_nt_xent_sets_each_positive_against_the_negatives_of_its_anchor(temperature: float | None):
    embeddings = unit_vectors()
    positive, anchors, negative = (
        t if t.dtype == torch.long else t / (temperature or 0.07) for t in cosines(embeddings)
    )
    terms = [
        -torch.log_softmax(torch.cat([positive[i, None], negative[anchors == row]]), dim=0)[0]
        for i, row in enumerate(PAIRS[0].tolist())
    ]
    value = compute_loss(create("nt-xent", temperature=temperature), embeddings, LABELS, PAIRS)
    assert torch.isclose(value, torch.stack(terms).mean(), rtol=1e-4)


@pytest.mark.parametrize(
    "name", ["triplet", "margin", "nca-triplet", "contrastive", "multi-similarity", "nt-xent", "supcon"]
)
def test_candidates_behind_the_anchors_count_as_if_they_were_in_the_batch(name: str):
    """Anchors are the first rows, and tuples of theirs alone: then it makes no difference who else is an anchor."""
    tuples = TRIPLETS if name in ("triplet", "margin", "nca-triplet") else PAIRS
    whole, part = unit_vectors(), unit_vectors()
    first = compute_loss(create(name), whole, LABELS, tuples)
    second = compute_loss(create(name), part, LABELS, tuples, anchors=10)
    scale = 1.2 if name == "multi-similarity" else 1.0  # that one is a mean over anchors
    (first * scale).backward()
    second.backward()
    assert torch.isclose(first * scale, second, atol=1e-5)
    assert torch.allclose(whole.grad, part.grad, atol=1e-5)


@pytest.mark.parametrize(("learn", "shape"), [("one", (1,)), ("per-class", (2,)), (None, (1,)), ("no", None)])
def test_beta_is_fixed_learned_or_learned_for_each_class(learn: str | None, shape: tuple[int] | None):
    loss = create("margin", learn_beta=learn)
    assert [tuple(p.shape) for p in loss.parameters()] == ([shape] if shape else [])


def test_beta_of_a_class_moves_by_its_own_anchors():
    loss = create("margin", learn_beta="per-class", beta=1.0)
    compute_loss(loss, unit_vectors(), LABELS, tuple(t[:1] for t in TRIPLETS)).backward()  # an anchor of class 0
    assert loss.beta.grad[1] == 0


def fraction(loss, embeddings, triplets, classes=(0, 0, 0)):
    anchors, positives, negatives = triplets
    distances = torch.cdist(embeddings, embeddings)
    classes = torch.tensor(classes)[: len(anchors)]
    return active_fraction(loss, distances[anchors, positives], distances[anchors, negatives], classes=classes)


def test_active_fraction_counts_triplets_within_the_margin():
    embeddings = torch.tensor([[0.0], [1.0], [1.2], [5.0]])
    triplets = (torch.tensor([0, 0, 0]), torch.tensor([1, 1, 2]), torch.tensor([2, 3, 1]))
    assert fraction(create("triplet", margin=0.25), embeddings, triplets) == pytest.approx(2 / 3)
    assert fraction(create("triplet", margin=2), embeddings[:3], tuple(t[::2] for t in triplets)) == 1
    assert torch.isnan(fraction(create("triplet"), embeddings, tuple(t[:0] for t in triplets)))


def test_active_fraction_of_the_margin_loss_asks_each_pair_for_its_side_of_beta():
    embeddings = torch.tensor([[0.0], [0.5], [0.7], [1.4], [3.0]])
    triplets = (torch.tensor([0, 0, 0]), torch.tensor([1, 2, 1]), torch.tensor([4, 4, 3]))
    loss = create("margin", beta=0.9, margin=0.3, learn_beta="per-class")
    assert fraction(loss, embeddings, triplets) == pytest.approx(1 / 3)  # 0.7 > 0.9 - 0.3
    with torch.no_grad():
        loss.beta[1] = 1.3
    assert fraction(loss, embeddings, triplets, (1, 1, 1)) == pytest.approx(1 / 3)  # 1.4 < 1.3 + 0.3


def test_active_fraction_of_pair_losses():
    near, far = torch.tensor([0.0, 0.4]), torch.tensor([0.5, 0.9, 1.5])
    classes = torch.zeros(2, dtype=torch.long)
    assert active_fraction(create("contrastive", margin=1.0), near, far, classes=classes) == pytest.approx(3 / 5)
    assert torch.isnan(active_fraction(create("nt-xent"), near, far, classes=classes))
    assert torch.isnan(active_fraction(create("nca-triplet"), near, far[:2], classes=classes))

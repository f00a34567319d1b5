"""Losses against class collapse, by their equations: values by hand or in numpy, and what does not change them."""

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.functional import normalize

from core.recipe.rules import BATCH_LOSSES, DEFAULT_SPREADS, DEFAULT_TEMPERATURES, TWO_VIEW_LOSSES
from core.recipe.train import TrainConfig
from core.sampling import Candidates, sample_pairs, sample_triplets
from core.training.coding_rate import AntiCollapse, coding_rate
from core.training.losses import compute_loss, create_loss

ANTI_COLLAPSE = ("anti-collapse", "anti-collapse-items")
WHOLE = (*sorted(BATCH_LOSSES), *ANTI_COLLAPSE)
"""Losses that are given a batch, without tuples."""
CORNERS = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])
"""Four points a quarter of a circle apart: cosines 1, 0, -1."""
NEIGHBOURS = torch.tensor([0, 0, 1, 1])


def create(name: str, *, classes: int = 2, dim: int = 2, **options):
    return create_loss(name, TrainConfig(**options), classes=classes, dim=dim)


def batch(items: int = 6, *, dim: int = 4, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Two views of some items in two classes: first all first views, then all second ones."""
    rng = torch.Generator().manual_seed(seed)
    first = torch.randn(items, dim, generator=rng)
    second = first + 0.5 * torch.randn(items, dim, generator=rng)
    return normalize(torch.cat([first, second]), dim=1), (torch.arange(items) % 2).repeat(2)


def info_nce(points: np.ndarray, positives: list[set[int]], rivals: list[set[int]], *, temperature: float) -> float:
    """Mean over rows of -log of a positive's share among positives and rivals, itself a mean over the positives."""
    terms = []
    for i, row in enumerate(points):
        weight = {j: math.exp(row @ points[j] / temperature) for j in positives[i] | rivals[i]}
        shares = [weight[p] / sum(weight.values()) for p in positives[i]]
        terms.append(-np.mean(np.log(shares)))
    return float(np.mean(terms))


def of_class(labels: np.ndarray, *, same: bool) -> list[set[int]]:
    rows = range(len(labels))
    return [{j for j in rows if j != i and (labels[i] == labels[j]) == same} for i in rows]


def own_view(n: int) -> list[set[int]]:
    return [{(i + n // 2) % n} for i in range(n)]


# Four corners, neighbours of one class: every anchor has a positive at cosine 0, negatives at 0 and -1.


def test_supcon_of_four_corners_by_hand():
    batch = Candidates(CORNERS, NEIGHBOURS, torch.arange(4), anchors=4)
    pairs = sample_pairs("all", "all", batch, generator=torch.Generator())
    value = compute_loss(create("supcon", temperature=0.5), CORNERS, NEIGHBOURS, pairs)
    # -log of exp(0) / (exp(0) + exp(0) + exp(-1 / 0.5))
    assert value.item() == pytest.approx(math.log(2 + math.exp(-2)), rel=1e-5)


@pytest.mark.parametrize("negatives", ["hardest", "semihard"])
def test_easy_positive_with_its_negative_by_hand(negatives: str):
    """Cosines: positive 0, hardest negative 0, semi-hard one (farther than the positive) -1."""
    batch = Candidates(CORNERS, NEIGHBOURS, torch.arange(4), anchors=4)
    triplets = sample_triplets("nearest", negatives, batch, generator=torch.Generator())
    value = compute_loss(create("nca-triplet"), CORNERS, NEIGHBOURS, triplets)
    expected = {"hardest": math.log(1 + math.exp(0)), "semihard": math.log(1 + math.exp(-1))}[negatives]
    assert value.item() == pytest.approx(expected, rel=1e-6)


def test_easy_positive_takes_the_nearest_positive_and_the_nearest_negative():
    """On a line of angles: class 0 at 0, 20 and 90 degrees, class 1 at 50 and 135."""
    angles = torch.deg2rad(torch.tensor([0.0, 20.0, 90.0, 50.0, 135.0]))
    points, labels = torch.stack([angles.cos(), angles.sin()], dim=1), torch.tensor([0, 0, 0, 1, 1])
    batch = Candidates(points, labels, torch.arange(5), anchors=5)
    triplets = sample_triplets("nearest", "hardest", batch, generator=torch.Generator())
    assert [column.tolist() for column in triplets] == [[0, 1, 2, 3, 4], [1, 0, 1, 4, 3], [3, 3, 3, 1, 2]]
    gaps = [(20, 50), (20, 30), (70, 40), (85, 30), (85, 45)]  # degrees to the positive and to the negative
    terms = [math.log(1 + math.exp(math.cos(math.radians(n)) - math.cos(math.radians(p)))) for p, n in gaps]
    value = compute_loss(create("nca-triplet"), points, labels, triplets)
    assert value.item() == pytest.approx(np.mean(terms), rel=1e-5)


def test_soft_nearest_neighbour_of_four_corners_by_hand():
    value = compute_loss(create("soft-nearest-neighbour", temperature=2.0), CORNERS, NEIGHBOURS, None)
    # Squared distances: 2 to the positive, 2 and 4 to the negatives.
    share = math.exp(-1) / (2 * math.exp(-1) + math.exp(-2))
    assert value.item() == pytest.approx(-math.log(share), rel=1e-5)


@pytest.mark.parametrize("temperature", [None, 0.5])
def test_soft_nearest_neighbour_is_equation_1(temperature: float | None):
    points, labels = batch()
    x, y, width = points.double().numpy(), labels.numpy(), temperature or 0.2
    weights = np.exp(-np.square(x[:, None] - x[None]).sum(axis=2) / width) * (1 - np.eye(len(x)))
    expected = -np.log((weights * (y[:, None] == y)).sum(axis=1) / weights.sum(axis=1)).mean()
    value = compute_loss(create("soft-nearest-neighbour", temperature=temperature), points, labels, None)
    assert value.item() == pytest.approx(expected, rel=1e-4)


def test_two_views_of_two_items_by_hand():
    """Items of two classes at a right angle, their second views opposite to the first: cosines -1 to the own view."""
    points, labels = CORNERS, torch.tensor([0, 1, 0, 1])
    apart = math.log(math.exp(-1) + 2 * math.exp(0)) + 1  # -log of exp(-1) / (exp(-1) + 2 exp(0))
    for name in TWO_VIEW_LOSSES:
        supcon = compute_loss(create(name, temperature=1.0, spread=0.0), points, labels, None)
        assert supcon.item() == pytest.approx(apart, rel=1e-5)
    simclr = compute_loss(create("supcon-simclr", temperature=1.0, spread=1.0), points, labels, None)
    assert simclr.item() == pytest.approx(apart, rel=1e-5)
    alone = compute_loss(create("l-spread", temperature=1.0, spread=1.0), points, labels, None)
    assert alone.item() == 0  # nobody of the class to take for it


@pytest.mark.parametrize("spread", [None, 0.2])
@pytest.mark.parametrize("temperature", [None, 0.3])
@pytest.mark.parametrize("name", sorted(TWO_VIEW_LOSSES))
def test_two_view_losses_are_a_sum_of_two_contrasts(name: str, temperature: float | None, spread: float | None):
    points, labels = batch()
    x, y, n = points.double().numpy(), labels.numpy(), len(labels)
    t, share = temperature or DEFAULT_TEMPERATURES[name], DEFAULT_SPREADS[name] if spread is None else spread
    same, other = of_class(y, same=True), of_class(y, same=False)
    rivals = same if name == "l-spread" else [a | b for a, b in zip(same, other, strict=True)]
    expected = (1 - share) * info_nce(x, same, other, temperature=t)
    expected += share * info_nce(x, own_view(n), rivals, temperature=t)
    value = compute_loss(create(name, temperature=temperature, spread=spread), points, labels, None)
    assert value.item() == pytest.approx(expected, rel=1e-4)


def test_coding_rate_by_hand():
    """Two unit vectors in the plane, d / (m epsilon^2) = 2: eigenvalues of Z Z^T are 1 and 1 at a right angle, 2 and 0
    where they coincide."""
    assert coding_rate(CORNERS[:2]).item() == pytest.approx(math.log(3), rel=1e-6)
    assert coding_rate(CORNERS[[0, 0]]).item() == pytest.approx(math.log(5) / 2, rel=1e-6)
    assert coding_rate(CORNERS[[0, 2]]).item() == pytest.approx(math.log(5) / 2, rel=1e-6)  # opposite: the same line


def test_coding_rate_of_a_diverged_training_is_no_number():
    assert torch.isnan(coding_rate(torch.full((3, 4), torch.nan)))


@given(st.integers(1, 12), st.integers(2, 12), st.integers(0, 2**32 - 1))
def test_coding_rate_is_the_log_determinant_and_lies_between_its_ends(m: int, d: int, seed: int):
    points = normalize(torch.randn(m, d, generator=torch.Generator().manual_seed(seed)), dim=1)
    z = points.double().numpy()
    _, logdet = np.linalg.slogdet(np.eye(d) + d / (m * 0.5) * z.T @ z)
    rate = coding_rate(points).item()
    assert rate == pytest.approx(logdet / 2, rel=1e-4)
    assert rate >= np.log1p(d / 0.5) / 2 - 1e-4
    assert rate <= d / 2 * np.log1p(1 / 0.5) + 1e-4


@pytest.mark.parametrize(("name", "spread"), [*itertools.product(ANTI_COLLAPSE, [None, 0.0, 0.3])])
def test_anti_collapse_weighs_proxy_anchor_against_the_rate(name: str, spread: float | None):
    points, labels = batch()
    loss = create(name, classes=5, dim=4, spread=spread)
    assert isinstance(loss, AntiCollapse)
    proxies = loss.anchor.proxies.detach().double().numpy()
    proxies /= np.linalg.norm(proxies, axis=1, keepdims=True)
    x, y = points.double().numpy(), labels.numpy()
    cosines, own = x @ proxies.T, y[:, None] == np.arange(5)
    pull = np.log1p((np.exp(-32 * (cosines - 0.1)) * own).sum(axis=0))  # Kim et al. eq. 4: alpha 32, delta 0.1
    push = np.log1p((np.exp(32 * (cosines + 0.1)) * ~own).sum(axis=0))
    z = x if name == "anti-collapse-items" else proxies[:2]  # the batch has two classes of five
    rate = np.linalg.slogdet(np.eye(4) + 4 / (len(z) * 0.5) * z.T @ z)[1] / 2
    share = 0.99 if spread is None else spread
    expected = (1 - share) * (pull.sum() / 2 + push.sum() / 5) + share * math.exp(-rate)
    assert compute_loss(loss, points, labels, None).item() == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("name", [*sorted(TWO_VIEW_LOSSES), "anti-collapse-items"])
def test_the_spreading_term_parts_items_of_a_class_that_nearly_coincide(name: str):
    points, labels = batch()
    near = normalize(0.02 * points + torch.tensor([1.0, 0.0, 0.0, 0.0]), dim=1)
    moved = near.clone().requires_grad_()
    compute_loss(create(name, dim=4, spread=1.0), moved, labels, None).backward()
    after = normalize(near - 0.01 * moved.grad / moved.grad.norm(), dim=1)
    assert torch.pdist(after[labels == 0]).mean() > torch.pdist(near[labels == 0]).mean()


@pytest.mark.parametrize("items", [3, 20])
@pytest.mark.parametrize("name", WHOLE)
def test_gradients_are_finite_where_points_coincide(name: str, items: int):
    """Twenty items of two views are more rows than PyTorch takes distances of one by one."""
    point = normalize(torch.ones(1, 4), dim=1)
    points, labels = point.repeat(2 * items, 1).requires_grad_(), (torch.arange(items) % 2).repeat(2)
    loss = create(name, dim=4)
    value = compute_loss(loss, points, labels, None)
    value.backward()
    assert math.isfinite(value.item())
    assert torch.isfinite(points.grad).all()
    assert all(torch.isfinite(parameter.grad).all() for parameter in loss.parameters())


@pytest.mark.parametrize("name", ["supcon", "nca-triplet"])
def test_gradients_of_losses_with_tuples_are_finite_where_points_coincide(name: str):
    points, labels = torch.ones(4, 4).div(2).requires_grad_(), torch.tensor([0, 0, 1, 1])
    found = Candidates(points.detach(), labels, torch.arange(4), anchors=4)
    sample = sample_pairs if name == "supcon" else sample_triplets
    tuples = sample("nearest", "hardest", found, generator=torch.Generator())
    value = compute_loss(create(name, dim=4), points, labels, tuples)
    value.backward()
    assert value.item() > 0
    assert torch.isfinite(points.grad).all()


@given(seed=st.integers(0, 2**32 - 1))
@pytest.mark.parametrize("name", WHOLE)
def test_the_order_of_a_batch_makes_no_difference(name: str, seed: int):
    points, labels = batch()
    loss = create(name, dim=4)
    order = torch.randperm(6, generator=torch.Generator().manual_seed(seed))
    shuffled = torch.cat([order, order + 6])  # views stay with their items
    if seed % 2:
        shuffled = shuffled.roll(6)  # and which view is the first does not matter
    value = compute_loss(loss, points, labels, None)
    again = compute_loss(loss, points[shuffled], labels[shuffled], None)
    assert again.item() == pytest.approx(value.item(), rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("name", WHOLE)
def test_a_turn_of_the_space_makes_no_difference_but_to_proxies(name: str):
    points, labels = batch()
    turn = torch.linalg.qr(torch.randn(4, 4, generator=torch.Generator().manual_seed(1))).Q
    loss = create(name, dim=4)
    value = compute_loss(loss, points, labels, None).item()
    if isinstance(loss, AntiCollapse):
        loss.anchor.proxies.data @= turn
    assert compute_loss(loss, points @ turn, labels, None).item() == pytest.approx(value, rel=1e-4)


@pytest.mark.parametrize("name", WHOLE)
def test_they_run_in_float32(name: str):
    points, labels = batch()
    assert compute_loss(create(name, dim=4), points.bfloat16(), labels, None).dtype == torch.float32

"""Items and groups of another class: found where labels are wrong, not where classes overlap."""

import numpy as np
import pytest

from core.diagnostics.checks import check_groups
from core.diagnostics.company import COMPANY, company_of
from core.diagnostics.foreign import foreign_items, hosts_of_groups
from core.neighbours.index import Neighbours

SEEDS = range(200, 210)


def company(points):
    points = points.astype(np.float32)
    graph = Neighbours(points, np.arange(len(points))).graph(min(COMPANY, len(points) - 1))
    return company_of(points, graph, np.random.default_rng(0))


def classes(rng, count, *, wrong, apart=20.0, each=200, d=16):
    """(points, labels, true labels); a share of the labels is another one."""
    true = np.repeat(np.arange(count), each)
    points = rng.normal(size=(len(true), d)) + apart * np.eye(d)[true]
    flipped = rng.random(len(true)) < wrong
    return points, np.where(flipped, (true + rng.integers(1, count, len(true))) % count, true), true


@pytest.mark.parametrize(("count", "wrong"), [(2, 0.1), (2, 0.2), (3, 0.1), (3, 0.3), (10, 0.1), (10, 0.3)])
def test_wrong_labels_are_found(count, wrong):
    for seed in SEEDS:
        points, labels, true = classes(np.random.default_rng(seed), count, wrong=wrong)
        found = foreign_items(check_groups(labels, len(labels)), company(points))
        assert (found == (labels != true)).mean() > 0.97, seed


@pytest.mark.parametrize("share", [0.5, 0.25, 0.1])
def test_classes_that_coincide_or_overlap_have_none(share):
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        labels = (rng.random(400) < share).astype(int)
        assert foreign_items(check_groups(labels, 400), company(rng.normal(size=(400, 16)))).mean() < 0.01


def test_too_few_items_and_one_class():
    for n in (2, 3, 30):
        points = np.random.default_rng(0).normal(size=(n, 3))
        assert not foreign_items(check_groups(np.zeros(n, dtype=int), n), company(points)).any()
    assert not foreign_items(check_groups([0, 1, 1], 3), company(np.eye(3))).any()


@pytest.mark.parametrize("named", [False, True])
def test_a_group_of_wrong_labels_lies_in_the_class_it_comes_from(named):
    for seed in SEEDS:
        points, labels, true = classes(np.random.default_rng(seed), 3, wrong=0.4)
        groups = check_groups(labels, len(labels))
        hosts = hosts_of_groups(groups, true, company(points), known=true if named else None)
        assert (hosts == np.where(labels == true, -1, true)).mean() > 0.95, seed


def test_groups_of_a_class_upon_another_are_its_own():
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        group = np.arange(300) % 3
        points = rng.normal(size=(300, 8)) + 20 * np.eye(8)[group]
        labels = (rng.random(300) < 0.35).astype(int)  # one class is everywhere in the minority
        assert (hosts_of_groups(check_groups(labels, 300), group, company(points)) == -1).all()


def test_a_part_that_another_class_covers_is_no_group_of_its_own_unless_it_has_a_name():
    rng = np.random.default_rng(0)
    first = rng.normal(size=(140, 8)) + 20 * np.eye(8)[np.repeat([0, 1], [100, 40])]
    points = np.concatenate([first, rng.normal(size=(160, 8)) + 20 * np.eye(8)[1]])
    labels, members = np.repeat([0, 1], [140, 160]), np.repeat([0, 1, 0], [100, 40, 160])
    groups, near = check_groups(labels, 300), company(points)
    hosts = hosts_of_groups(groups, members, near)
    assert hosts.tolist() == [-1] * 100 + [1] * 40 + [-1] * 160
    own_names = np.repeat([0, 1, 2], [100, 40, 160])
    assert (hosts_of_groups(groups, members, near, known=own_names) == -1).all()
    shared_names = np.repeat([0, 1, 1], [100, 40, 160])
    assert hosts_of_groups(groups, members, near, known=shared_names).tolist() == hosts.tolist()


def test_items_in_no_group_have_no_host():
    groups = check_groups([0, 0, 1, 1], 4)
    assert hosts_of_groups(groups, np.full(4, -1), np.array([[1], [0], [3], [2]])).tolist() == [-1] * 4

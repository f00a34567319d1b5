"""Which same-class row an anchor meets, against the definition and against pytorch-metric-learning."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pytorch_metric_learning.distances import LpDistance
from pytorch_metric_learning.miners import BatchEasyHardMiner
from scipy.stats import chisquare
from torch import Tensor

from core.sampling import positives
from core.sampling.positives import NO_POSITIVE, hardest_positives, nearest_positives, positive_pairs, random_positives
from tests.core.sampling import oracles

seeds = st.integers(0, 2**32 - 1)


def gaussian(n: int, d: int, seed: int, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def draws(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


class TestNearest:
    @given(seeds, st.integers(2, 25), st.integers(1, 6), st.sampled_from(["semihard", "all"]))
    def test_is_the_easy_miner_where_that_is_defined(self, seed: int, n: int, classes: int, negatives: str):
        embeddings, labels = gaussian(n, 8, seed), torch.randint(0, classes, (n,), generator=draws(seed))
        distance = LpDistance(normalize_embeddings=False)
        miner = BatchEasyHardMiner(pos_strategy="easy", neg_strategy=negatives, distance=distance)
        anchors, theirs, *_ = miner(embeddings, labels)
        assert torch.equal(nearest_positives(embeddings, labels)[anchors], theirs)

    def test_the_easy_miner_is_defined_often_enough_for_that_to_mean_something(self):
        embeddings, labels = gaussian(25, 8, 0), torch.arange(25) % 3
        assert len(BatchEasyHardMiner(pos_strategy="easy", neg_strategy="semihard")(embeddings, labels)[0]) > 15

    @given(oracles.batches(), st.sampled_from([1, 2, 3, 7, 512]))
    def test_is_the_definition_also_with_ties_copies_singletons_and_block_borders(self, batch, block: int):
        embeddings, labels, ids = batch
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(positives, "BLOCK", block)
            assert nearest_positives(embeddings, labels, ids).tolist() == oracles.nearest(embeddings, labels, ids)

    @pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
    @pytest.mark.parametrize("n", [511, 512, 513, 1300])
    def test_several_blocks_of_uneven_classes(self, n: int, dtype: torch.dtype):
        embeddings = gaussian(n, 6, n).to(dtype)
        labels = torch.multinomial(torch.tensor([0.6, 0.3, 0.08, 0.02]), n, replacement=True, generator=draws(n))
        chosen = nearest_positives(embeddings, labels)
        squared = oracles.squared_distances(embeddings).masked_fill(~oracles.candidates(labels), torch.inf)
        assert (labels[chosen] == labels).all()
        picked = squared.gather(1, chosen[:, None]).squeeze(1)
        assert torch.allclose(picked, squared.min(dim=1).values, rtol=1e-6, atol=0)

    def test_every_row_of_a_collapsed_batch_takes_the_lowest_other_row(self):
        chosen = nearest_positives(torch.full((700, 16), 0.3), torch.zeros(700, dtype=torch.long))
        assert chosen.tolist() == [1] + [0] * 699

    def test_two_collapsed_classes_stay_apart(self):
        labels = torch.tensor([5, 2, 5, 2, 5])
        points = gaussian(2, 9, 1)[(labels == 5).long()]
        assert nearest_positives(points, labels).tolist() == [2, 3, 0, 1, 0]

    @pytest.mark.parametrize("spread", [1e-6, 1e-3])
    def test_a_tight_class_far_from_the_origin_is_ranked_by_its_own_spread(self, spread: float):
        embeddings = 0.125 + spread * gaussian(300, 64, 3)
        labels = torch.zeros(300, dtype=torch.long)
        squared = oracles.squared_distances(embeddings).fill_diagonal_(torch.inf)
        picked = squared.gather(1, nearest_positives(embeddings, labels)[:, None]).squeeze(1)
        assert torch.allclose(picked, squared.min(dim=1).values, rtol=1e-5, atol=0)

    def test_float64_is_not_rounded_before_it_is_ranked(self):
        embeddings = 1 + 1e-10 * gaussian(60, 8, 4, torch.float64)
        labels = torch.zeros(60, dtype=torch.long)
        assert nearest_positives(embeddings, labels).tolist() == oracles.nearest(embeddings, labels)

    def test_autocast_does_not_blur_the_ranking(self):
        embeddings, labels = gaussian(200, 8, 5), torch.arange(200) % 3
        with torch.autocast("cpu", torch.bfloat16):
            assert nearest_positives(embeddings, labels).tolist() == oracles.nearest(embeddings, labels)

    def test_a_rival_within_rounding_error_does_not_win(self):
        anchor = gaussian(1, 2048, 6)
        step = torch.nn.functional.normalize(gaussian(1, 2048, 7))
        embeddings = torch.cat([anchor, anchor + 1.00001 * step, anchor - step, 40 * gaussian(30, 2048, 8)])
        assert nearest_positives(embeddings, torch.zeros(33, dtype=torch.long))[0] == 2

    def test_an_item_is_never_the_positive_of_its_own_copy(self):
        bank = gaussian(20, 4, 9)
        embeddings, ids, labels = bank.repeat(3, 1), torch.arange(20).repeat(3), torch.zeros(60, dtype=torch.long)
        chosen = nearest_positives(embeddings, labels, ids)
        assert (ids[chosen] != ids).all()
        assert (nearest_positives(embeddings, labels) % 20 == ids).all()  # by row alone it would be

    def test_only_copies_of_itself_is_no_candidate(self):
        assert nearest_positives(torch.zeros(3, 2), torch.zeros(3).int(), torch.tensor([4, 4, 4])).tolist() == [-1] * 3

    def test_singletons_have_none(self):
        assert nearest_positives(gaussian(4, 2, 0), torch.tensor([0, 1, 2, 3])).tolist() == [NO_POSITIVE] * 4

    def test_an_empty_batch(self):
        assert nearest_positives(torch.empty(0, 3), torch.empty(0, dtype=torch.long)).tolist() == []

    @pytest.mark.parametrize("dtype", [torch.int8, torch.int32, torch.int64])
    def test_labels_of_any_stride_and_integer_type(self, dtype: torch.dtype):
        embeddings = gaussian(40, 5, 1).T.contiguous().T
        labels = torch.stack([torch.arange(40) % 3, torch.zeros(40).long()], dim=1).to(dtype)[:, 0]
        assert not labels.is_contiguous()
        assert nearest_positives(embeddings, labels).tolist() == oracles.nearest(embeddings, labels)

    def test_it_needs_no_gradient_and_gives_none(self):
        embeddings = gaussian(10, 3, 0).requires_grad_()
        assert not nearest_positives(embeddings, torch.zeros(10).long()).requires_grad

    @given(seeds)
    def test_moving_or_mirroring_all_points_changes_nothing(self, seed: int):
        embeddings, labels = gaussian(30, 4, seed, torch.float64), torch.arange(30) % 2
        moved = torch.tensor([-1.0, 1.0, -1.0, 1.0]) * embeddings + 3
        assert torch.equal(nearest_positives(moved, labels), nearest_positives(embeddings, labels))


class TestHardest:
    @given(oracles.batches(), st.sampled_from([1, 3, 512]))
    def test_is_as_far_as_the_farthest(self, batch, block: int):
        embeddings, labels, ids = batch
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(positives, "BLOCK", block)
            chosen = hardest_positives(embeddings, labels, ids)
        allowed = oracles.candidates(labels, ids)
        squared = oracles.squared_distances(embeddings).masked_fill(~allowed, -1)
        for row, column in enumerate(chosen.tolist()):
            if column == NO_POSITIVE:
                assert not allowed[row].any()
            else:
                assert allowed[row, column]
                assert squared[row, column] >= squared[row].max() * (1 - 1e-5)


class TestRandom:
    @given(oracles.batches(), st.sampled_from([1, 3, 512]))
    def test_is_a_candidate_wherever_there_is_one(self, batch, block: int):
        _, labels, ids = batch
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(positives, "BLOCK", block)
            chosen = random_positives(labels, ids, generator=draws())
        allowed = oracles.candidates(labels, ids)
        assert torch.equal(chosen != NO_POSITIVE, allowed.any(dim=1))
        rows = torch.nonzero(chosen != NO_POSITIVE).flatten()
        assert allowed[rows, chosen[rows]].all()

    def test_every_candidate_is_as_likely(self):
        classes, size = 3000, 5  # as many draws, in one batch of several blocks
        order = torch.randperm(classes * size, generator=draws(1))
        chosen = random_positives((torch.arange(classes * size) // size)[order], generator=draws(3))
        members = order[chosen] % size
        for member in range(size):
            counts = members[order % size == member].bincount(minlength=size)
            assert counts[member] == 0
            assert chisquare(counts[torch.arange(size) != member]).pvalue > 1e-3

    def test_the_same_seed_draws_the_same(self):
        labels = torch.arange(50) % 4
        first, again = (random_positives(labels, generator=draws(1)) for _ in range(2))
        assert torch.equal(first, again)
        assert not torch.equal(first, random_positives(labels, generator=draws(2)))


@given(oracles.batches())
def test_all_positives_are_all_candidates(batch):
    embeddings, labels, ids = batch
    anchors, found = positive_pairs("all", oracles.together(embeddings, labels, ids), generator=draws())
    expected = torch.nonzero(oracles.candidates(labels, ids)).tolist()
    assert sorted(zip(anchors.tolist(), found.tolist(), strict=True)) == [tuple(pair) for pair in expected]


@pytest.mark.parametrize("rule", ["all", "random", "hardest", "nearest"])
@given(oracles.batches())
def test_pairs_of_every_rule_are_valid_and_leave_out_those_without(rule, batch):
    embeddings, labels, ids = batch
    anchors, found = positive_pairs(rule, oracles.together(embeddings, labels, ids), generator=draws())
    allowed = oracles.candidates(labels, ids)
    assert allowed[anchors, found].all()
    assert set(anchors.tolist()) == set(torch.nonzero(allowed.any(dim=1)).flatten().tolist())
    if rule != "all":
        assert len(anchors.unique()) == len(anchors)


def test_with_two_a_class_nearest_random_and_hardest_are_one():
    embeddings, labels = gaussian(40, 8, 2), torch.arange(40) % 20
    batch = oracles.together(embeddings, labels)
    pairs = [positive_pairs(rule, batch, generator=draws())[1] for rule in ("nearest", "random", "hardest")]
    assert torch.equal(pairs[0], pairs[1])
    assert torch.equal(pairs[0], pairs[2])


@pytest.mark.parametrize("rule", ["all", "random", "hardest", "nearest"])
@given(oracles.batches(least=1), st.data(), st.sampled_from([1, 3, 512]))
def test_with_fewer_anchors_than_candidates_the_anchors_keep_their_answers(rule, batch, data, block: int):
    """So a memory of earlier items can stand behind the batch. `random` draws anew, so only its range is told."""
    embeddings, labels, ids = batch
    few = data.draw(st.integers(1, len(labels)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(positives, "BLOCK", block)
        whole = positive_pairs(rule, oracles.together(embeddings, labels, ids), generator=draws())
        part = positive_pairs(rule, oracles.together(embeddings, labels, ids, few), generator=draws())
    if rule == "random":
        assert set(part[0].tolist()) == {a for a in whole[0].tolist() if a < few}
        assert oracles.candidates(labels, ids)[part].all()
    else:
        expected = [(a, p) for a, p in zip(*(t.tolist() for t in whole), strict=True) if a < few]
        assert list(zip(*(t.tolist() for t in part), strict=True)) == expected

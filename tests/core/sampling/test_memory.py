"""A memory of earlier batches: what it holds, and that an anchor never meets itself in it."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pytorch_metric_learning.distances import LpDistance
from pytorch_metric_learning.losses import CrossBatchMemory, TripletMarginLoss
from pytorch_metric_learning.miners import BatchEasyHardMiner
from torch import Tensor
from torch.nn.functional import normalize

from core.sampling import Candidates, Memory, sample_pairs, sample_triplets
from tests.core.sampling import oracles

CPU = torch.device("cpu")


def rows(ids: list[int], seed: int = 0, dim: int = 4) -> tuple[Tensor, Tensor, Tensor]:
    """Unit vectors for some items; the class is the id modulo 2; other seeds are other steps of the training."""
    drift = torch.randn(len(ids), dim, generator=torch.Generator().manual_seed(seed))
    home = torch.stack([torch.randn(dim, generator=torch.Generator().manual_seed(i)) for i in ids])
    numbers = torch.tensor(ids)
    return normalize(home + 0.2 * drift, dim=1), numbers % 2, numbers


def filled(size: int, *batches: list[int]) -> Memory:
    memory = Memory(size, 4, device=CPU)
    for seed, ids in enumerate(batches):
        memory.add(*rows(ids, seed))
    return memory


@given(st.integers(4, 9), st.lists(st.lists(st.integers(0, 50), min_size=1, max_size=4), max_size=8))
def test_it_holds_the_last_rows_that_were_added(size: int, batches: list[list[int]]):
    memory = filled(size, *batches)
    everything = [number for ids in batches for number in ids]
    _, labels, ids = memory.append_to(*rows([99]))
    assert ids[0] == 99
    assert sorted(ids[1:].tolist()) == sorted(everything[-size:])
    assert torch.equal(labels, ids % 2)
    assert len(memory) == min(size, len(everything))


def test_gradients_flow_to_the_batch_and_not_to_the_memory():
    memory = filled(8, [1, 2, 3])
    embeddings, labels, ids = rows([4, 5])
    embeddings.requires_grad_()
    whole, *_ = memory.append_to(embeddings, labels, ids)
    assert torch.equal(whole[2:], rows([1, 2, 3])[0])
    whole.square().sum().backward()
    assert torch.allclose(embeddings.grad, 2 * embeddings)
    memory.add(embeddings, labels, ids)
    assert not memory.append_to(*rows([1]))[0].requires_grad


def meeting(memory: Memory, ids: list[int], seed: int = 9) -> Candidates:
    embeddings, labels, numbers = memory.append_to(*rows(ids, seed))
    return Candidates(embeddings, labels, numbers, anchors=len(ids))


@given(st.integers(0, 1000), st.integers(8, 40))
def test_nearest_positives_of_batch_and_memory_are_the_brute_force_ones(seed: int, size: int):
    """Every item again and again, so that stale copies of each anchor lie about in the memory."""
    order = torch.randint(0, 12, (5, 8), generator=torch.Generator().manual_seed(seed)).tolist()
    found = meeting(filled(size, *order), order[0], seed)
    squared = oracles.squared_distances(found.embeddings)
    allowed = oracles.candidates(found.labels, found.ids)
    expected = {}
    for anchor in range(8):
        rivals = torch.nonzero(allowed[anchor]).flatten().tolist()
        if rivals:
            expected[anchor] = min(rivals, key=lambda rival: (squared[anchor, rival].item(), rival))
    anchors, positives, *_ = sample_pairs("nearest", "all", found, generator=torch.Generator())
    assert dict(zip(anchors.tolist(), positives.tolist(), strict=True)) == expected
    assert (found.ids[anchors] != found.ids[positives]).all()


@pytest.mark.parametrize("negatives", ["semihard", "distance-weighted", "hardest", "random", "all"])
def test_the_usual_memory_gives_the_nearest_rule_nothing_and_this_one_gives_every_anchor_its_pair(negatives: str):
    """pytorch-metric-learning adds the batch before it mines: an anchor's easiest positive is then itself."""
    ids = list(range(16))
    miner = BatchEasyHardMiner(pos_strategy="easy", neg_strategy="hard", distance=LpDistance())
    usual = CrossBatchMemory(TripletMarginLoss(), 4, memory_size=32, miner=miner)
    tuples = []
    usual.loss.register_forward_pre_hook(lambda _, inputs: tuples.append(inputs[2]))
    for step in range(2):
        usual(*rows(ids, step)[:2])
    assert sum(len(triplets[0]) for triplets in tuples) == 0

    found = meeting(filled(32, ids, ids), ids)
    anchors, positives, others = sample_triplets("nearest", negatives, found, generator=torch.Generator())
    assert len(anchors) >= (16 if negatives != "semihard" else 8)
    assert (found.ids[anchors] != found.ids[positives]).all()
    assert (found.labels[anchors] == found.labels[positives]).all()
    assert (found.labels[anchors] != found.labels[others]).all()
    assert (positives >= 16).any() or (others >= 16).any()


def test_it_goes_on_from_a_saved_state():
    first, again = filled(6, [1, 2, 3, 4], [5, 6, 7]), filled(6, [30])
    again.load_state_dict(first.state_dict())
    for memory in (first, again):
        memory.add(*rows([8, 9], 5))
    for one, other in zip(first.append_to(*rows([1])), again.append_to(*rows([1])), strict=True):
        assert torch.equal(one, other)

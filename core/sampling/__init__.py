"""Sampling rules: which positives and negatives each anchor gets, and which items form a batch."""

from core.sampling.batches import ClassBalancedBatches
from core.sampling.candidates import Candidates
from core.sampling.memory import Memory
from core.sampling.positives import nearest_positives
from core.sampling.tuples import Tuples, sample_pairs, sample_triplets

__all__ = [
    "Candidates",
    "ClassBalancedBatches",
    "Memory",
    "Tuples",
    "nearest_positives",
    "sample_pairs",
    "sample_triplets",
]

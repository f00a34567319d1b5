"""Sampling rules: which positives and negatives each anchor meets, and which items share a batch."""

from core.sampling.batches import ClassBalancedBatches
from core.sampling.negatives import mine_triplets
from core.sampling.positives import nearest_positives, positive_pairs

__all__ = ["ClassBalancedBatches", "mine_triplets", "nearest_positives", "positive_pairs"]

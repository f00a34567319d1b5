"""The names of losses, sampling rules and networks, and which of them go together."""

from typing import Literal

PositiveRule = Literal["all", "random", "hardest", "nearest"]
NegativeRule = Literal["semihard", "distance-weighted", "hardest", "random", "all", "own"]
BetaRule = Literal["no", "one", "per-class"]
LossName = Literal[
    "triplet",
    "margin",
    "contrastive",
    "multi-similarity",
    "nt-xent",
    "proxy-anchor",
    "softtriple",
    "arcface",
    "subcenter-arcface",
]
NetworkName = Literal["convnet", "efficientnet_lite0", "huggingface", "mlp", "resnet18", "resnet34", "resnet50"]
"""The registry of `models`, which is slow to import."""
PROXY_LOSSES = frozenset({"proxy-anchor", "softtriple", "arcface", "subcenter-arcface"})
"""Losses that compare items with learned representatives of the classes, never with each other."""
PAIR_LOSSES = frozenset({"contrastive", "multi-similarity", "nt-xent"})
"""Losses whose positive and negative pairs are chosen apart; the others that compare items take triplets."""
OWN_MINING = frozenset({"multi-similarity"})
"""Losses that came with a way of choosing tuples of their own."""
DEFAULT_NEGATIVES: dict[str, NegativeRule] = {
    "triplet": "semihard",
    "margin": "distance-weighted",
    "contrastive": "all",
    "multi-similarity": "own",
    "nt-xent": "all",
}
DEFAULT_MARGINS = {"triplet": 0.2, "margin": 0.2, "contrastive": 1.0}
"""By default: Schroff et al., Wu et al., and pytorch-metric-learning's own choice."""
OPTIONS = {
    "margin": frozenset({"triplet", "margin", "contrastive"}),
    "learn_beta": frozenset({"margin"}),
    "temperature": frozenset({"nt-xent"}),
    "loss_lr": PROXY_LOSSES | {"margin"},
    "memory": PAIR_LOSSES | {"triplet", "margin"},
}
"""Options of TrainConfig that only some losses have; one that is given must serve an arm."""
DEFAULT_BETA_RULE: BetaRule = "one"
"""Of train.learn_beta: Wu et al."""
DEFAULT_TEMPERATURE = 0.07
"""Of train.temperature: pytorch-metric-learning's own choice."""

PRETRAINED = "pretrained"
"""As an arm's checkpoint: the recipe's model.weights as they are."""

MAX_COMPARED = {"triplet": 50_000_000, "margin": 50_000_000, "nt-xent": 200_000_000}
"""What a step of a loss may compare one by one: some gigabytes. The other losses go by the matrix of distances."""

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
    "supcon",
    "nca-triplet",
    "l-spread",
    "supcon-simclr",
    "soft-nearest-neighbour",
    "proxy-anchor",
    "softtriple",
    "arcface",
    "subcenter-arcface",
    "anti-collapse",
    "anti-collapse-items",
]
NetworkName = Literal["convnet", "efficientnet_lite0", "huggingface", "mlp", "resnet18", "resnet34", "resnet50"]
"""The registry of `models`, which is slow to import."""
PROXY_LOSSES = frozenset(
    {"proxy-anchor", "softtriple", "arcface", "subcenter-arcface", "anti-collapse", "anti-collapse-items"}
)
"""Losses that compare items with learned representatives of the classes, and have no pairs of items to choose."""
TWO_VIEW_LOSSES = frozenset({"l-spread", "supcon-simclr"})
"""Losses that see every item of a batch twice, changed at random each time."""
BATCH_LOSSES = TWO_VIEW_LOSSES | {"soft-nearest-neighbour"}
"""Losses that take all pairs of a batch, so that nothing is left to choose."""
RULELESS_LOSSES = PROXY_LOSSES | BATCH_LOSSES
"""Losses for which no tuples are sampled: they have no positive rule, no negatives and no memory."""
PAIR_LOSSES = frozenset({"contrastive", "multi-similarity", "nt-xent", "supcon"})
"""Losses whose positive and negative pairs are chosen apart; the others that compare items take triplets."""
OWN_MINING = frozenset({"multi-similarity"})
"""Losses that came with a way of choosing tuples of their own."""
DEFAULT_NEGATIVES: dict[str, NegativeRule] = {
    "triplet": "semihard",
    "margin": "distance-weighted",
    "contrastive": "all",
    "multi-similarity": "own",
    "nt-xent": "all",
    "supcon": "all",
    "nca-triplet": "hardest",
}
DEFAULT_MARGINS = {"triplet": 0.2, "margin": 0.2, "contrastive": 1.0}
"""By default: Schroff et al., Wu et al., and pytorch-metric-learning's own choice."""
OPTIONS = {
    "margin": frozenset({"triplet", "margin", "contrastive"}),
    "learn_beta": frozenset({"margin"}),
    "temperature": frozenset({"nt-xent", "supcon"}) | BATCH_LOSSES,
    "spread": TWO_VIEW_LOSSES | {"anti-collapse", "anti-collapse-items"},
    "loss_lr": PROXY_LOSSES | {"margin"},
    "memory": PAIR_LOSSES | {"triplet", "margin", "nca-triplet"},
}
"""Options of TrainConfig that only some losses have; one that is given must serve an arm."""
DEFAULT_BETA_RULE: BetaRule = "one"
"""Of train.learn_beta: Wu et al."""
DEFAULT_TEMPERATURES = {
    "nt-xent": 0.07,
    "supcon": 0.1,
    "l-spread": 0.5,
    "supcon-simclr": 0.1,
    "soft-nearest-neighbour": 0.2,
}
"""Of train.temperature: pytorch-metric-learning's own choice; Khosla et al.; Chen et al. 2022, by their code; Khosla et
al. as Chen et al. 2020 (SimCLR). Frosst et al. learn theirs: 0.2 weighs pairs as SupCon's 0.1 does, since the squared
distance of unit vectors is 2 - 2 cos."""
DEFAULT_SPREADS = {"l-spread": 0.5, "supcon-simclr": 0.5, "anti-collapse": 0.99, "anti-collapse-items": 0.99}
"""Of train.spread: equal weights, as in Chen et al.'s code; ours; weights of 1 to 0.01, as in Jiang et al.'s code."""

PRETRAINED = "pretrained"
"""As an arm's checkpoint: the recipe's model.weights as they are."""

MAX_COMPARED = {"triplet": 50_000_000, "margin": 50_000_000, "nca-triplet": 50_000_000, "nt-xent": 200_000_000}
"""What a step of a loss may compare one by one: some gigabytes. The other losses go by the matrix of distances."""

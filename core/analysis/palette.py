"""Colours of charts, distinguishable for colour-blind readers on light and dark backgrounds."""

REFERENCE_COLOUR = "#8a9099"
ARM_COLOURS = ("#e69f00", "#3b93d6", "#009e73", "#cc79a7", "#d55e00", REFERENCE_COLOUR)
"""Colours of the arms in order: left or standard, right or nearest, others."""
PALETTE = (
    *("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#8a63d2", "#a3a300", "#a0622d", "#7f8792"),
    *("#5fc2a8", "#c43a4f", "#8fb0dc", "#b78bc7", "#6d9b65", "#f0b891", "#00a6b8", "#9d7fab", "#b5b35c", "#b0506f"),
)
"""Colours of groups, the largest group first."""

"""Colours of charts, distinguishable for colour-blind readers on light and dark backgrounds: the only list of them."""

BLUE, ORANGE, GREEN, PINK, RED = "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00"
"""Of Okabe and Ito, Color Universal Design, 2008."""
REFERENCE_COLOUR = "#8a9099"
GREY = "#808891"
"""Text and lines that are legible on light and dark."""
OTHERS = "#9aa1aa"
"""Items of groups beyond the palette."""
ARM_COLOURS = (ORANGE, "#3b93d6", GREEN, PINK, RED, REFERENCE_COLOUR)
"""Colours of the arms in order: left or standard, right or nearest, others."""
VERDICT_COLOURS = {
    "preserved": GREEN,
    "compressed": ORANGE,
    "partial": "#a3a300",
    "blurred": PINK,
    "coincident": "#8a63d2",
    "destroyed": RED,
    "unimodal": BLUE,
    "too small": REFERENCE_COLOUR,
}
PALETTE = (
    *(BLUE, ORANGE, GREEN, PINK, RED, "#56b4e9", "#8a63d2", "#a3a300", "#a0622d", "#7f8792"),
    *("#5fc2a8", "#c43a4f", "#8fb0dc", "#b78bc7", "#6d9b65", "#f0b891", "#00a6b8", "#9d7fab", "#b5b35c", "#b0506f"),
)
"""Colours of groups, the largest group first."""

"""The recipe's tables [arms.NAME]: what sets one arm apart."""

from pydantic.dataclasses import dataclass

from core.recipe.constraints import STRICT, Text
from core.recipe.rules import LossName, PositiveRule

ARM_NAME = r"[a-z0-9][a-z0-9_-]{0,39}"


@dataclass(frozen=True, config=STRICT)
class ArmConfig:
    """What sets one arm apart."""

    positives: PositiveRule | None = None
    """The positive sampling rule; none only for losses that have no positive to choose."""
    loss: LossName | None = None
    """Another loss than the recipe's, for a baseline arm."""
    checkpoint: Text = ""
    """Train nothing and embed the items with the network in this folder: model.safetensors beside model.json, as any
    trained arm of a study has them. "pretrained" stands for the recipe's model.weights as they are, without a head."""

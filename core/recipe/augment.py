"""The recipe's table [augment]: random changes of the training pictures."""

from typing import Annotated

from pydantic.dataclasses import dataclass

from core.recipe.constraints import STRICT, Flag, Range, Real


@dataclass(frozen=True, config=STRICT)
class AugmentConfig:
    """Random changes of the training pictures, the same for every arm; none by default: a mirrored 2 is no 2."""

    crop: Annotated[Real, Range(0.01, 1)] = 1.0
    """Smallest share of a picture's area that a random crop keeps; 1 = no crops. For photographs, 0.2."""
    flip: Flag = False
    """Mirror every second picture, left to right."""

    @property
    def active(self) -> bool:
        """Whether anything is changed at all."""
        return self.crop < 1 or self.flip

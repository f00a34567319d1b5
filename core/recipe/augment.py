"""The recipe's table [augment]: random changes of the training pictures."""

from pydantic.dataclasses import dataclass

from core.common.validation import STRICT as _STRICT
from core.common.validation import require as _require


@dataclass(frozen=True, config=_STRICT)
class AugmentConfig:
    """Random changes of the training pictures, the same for every arm; none by default: a mirrored 2 is no 2."""

    crop: float = 1.0
    """Smallest share of a picture's area that a random crop keeps, above 0; 1 = no crops. For photographs, 0.2."""
    flip: bool = False
    """Mirror every second picture, left to right."""

    @property
    def active(self) -> bool:
        """Whether anything is changed at all."""
        return self.crop < 1 or self.flip

    def __post_init__(self) -> None:
        _require(0.01 <= self.crop <= 1, "augment.crop must lie between 0.01 and 1")

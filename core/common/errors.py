"""The exceptions of `core`; their base class, and how names are shown, are defined in `models` for both layers."""

from collections.abc import Sequence
from typing import Self

from core.common.notices import Notice
from models.errors import CheckpointError, UncollapseError, shown

__all__ = [
    "AccessError",
    "CheckpointError",
    "DataError",
    "ImageError",
    "RecipeError",
    "StudyError",
    "UncollapseError",
    "shown",
]


class RecipeError(UncollapseError):
    """A recipe has an unknown key, a value out of range, or contradicts itself."""

    problems: tuple[Notice, ...] = ()
    """What is wrong with which key; empty where the recipe could not be read at all."""

    @classmethod
    def of(cls, problems: Sequence[Notice]) -> Self:
        """All problems of a recipe, as many of them in the sentence as it has room for."""
        error = cls("the recipe is wrong: " + _first([problem.message for problem in problems]))
        error.problems = tuple(problems)
        return error


class DataError(UncollapseError):
    """A data set cannot be read: missing files or columns, too few items, broken images."""


class ImageError(DataError):
    """One image cannot be decoded, or is larger than the limits."""


class StudyError(UncollapseError):
    """A study folder is missing, incomplete or corrupt."""


class AccessError(UncollapseError):
    """A visitor may not do this, or a server that others can reach does not say who may use it."""


def _first(messages: Sequence[str], *, room: int = 260) -> str:
    """The first messages, one at least, and how many more there are."""
    said = [shown(message, limit=room) for message in messages]
    while len(said) > 1 and sum(map(len, said)) + 2 * len(said) > room:
        said.pop()
    more = len(messages) - len(said)
    return "; ".join(said) + (f"; and {more:,} more" if more else "")

"""What a single value of a recipe may be, said once: pydantic checks by it, and the form and the command line read it.
What several values must be together is a rule of their dataclass, checked with `require`."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ConfigDict, GetCoreSchemaHandler, Strict
from pydantic_core import CoreSchema, PydanticCustomError, PydanticKnownError, core_schema

STRICT = ConfigDict(extra="forbid", use_attribute_docstrings=True)
"""Of every dataclass of a recipe: unknown keys are refused, and docstrings explain the known ones."""

BROKEN_RULE = "broken_rule"
"""Type of pydantic's errors whose message goes on after the key, as in "must be above 0"."""


class BrokenRule(ValueError):
    """A rule that a dataclass breaks, and the key it is about."""

    def __init__(self, message: str, key: str) -> None:
        super().__init__(message)
        self.key = key


def require(condition: bool, message: str, *, key: str) -> None:
    """Raise BrokenRule unless the condition holds; pydantic collects these errors.

    key: what the rule is about, such as "train.memory", or a table such as "arms.nearest".
    """
    if not condition:
        raise BrokenRule(message, key)


@dataclass(frozen=True)
class Range:
    """The numbers that a key may be, as an annotation of its field: `Annotated[Whole, Range(1, 100)]`.

    pydantic's own bounds name only the end that was passed; this names the whole range.
    """

    min: float
    max: float | None = None
    """None: no end."""
    open_min: bool = False
    """Whether `min` itself is too low."""
    open_max: bool = False
    """Whether `max` itself is too high."""
    or_zero: bool = False
    """Whether 0 is allowed beside the range, where it stands for a default or for none."""
    reason: str = ""
    """Why not lower, as in "else no negatives"."""

    @property
    def lowest(self) -> float:
        """The lowest number there is, or the end that it must be above."""
        return 0 if self.or_zero else self.min

    def __contains__(self, value: float) -> bool:
        """False for NaN too."""
        if self.or_zero and value == 0:
            return True
        above = value > self.min if self.open_min else value >= self.min
        return above and (self.max is None or (value < self.max if self.open_max else value <= self.max))

    def __str__(self) -> str:
        """As in "1 to 100", "0 or 8 to 512", "above 0 and at most 10", "at least 4"."""
        if self._closed:
            return f"{'0 or ' if self.or_zero else ''}{_number(self.min)} to {_number(self.max)}"
        ends = [f"{'above' if self.open_min else 'at least'} {_number(self.min)}"]
        if self.max is not None:
            ends.append(f"{'below' if self.open_max else 'at most'} {_number(self.max)}")
        return " and ".join(ends)

    @property
    def rule(self) -> str:
        """What a number outside breaks, to go on after its key."""
        if self._closed and not self.or_zero:
            rule = f"must lie between {_number(self.min)} and {_number(self.max)}"
        else:
            rule = f"must be {self}"
        return f"{rule}: {self.reason}" if self.reason else rule

    @property
    def _closed(self) -> bool:
        return self.max is not None and not self.open_min and not self.open_max

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._checked, handler(source))

    def _checked(self, value: float) -> float:
        if value not in self:
            raise PydanticCustomError(BROKEN_RULE, self.rule)
        return value


def _number(value: float | None) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _whole(value: Any) -> Any:
    """5.0 as 5, which recipes may say; true is no number, though Python takes it for 1."""
    if isinstance(value, bool):
        raise PydanticKnownError("int_type")
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _text(value: str) -> str:
    """What can be written as UTF-8, which the bytes of an odd file name, as Python holds them, cannot."""
    if "\0" in value or value.encode("utf-8", "ignore").decode() != value:
        raise PydanticCustomError(BROKEN_RULE, "must be Unicode text without null characters")
    return value


WHOLE = BeforeValidator(_whole)
"""Annotation of a choice between whole numbers."""
Whole = Annotated[int, Strict(), WHOLE]
"""An integer; strings and booleans are refused, not converted."""
Real = Annotated[float, Strict()]
"""A number, integers included; strings and booleans are refused, not converted."""
Flag = Annotated[bool, Strict()]
"""True or false; strings and numbers are refused, not converted."""
Text = Annotated[str, AfterValidator(_text)]
"""Text that a recipe's file can hold."""
SEEDS = Range(0, 2**32 - 1)
Seed = Annotated[Whole, SEEDS]

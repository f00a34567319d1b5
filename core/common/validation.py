"""Validation shared by the dataclasses of a recipe: unknown keys are rejected, a violated rule raises a clear
message."""

from pydantic import ConfigDict

STRICT = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class BrokenRule(ValueError):
    """A rule that a dataclass breaks, and the key it is about."""

    def __init__(self, message: str, key: str) -> None:
        super().__init__(message)
        self.key = key


def require(condition: bool, message: str, *, key: str = "") -> None:
    """Raise BrokenRule unless the condition holds; pydantic collects these errors.

    key: what the rule is about, such as "train.margin"; empty: the table that is being checked.
    """
    if not condition:
        raise BrokenRule(message, key)

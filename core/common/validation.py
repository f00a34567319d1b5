"""Validation shared by the dataclasses of a recipe: unknown keys are rejected, a violated rule raises a clear
message."""

from pydantic import ConfigDict

STRICT = ConfigDict(extra="forbid", use_attribute_docstrings=True)


def require(condition: bool, message: str) -> None:
    """Raise ValueError with the message unless the condition holds; pydantic collects these errors."""
    if not condition:
        raise ValueError(message)

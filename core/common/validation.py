"""What the dataclasses of a recipe share: unknown keys are refused, and a broken rule is told in a sentence."""

from pydantic import ConfigDict

STRICT = ConfigDict(extra="forbid", use_attribute_docstrings=True)


def require(condition: bool, message: str) -> None:
    """ValueError with the message unless the condition holds; pydantic gathers them."""
    if not condition:
        raise ValueError(message)

"""A warning or hint to the user as an object: code asks for `code` and `key`, people read `message`."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["info", "warning", "error"]


@dataclass(frozen=True)
class Notice:
    """One fact about a recipe, an arm or a study."""

    code: str
    """Which fact it is, such as "total-collapse"; the same for every occurrence."""
    severity: Severity
    """error: it cannot run like this; warning: the result may differ from what is expected; info: a hint."""
    message: str
    """One sentence for people. No code reads it."""
    key: str = ""
    """What it is about: a recipe's key such as "train.samples_per_class"; empty where it is about no single key."""

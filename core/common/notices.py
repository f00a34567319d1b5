"""What is worth telling a person, as an object: code asks for `code` and `key`, people read `message`."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["info", "warning", "error"]


@dataclass(frozen=True)
class Notice:
    """One fact about a recipe, an arm or a study."""

    code: str
    """Which fact it is, in words joined by dashes, as "total-collapse"; the same for every occurrence."""
    severity: Severity
    """error: it cannot go on so; warning: the result may be other than expected; info: good to know."""
    message: str
    """One sentence for people. No code reads it."""
    key: str = ""
    """What it is about: a recipe's key such as "train.samples_per_class"; empty where it is about the whole."""

"""What checks types and shapes while tests run."""

from collections.abc import Callable

from beartype import BeartypeConf, beartype
from beartype.roar import BeartypeDecorHintPep673Exception

CONF = BeartypeConf(is_pep484_tower=True)  # an int will do for a float, as everywhere in Python


def check(function: Callable) -> Callable:
    """beartype; it understands `Self` in whole classes only, so methods that mention that go unchecked."""
    try:
        return beartype(conf=CONF)(function)
    except BeartypeDecorHintPep673Exception:
        return function

"""The verdict on a class: one word for the state of its modes, from the facts that speak for it."""

from typing import Literal, get_args

from core.diagnostics.facts import Facts

Verdict = Literal["preserved", "compressed", "partial", "blurred", "destroyed", "coincident", "unimodal", "too small"]
VERDICTS: tuple[str, ...] = get_args(Verdict)

TOO_SMALL = 20
"""Number of items below which neither the count nor the mode recall can distinguish one group from several."""

COMPRESSED_BELOW = 0.1
"""kappa below which a class is compressed: its spread is a tenth of the distance to the nearest class."""

CHANCE_BELOW = 0.2
"""Excess of mode recall below which neighbours carry no usable trace of the modes."""

COINCIDES_ABOVE = 0.9
"""Overlap from which a class is said to coincide with another: nine tenths of complete mixing."""


def verdict(facts: Facts) -> Verdict:
    """The word for one class.

    The modes that the class should have are asked for first, and the number of its groups only where none are known: a
    class with groups, but not those of its modes, has lost them. A class that coincides with another is said to, unless
    its modes are destroyed, which is worse.
    """
    if facts.items < TOO_SMALL:
        return "too small"
    state = _of_modes(facts) if (facts.expected or 1) > 1 else _of_groups(facts)
    return "coincident" if coincides(facts) and state != "destroyed" else state


def coincides(facts: Facts) -> bool:
    """Whether the class lies upon another."""
    return facts.overlap >= COINCIDES_ABOVE


def few_distinct(facts: Facts) -> bool:
    """Whether so few different vectors are left that they are neither one point nor enough to be counted."""
    return facts.distinct is not None and 1 < facts.distinct < TOO_SMALL


def only_in_length(facts: Facts) -> bool:
    """Whether the lengths of the vectors show groups, and their directions, which are analysed, do not."""
    return facts.in_length and facts.own_groups < 2 and (facts.apart or 1) < 2 and not few_distinct(facts)


def _of_modes(facts: Facts) -> Verdict:
    """Of a class that should have several modes."""
    if facts.apart == facts.expected:
        return _scale(facts)
    if facts.apart is not None and facts.apart > 1:
        return "partial"
    return "blurred" if facts.excess >= max(CHANCE_BELOW, facts.limit) else "destroyed"


def _of_groups(facts: Facts) -> Verdict:
    """Of a class of which nothing says that it should have several modes."""
    if facts.own_groups > 1:
        return _scale(facts)
    return "too small" if few_distinct(facts) else "unimodal"


def _scale(facts: Facts) -> Verdict:
    return "compressed" if facts.kappa < COMPRESSED_BELOW else "preserved"

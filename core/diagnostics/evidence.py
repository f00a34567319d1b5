"""The evidence for a verdict, in one sentence."""

from collections.abc import Mapping, Sequence

from core.diagnostics.facts import Facts
from core.diagnostics.verdicts import COMPRESSED_BELOW, TOO_SMALL, coincides, few_distinct, only_in_length, verdict

MOST_NAMES = 6
"""Names of modes or classes that are listed; the rest are counted."""


def evidence(facts: Facts, *, arm: str = "", elsewhere: Mapping[str, int] | None = None) -> str:
    """One sentence with what speaks for the verdict, without a full stop.

    arm: what the embedding is called, if it is. elsewhere: sub-clusters of the same class in other spaces, by name.
    """
    if facts.items < TOO_SMALL:
        return f"{facts.items} {_items(facts.items)}, of {TOO_SMALL} that a verdict needs"
    clauses = [_groups(facts, arm, elsewhere or {}), _foreign(facts), _modes(facts), _scale(facts)]
    clauses += [_overlap(facts), _lengths(facts), _copies(facts)]
    return "; ".join(clause for clause in clauses if clause)


def _groups(facts: Facts, arm: str, elsewhere: Mapping[str, int]) -> str:
    said = f"{facts.groups} group{_s(facts.groups)} stand{'s' if facts.groups == 1 else ''} out"
    places = [f"{count} in {name}" for name, count in elsewhere.items()]
    return ", ".join([f"{said} in {arm}" if arm else said, *places])


def _foreign(facts: Facts) -> str:
    if not facts.foreign_groups:
        return ""
    lie = "lies" if facts.foreign_groups == 1 else "lie"
    return f"{facts.foreign_groups} of the {facts.groups} {lie} among the items of {listed(facts.hosts)}"


def _modes(facts: Facts) -> str:
    if facts.expected is None:
        return "nothing tells how many modes there should be"
    several = f"{facts.expected} {'known mode' if facts.named else 'group'}{_s(facts.expected)}"
    modes = several if facts.named else f"{several} of the reference"
    if facts.expected < 2:
        return f"{modes} {'is' if facts.expected == 1 else 'are'} expected"
    if facts.apart is None:  # a study of an earlier version
        return f"{modes} are expected"
    if facts.apart == facts.expected:
        return f"all {modes} are told apart"
    if facts.apart > 1:
        which = _merged(facts.merged) if facts.merged else f"{facts.apart} are told apart"
        return f"of {modes}, {which}"
    if verdict(facts) == "destroyed":
        follow = ", which the groups do not follow" if facts.own_groups > 1 else ""
        return f"{modes} are mixed as by chance{follow} (mode recall {facts.excess:.2f} beyond it)"
    return f"none of {modes} is told apart, but mode recall is {facts.excess:.2f} beyond chance"


def _merged(families: Sequence[Sequence[str]]) -> str:
    first, *rest = families
    return ", ".join([f"{listed(first)} are not told apart", *(f"nor are {listed(family)}" for family in rest)])


def _scale(facts: Facts) -> str:
    return f"the class is small (kappa {facts.kappa:.2g})" if facts.kappa < COMPRESSED_BELOW else ""


def _overlap(facts: Facts) -> str:
    if not coincides(facts):
        return ""
    return f"the class coincides with {facts.met} (overlap {facts.overlap:.2f}, where 1 is completely mixed)"


def _lengths(facts: Facts) -> str:
    return "the vectors differ in length alone; the analysis uses directions" if only_in_length(facts) else ""


def _copies(facts: Facts) -> str:
    if facts.own_groups > 1 or not few_distinct(facts):
        return ""
    return f"the {facts.items} items are only {facts.distinct} different vectors, too few to count groups"


def listed(names: Sequence[str]) -> str:
    """Names in a row, as "a, b and c"; of many, the first and how many more there are."""
    shown = [*names[:MOST_NAMES], *([f"{len(names) - MOST_NAMES} more"] if len(names) > MOST_NAMES else [])]
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def _items(n: int) -> str:
    return "item" if n == 1 else "items"


def _s(n: int) -> str:
    return "" if n == 1 else "s"

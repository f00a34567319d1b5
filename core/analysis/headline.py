"""The headline of a comparison: one plain sentence on what two spaces keep apart inside the classes."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from core.diagnostics.facts import Facts
from core.diagnostics.verdicts import TOO_SMALL

MOST_NAMED = 6
"""Modes of a class that are listed beside their number."""


@dataclass(frozen=True)
class _Kept:
    """How much of one class each space keeps apart."""

    label: str
    by: dict[str, int]
    """Space -> modes told apart, or groups where no modes are known."""
    of: int | None
    """Modes there are; None where groups are counted."""
    modes: tuple[str, ...]
    """Their names, where there are few enough to list."""

    def gap(self, left: str, right: str) -> int:
        return abs(self.by[left] - self.by[right])


def headline(
    table: pd.DataFrame, left: str, right: str, *, references: Sequence[str] = (), modes: pd.Series | None = None
) -> str:
    """What is seen, in one sentence without a full stop, of the class that differs most and of all classes together.

    table: of the diagnostics, one row per space and class. left, right: the spaces compared; equal for a single one.
    references: spaces from before training, named where they keep more. modes: each item's mode, indexed by class, to
    name those of the class.
    """
    spaces = [*dict.fromkeys([left, right, *references])]
    classes = _classes(table, spaces, modes)
    if not classes:
        return f"No class has the {TOO_SMALL} items that are needed to tell groups inside it"
    sums = {space: sum(kept.by[space] for kept in classes) for space in spaces}
    whole = sum(kept.of or 0 for kept in classes) or None
    said = _single(classes, left, sums, whole) if left == right else _pair(classes, left, right, sums, whole)
    return said + _reference(sums, (left, right), references, "shows" if whole is None else "keeps")


def _classes(table: pd.DataFrame, spaces: Sequence[str], modes: pd.Series | None) -> list[_Kept]:
    """The classes to speak of: those of several known modes where there are any, else all."""
    facts: dict[str, dict[str, Facts]] = {}
    for record in table[table["arm"].isin(spaces)].to_dict("records"):
        facts.setdefault(str(record["label"]), {})[str(record["arm"])] = Facts.of(record)
    large = {c: own for c, own in facts.items() if len(own) == len(spaces) and own[spaces[0]].items >= TOO_SMALL}
    known = {c: own for c, own in large.items() if all(_has_modes(space) for space in own.values())}
    if not known:
        return [_Kept(c, {s: max(1, f.own_groups) for s, f in own.items()}, None, ()) for c, own in large.items()]
    return [
        _Kept(c, {s: f.apart or 1 for s, f in own.items()}, own[spaces[0]].expected, _names(modes, c))
        for c, own in known.items()
    ]


def _has_modes(facts: Facts) -> bool:
    return facts.named and (facts.expected or 1) > 1 and facts.apart is not None


def _names(modes: pd.Series | None, label: str) -> tuple[str, ...]:
    if modes is None:
        return ()
    names = sorted({str(mode) for mode in modes[modes.index == label].dropna()})
    return tuple(names) if len(names) <= MOST_NAMED and sum(map(len, names)) <= 40 else ()


def _pair(classes: list[_Kept], left: str, right: str, sums: dict[str, int], whole: int | None) -> str:
    most = max(classes, key=lambda kept: kept.gap(left, right))
    if not most.gap(left, right):
        show = "show" if whole is None else "keep"
        return f"{left} and {right} both {show} {_amount(classes, left, sums, whole)}"
    ahead = max((right, left), key=lambda space: (sums[space], most.by[space]))
    behind = left if ahead == right else right
    said = f"{ahead} {_keeps(most, ahead)}, {behind} {most.by[behind]}"
    if len(classes) == 1:
        return said
    return f"{said}; {_together(classes)} {_share(sums[ahead], whole)}, {behind} {sums[behind]:,}"


def _single(classes: list[_Kept], arm: str, sums: dict[str, int], whole: int | None) -> str:
    said = f"{arm} {'shows' if whole is None else 'keeps'} {_amount(classes, arm, sums, whole)}"
    worst = min(classes, key=lambda kept: kept.by[arm] / (kept.of or 1))
    if whole is None or len(classes) == 1 or sums[arm] == len(classes):
        return said
    return f'{said}, the fewest inside "{worst.label}": {worst.by[arm]} of {worst.of}'


def _keeps(kept: _Kept, space: str) -> str:
    if kept.of is None:
        return f'shows {kept.by[space]} group{"" if kept.by[space] == 1 else "s"} inside "{kept.label}"'
    names = f" ({', '.join(kept.modes)})" if kept.modes else ""
    return f'keeps {kept.by[space]} of {kept.of} modes{names} apart inside "{kept.label}"'


def _amount(classes: list[_Kept], space: str, sums: dict[str, int], whole: int | None) -> str:
    """What a space shows or keeps of all classes; one group in a class is none apart."""
    bare = sums[space] == len(classes)
    where = f'inside "{classes[0].label}"' if len(classes) == 1 else _together(classes)
    if whole is None:
        return (
            f"one group {'inside each class' if len(classes) > 1 else where}"
            if bare
            else f"{sums[space]:,} groups {where}"
        )
    return f"{'none' if bare else f'{sums[space]:,}'} of {whole:,} modes apart {where}"


def _together(classes: list[_Kept]) -> str:
    return "over both classes" if len(classes) == 2 else f"over all {len(classes):,} classes"


def _share(count: int, whole: int | None) -> str:
    return f"{count:,}" if whole is None else f"{count:,} of {whole:,}"


def _reference(sums: dict[str, int], shown: tuple[str, str], references: Sequence[str], verb: str) -> str:
    """The references that keep more than what is compared."""
    better = [name for name in references if name not in shown and sums[name] > max(sums[arm] for arm in shown)]
    return "".join(f"; {name}, without any training, {verb} more: {sums[name]:,}" for name in better)

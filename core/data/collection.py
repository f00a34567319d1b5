"""The output of a source before the split: items, images, and the problems found while reading."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import pandas as pd

from core.common.errors import DataError, shown
from core.common.notices import Notice
from core.data.files import printable
from core.data.images import Images

Severity = Literal["error", "warning", "left out"]


@dataclass(frozen=True)
class Problem:
    """One problem of one row, file or class."""

    where: str
    """The row, path or class."""
    severity: Severity
    """An error stops loading, a warning does not. "left out": an item's error that `data.skip_broken` allows."""
    problem: str
    """Description; identical for all places with the same fault, so that they can be grouped."""
    remedy: str
    """What to do about it."""
    of_item: bool = False
    """Whether an error is of one item alone, which can be left out."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "where", printable(self.where))

    @property
    def sentence(self) -> str:
        """Place, problem and remedy."""
        return f"{shown(self.where)}: {self.problem}" + (f"; {self.remedy}" if self.remedy else "")


@dataclass(frozen=True)
class Collection:
    """The items of a source in a fixed order: label, [sublabel], [split], [path], [is_query, is_gallery].

    Unusable items are excluded and listed in `problems`.
    """

    items: pd.DataFrame
    images: Images
    problems: list[Problem] = field(default_factory=list)


def raise_errors(problems: Iterable[Problem], *, origin: str) -> None:
    """Raise one DataError that counts and lists the places of the first fault, if there are any errors."""
    errors = [problem for problem in problems if problem.severity == "error"]
    if not errors:
        return
    first = errors[0]
    same = [error.where for error in errors if error.problem == first.problem]
    others = len(errors) - len(same)
    more = f" (and {others:,} other problems: see `python -m core data check`)" if others else ""
    what, remedy = f"{shown(origin)}: {first.problem} ({len(same):,}: ", f"); {first.remedy}{more}"
    raise DataError(what + first_names(same, room=max(30, 290 - len(what) - len(remedy))) + remedy)


def left_out(problems: Iterable[Problem]) -> list[Problem]:
    """The same, with the errors of single items as what is left out."""
    return [
        replace(problem, severity="left out") if problem.severity == "error" and problem.of_item else problem
        for problem in problems
    ]


def notices_of(problems: Iterable[Problem]) -> list[Notice]:
    """One warning for each kind of problem, with its first places."""
    grouped: dict[str, list[Problem]] = {}
    for problem in problems:
        grouped.setdefault(problem.problem, []).append(problem)
    found = []
    for same in grouped.values():
        where = first_names([problem.where for problem in same])
        counted = where if len(same) == 1 else f"{len(same):,}: {where}"
        what = "left out: " * (same[0].severity == "left out") + same[0].problem
        found.append(Notice("data", "warning", f"{what} ({counted}); {same[0].remedy}"))
    return found


def first_names(names: Sequence[str], *, limit: int = 3, room: int = 100) -> str:
    """The first `limit` names as text: long ones shortened, and fewer of them where they need more than `room`."""
    said = [shown(name, limit=min(80, room)) for name in names[:limit]]
    while len(said) > 1 and sum(map(len, said)) > room:
        said.pop()
    return ", ".join(said) + (", ..." if len(names) > len(said) else "")

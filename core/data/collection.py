"""What a source hands over before it is split: items, pictures, and everything found wrong on the way."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from core.data.images import Images, name_some
from core.errors import DataError

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one row, file or class."""

    where: str
    """The row, path or class."""
    severity: Severity
    """An error stops loading, a warning does not."""
    problem: str
    """What is wrong, the same words for every place with the same fault."""
    remedy: str
    """What to do about it."""


@dataclass(frozen=True)
class Collection:
    """The items of a source in a fixed order: label, [sublabel], [split], [path], [is_query, is_gallery]."""

    items: pd.DataFrame
    images: Images
    problems: list[Problem] = field(default_factory=list)


def raise_errors(problems: Iterable[Problem], *, path: str) -> None:
    """One DataError that counts and names the offenders of the first fault, if there is an error at all."""
    errors = [problem for problem in problems if problem.severity == "error"]
    if not errors:
        return
    first = errors[0]
    same = [error.where for error in errors if error.problem == first.problem]
    others = len(errors) - len(same)
    more = f" (and {others:,} other problems: see `python -m core data check`)" if others else ""
    raise DataError(f"{path}: {first.problem} ({len(same):,}: {name_some(same)}); {first.remedy}{more}")

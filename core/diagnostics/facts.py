"""What the verdict on a class is made from, and the sentence that explains it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Facts:
    """The facts about one class in one embedding. Names of modes and classes are texts."""

    items: int
    distinct: int | None
    """Different vectors; None if not known."""
    groups: int
    """Sub-clusters."""
    foreign_groups: int
    """Those of them that lie among the items of another class."""
    hosts: tuple[str, ...]
    """The classes that they lie among."""
    kappa: float
    """Without foreign items; NaN where there is no distance to compare with."""
    expected: int | None
    """Modes that the class should have, known or counted in the reference; None if nothing tells."""
    named: bool
    """Whether these modes are known by name."""
    apart: int | None
    """Families that the modes form; None if not known. As many as `expected` if all are told apart."""
    merged: tuple[tuple[str, ...], ...]
    """The families of several modes."""
    excess: float
    """Recall of the modes beyond chance, at most 1; NaN if unknown."""
    limit: float
    """The excess that chance may reach; NaN if unknown."""
    overlap: float
    """With the class it meets most, 0 to 1; NaN if unknown."""
    met: str | None
    """That class."""
    in_length: bool
    """Whether the lengths of the vectors, which the analysis does not use, fall into groups."""

    @property
    def own_groups(self) -> int:
        return self.groups - self.foreign_groups

    @classmethod
    def of(cls, row: Mapping[Any, Any] | pd.Series) -> Self:
        """From a row of the table of `core.diagnostics.analyse`, made by this version or an earlier one."""
        named = _whole(row.get("sublabel_modes")) is not None
        source = "sublabel" if named else "survival"
        return cls(
            items=int(row["n"]),
            distinct=_whole(row.get("distinct")),
            groups=_whole(row.get("subclusters")) or 1,
            foreign_groups=_whole(row.get("foreign_groups")) or 0,
            hosts=_texts(row.get("foreign_hosts")),
            kappa=_real(row.get("kappa_core", row.get("kappa"))),
            expected=_whole(row.get("expected_modes", row.get(f"{source}_modes"))),
            named=named,
            apart=_whole(row.get("modes_apart")),
            merged=tuple(_texts(family) for family in _sequence(row.get("merged_modes"))),
            excess=_real(row.get(f"{source}_excess")),
            limit=_real(row.get(f"{source}_chance")),
            overlap=_real(row.get("class_overlap")),
            met=None if _missing(row.get("overlapping_class")) else str(row["overlapping_class"]),
            in_length=row.get("length_groups") is True or row.get("length_groups") is np.True_,
        )


def _missing(value: Any) -> bool:
    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))


def _whole(value: Any) -> int | None:
    return None if _missing(value) else int(value)


def _real(value: Any) -> float:
    return float("nan") if _missing(value) else float(value)


def _sequence(value: Any) -> tuple[Any, ...]:
    """A list in a cell, as pandas or a Parquet file holds it."""
    return () if _missing(value) else tuple(value)


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(str(text) for text in _sequence(value))

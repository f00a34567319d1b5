"""What the maps draw: positions in each arm and the fields to colour by, packed for the browser."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
import pyarrow as pa
from jaxtyping import Float32, Int16, Int64, Shaped

from app.components.atlas import ImageAtlas

_MAX_CATEGORIES = np.iinfo(np.int16).max


@dataclass(frozen=True)
class Field:
    """Something known about every item, to colour by and to show in the preview.

    Strings (or booleans) make a categorical field, floats a continuous one; None or NaN means unknown.
    """

    name: str
    """Short stable identifier, e.g. "class": what a page keeps in its address."""
    title: str
    """As shown, e.g. "Class"."""
    values: Sequence[Shaped[np.ndarray, "n"]]
    """One array for each arm where these differ, e.g. sub-clusters; else one for all."""
    order: Sequence[str] | None = None
    """Categories in legend order; None = natural order (2 before 10)."""
    colours: Mapping[str, str] | None = None
    """Fixed CSS colours of some categories, e.g. of verdicts."""
    limits: tuple[float, float] | None = None
    """Ends of a continuous scale; None = the data's."""
    note: str = ""
    """What a continuous scale means, with its direction, e.g. "share of the 10 neighbours that differ"."""


@dataclass(frozen=True)
class MapPoints:
    """Points of linked maps, one for each arm. Build once per study and arms (e.g. in `st.cache_resource`)."""

    ids: Int64[np.ndarray, "n"]
    table: pa.Table
    """Columns id, slot, [name], x0, y0, x1, ... and one per field or one for each arm, as the browser receives it."""
    fields: tuple[dict[str, Any], ...]
    atlas: ImageAtlas | None
    version: str
    """Changes whenever anything above does."""
    ids_version: str
    """Changes with the ids only: a selection outlives a change of arms."""

    @classmethod
    def build(
        cls,
        ids: Int64[np.ndarray, "n"],
        *,
        maps: Sequence[Float32[np.ndarray, "n 2"]],
        fields: Sequence[Field] = (),
        atlas: ImageAtlas | None = None,
        names: Sequence[str] | None = None,
    ) -> Self:
        """Pack the points; a position with NaN is not drawn. Raises ValueError if the parts do not fit.

        maps: positions, one array for each arm. names: what the user calls the items, shown beside their ids.
        """
        ids = np.ascontiguousarray(ids, dtype=np.int64)
        columns: dict[str, np.ndarray] = {"id": ids.astype(np.int32)}
        if len(np.unique(ids)) != len(ids) or not np.array_equal(columns["id"], ids):
            raise ValueError("Item ids must be unique and fit in 32 bits.")
        if len({field.name for field in fields}) != len(fields):
            raise ValueError("Field names must be unique.")
        for arm, position in enumerate(maps):
            columns[f"x{arm}"], columns[f"y{arm}"] = np.asarray(position, dtype=np.float32).reshape(-1, 2).T
        if atlas is not None:
            columns["slot"] = atlas.slots(ids).astype(np.int32)
        described = tuple(_pack(field, columns) for field in fields)
        for name, column in columns.items():
            if len(column) != len(ids):
                raise ValueError(f"Map column {name} has {len(column)} values for {len(ids)} items.")
        table = pa.table({name: np.ascontiguousarray(column) for name, column in columns.items()})
        if names is not None:
            table = table.append_column("name", pa.array(names, pa.string()))
        return cls(ids, table, described, atlas, _digest(*columns.values(), described, names), _digest(ids))


def _pack(field: Field, columns: dict[str, np.ndarray]) -> dict[str, Any]:
    """Add the field's column(s) and return its description for the browser."""
    values = [np.asarray(of_arm) for of_arm in field.values]
    names = [f"f:{field.name}:{i}" for i in range(len(values))]
    described: dict[str, Any] = {"name": field.name, "title": field.title, "columns": names}
    if all(np.issubdtype(of_arm.dtype, np.floating) for of_arm in values):
        columns.update(zip(names, (of_arm.astype(np.float32) for of_arm in values), strict=True))
        limits = list(field.limits or _ends(np.concatenate(values)))
        return {**described, "kind": "continuous", "limits": limits, "note": field.note}
    factors = [pd.factorize(of_arm) for of_arm in values]
    present = {str(value) for _, distinct in factors for value in distinct}
    categories = sorted(present, key=_natural) if field.order is None else list(field.order)
    if len(categories) > _MAX_CATEGORIES:
        raise ValueError(f"Field {field.name} has {len(categories)} categories, more than {_MAX_CATEGORIES}.")
    columns.update(zip(names, (_codes(*factor, categories) for factor in factors), strict=True))
    colours = dict(field.colours or {})
    return {**described, "kind": "categorical", "categories": categories, "colours": colours}


def _ends(values: Shaped[np.ndarray, "n"]) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)


def _natural(text: str) -> list[tuple[int, int, str]]:
    """Sort key that compares the numbers inside texts as numbers: 2 before 10."""
    parts = re.split(r"(\d+)", text)
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]


def _codes(factor: Int64[np.ndarray, "n"], distinct: Sequence[Any], categories: list[str]) -> Int16[np.ndarray, "n"]:
    """Position of each value among the categories; -1 = unknown, as `factor` has it for None and NaN."""
    position = {category: code for code, category in enumerate(categories)}
    known = [position.get(str(value), -1) for value in distinct]
    return np.array([*known, -1], dtype=np.int16)[factor]


def _digest(*parts: Any) -> str:
    digest = hashlib.blake2b(digest_size=12)
    for part in parts:
        digest.update(np.ascontiguousarray(part).tobytes() if isinstance(part, np.ndarray) else repr(part).encode())
    return digest.hexdigest()

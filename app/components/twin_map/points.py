"""What the maps draw: positions in one or two arms, and the fields to colour by, packed once for the browser."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pyarrow as pa
from jaxtyping import Float32, Int16, Int64, Shaped

from app.components.atlas import ImageAtlas

_MOST_CATEGORIES = np.iinfo(np.int16).max


@dataclass(frozen=True)
class Field:
    """Something known about every item, to colour by and to show in the preview.

    Strings (or booleans) make a categorical field, floats a continuous one; None or NaN means unknown.
    """

    name: str
    """Short stable identifier, e.g. "class": what a page keeps in its address."""
    title: str
    """As shown, e.g. "Class"."""
    left: Shaped[np.ndarray, "n"]
    right: Shaped[np.ndarray, "n"] | None = None
    """Only where the two arms differ, e.g. sub-clusters; None = the same as `left`."""
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
    """Points of a pair of maps. Build once per study and pair of arms, and keep (e.g. in `st.cache_resource`)."""

    ids: Int64[np.ndarray, "n"]
    table: pa.Table
    """Columns id, slot, lx, ly, [rx, ry] and one or two per field, as the browser receives it."""
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
        left: Float32[np.ndarray, "n 2"],
        right: Float32[np.ndarray, "n 2"] | None = None,
        fields: Sequence[Field] = (),
        atlas: ImageAtlas | None = None,
    ) -> Self:
        """Pack the points; a position with NaN is not drawn. Raises ValueError if lengths or names do not fit."""
        ids = np.ascontiguousarray(ids, dtype=np.int64)
        columns: dict[str, np.ndarray] = {"id": ids.astype(np.int32)}
        if len(np.unique(ids)) != len(ids) or not np.array_equal(columns["id"], ids):
            raise ValueError("Item ids must be unique and fit in 32 bits.")
        if len({field.name for field in fields}) != len(fields):
            raise ValueError("Field names must be unique.")
        for side, position in (("l", left), ("r", right)):
            if position is not None:
                columns[f"{side}x"], columns[f"{side}y"] = (
                    np.asarray(position, dtype=np.float32).reshape(-1, 2).T
                )
        if atlas is not None:
            columns["slot"] = atlas.slots(ids).astype(np.int32)
        described = tuple(_pack(field, columns) for field in fields)
        for name, column in columns.items():
            if len(column) != len(ids):
                raise ValueError(f"Map column {name} has {len(column)} values for {len(ids)} items.")
        table = pa.table({name: np.ascontiguousarray(column) for name, column in columns.items()})
        return cls(ids, table, described, atlas, _digest(*columns.values(), described), _digest(ids))


def _pack(field: Field, columns: dict[str, np.ndarray]) -> dict[str, Any]:
    """Add the field's column(s) and return its description for the browser."""
    sides = [np.asarray(field.left)] + ([] if field.right is None else [np.asarray(field.right)])
    names = [f"f:{field.name}:{i}" for i in range(len(sides))]
    described: dict[str, Any] = {"name": field.name, "title": field.title, "columns": names}
    if all(np.issubdtype(side.dtype, np.floating) for side in sides):
        columns.update(zip(names, (side.astype(np.float32) for side in sides), strict=True))
        finite = np.concatenate([side[np.isfinite(side)] for side in sides])
        low, high = field.limits or (
            (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
        )
        return {**described, "kind": "continuous", "limits": [low, high], "note": field.note}
    categories = list(field.order) if field.order is not None else _natural(sides)
    if len(categories) > _MOST_CATEGORIES:
        raise ValueError(
            f"Field {field.name} has {len(categories)} categories; at most {_MOST_CATEGORIES} fit."
        )
    columns.update(zip(names, (_codes(side, categories) for side in sides), strict=True))
    return {
        **described,
        "kind": "categorical",
        "categories": categories,
        "colours": dict(field.colours or {}),
    }


def _known(value: Any) -> bool:
    return value is not None and value == value  # NaN differs from itself


def _natural(sides: list[np.ndarray]) -> list[str]:
    """Distinct values, numbers inside them compared as numbers."""
    import re

    values = {
        str(value) for side in sides for value in np.unique(side[[_known(v) for v in side]].astype(str))
    }
    return sorted(
        values, key=lambda v: [(0, int(p), "") if p.isdecimal() else (1, 0, p) for p in re.split(r"(\d+)", v)]
    )


def _codes(side: Shaped[np.ndarray, "n"], categories: list[str]) -> Int16[np.ndarray, "n"]:
    """Position of each value among the categories, -1 = unknown."""
    position = {category: code for code, category in enumerate(categories)}
    return np.array([position.get(str(v), -1) if _known(v) else -1 for v in side.tolist()], dtype=np.int16)


def _digest(*parts: Any) -> str:
    digest = hashlib.blake2b(digest_size=12)
    for part in parts:
        digest.update(
            np.ascontiguousarray(part).tobytes() if isinstance(part, np.ndarray) else repr(part).encode()
        )
    return digest.hexdigest()

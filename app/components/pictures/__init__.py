"""The pictures to search by, as a row to choose from, which also takes what is pasted."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.components.bundle import component

__all__ = ["MAX_PASTED", "Pasted", "PicturesState", "QueryPicture", "pictures"]

MAX_PASTED = 16 * 2**20
"""Bytes: pasted pictures come as one message, unlike uploads."""

_component = component(Path(__file__).parent)


@dataclass(frozen=True)
class QueryPicture:
    """One tile."""

    id: str
    name: str
    image: str | None
    """Address of a small version; None where the file is no picture."""
    error: str = ""


@dataclass(frozen=True)
class Pasted:
    """What came from the clipboard: not yet known to be a picture."""

    name: str
    data: bytes


@dataclass(frozen=True)
class PicturesState:
    """What the user did in this very run."""

    chosen: str | None = None
    removed: str | None = None
    pasted: Pasted | None = None


def pictures(shown: Sequence[QueryPicture], *, chosen: str | None, key: str) -> PicturesState:
    """Draw the row; while it is on the page, a picture pasted anywhere on it is taken."""
    data = {"pictures": [asdict(picture) for picture in shown], "chosen": chosen, "maxBytes": MAX_PASTED}
    result = _component(
        key=key, data=data, on_chosen_change=_ignore, on_removed_change=_ignore, on_pasted_change=_ignore
    )
    known = {picture.id for picture in shown}
    return PicturesState(
        chosen=_one_of(known, result.get("chosen")),
        removed=_one_of(known, result.get("removed")),
        pasted=_pasted(result.get("pasted")),
    )


def _one_of(known: set[str], value: Any) -> str | None:
    return value if isinstance(value, str) and value in known else None


def _pasted(value: Any) -> Pasted | None:
    """Bounded before it is decoded; anything malformed is dropped."""
    if (
        not isinstance(value, dict)
        or not isinstance(text := value.get("data"), str)
        or len(text) > MAX_PASTED * 4 / 3 + 4
    ):
        return None
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return Pasted(str(value.get("name") or "pasted picture")[:300], data)


def _ignore() -> None:
    """Streamlit returns a component's value only where a callback is given."""

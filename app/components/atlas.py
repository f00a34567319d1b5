"""Thumbnails as sprite sheets: a page names thousands of images with a few addresses, fetched when needed."""

import base64
import io
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any, Self

import numpy as np
import streamlit as st
from jaxtyping import Int64, UInt8
from PIL import Image

_SHEET_SIDE = 1024
"""Pixels: large enough for a thousand digits, small enough to decode while the pointer rests on an item."""


@dataclass(frozen=True)
class ImageAtlas:
    """Thumbnails of many items, packed row by row into a few sheets of equal tiles."""

    file: bytes
    """All sheets one after the other, of which the browser asks for a byte range at a time: to Streamlit, which
    wants every media file named again in every script run, a thousand sheets then cost as little as one."""
    ends: tuple[int, ...]
    """Where in the file each sheet ends."""
    mimetype: str
    tile: tuple[int, int]
    """Width and height of one thumbnail in pixels."""
    columns: int
    per_sheet: int
    ids: Int64[np.ndarray, "n"]
    """Item ids in slot order."""

    @classmethod
    def build(
        cls,
        thumbnails: UInt8[np.ndarray, "n h w"] | UInt8[np.ndarray, "n h w 3"],
        ids: Int64[np.ndarray, "n"] | None = None,
    ) -> Self:
        """Pack thumbnails (grey or RGB, all of one size) in the order of `ids` (default 0..n-1).

        Grey sheets are lossless PNG; colour sheets are JPEG, ten times smaller. Raises ValueError on any other
        shape or type. Takes seconds for 60,000: build once per study (e.g. in `st.cache_resource`).
        """
        colour = thumbnails.ndim == 4
        shaped = thumbnails.ndim == 3 or (colour and thumbnails.shape[3] == 3)
        if thumbnails.dtype != np.uint8 or not shaped:
            raise ValueError(f"Thumbnails must be uint8 (n, h, w) or (n, h, w, 3), not {thumbnails.shape}.")
        n, height, width = thumbnails.shape[:3]
        columns = max(1, _SHEET_SIDE // width)
        per_sheet = columns * max(1, _SHEET_SIDE // height)
        starts = range(0, n, per_sheet)
        sheets = [_encode(_tile(thumbnails[s : s + per_sheet], columns), colour=colour) for s in starts]
        return cls(
            file=b"".join(sheets),
            ends=tuple(accumulate(map(len, sheets))),
            mimetype="image/jpeg" if colour else "image/png",
            tile=(width, height),
            columns=columns,
            per_sheet=per_sheet,
            ids=np.arange(n, dtype=np.int64) if ids is None else np.asarray(ids, dtype=np.int64),
        )

    @cached_property
    def _order(self) -> Int64[np.ndarray, "n"]:
        return np.argsort(self.ids, kind="stable")

    def slots(self, ids: Int64[np.ndarray, "m"]) -> Int64[np.ndarray, "m"]:
        """Slot of each id's thumbnail; -1 where the atlas has none."""
        if not len(self.ids):
            return np.full(len(ids), -1, dtype=np.int64)
        place = np.searchsorted(self.ids, ids, sorter=self._order)
        slots = self._order[np.minimum(place, len(self.ids) - 1)]
        return np.where(self.ids[slots] == ids, slots, -1)

    def mount(self) -> dict[str, Any]:
        """Register the file with this session and describe it to the browser. Call in every script run."""
        return {
            "url": media_url(self.file, "application/octet-stream", f"uncollapse-atlas-{id(self)}"),
            "ends": list(self.ends),
            "mimetype": self.mimetype,
            "tile": list(self.tile),
            "columns": self.columns,
            "perSheet": self.per_sheet,
        }


def media_url(data: bytes, mimetype: str, key: str) -> str:
    """Address of a file served from memory until this session's next full run, which has to name it again.

    `key` tells apart the files of one session. Without a running server a data URL.
    """
    if not st.runtime.exists():
        return f"data:{mimetype};base64,{base64.b64encode(data).decode()}"
    return st.runtime.get_instance().media_file_mgr.add(data, mimetype, key)


def picture_url(picture: Image.Image, key: str) -> str:
    """Address of one picture, for a gallery tile: lossless when tiny, so that its pixels stay sharp."""
    buffer = io.BytesIO()
    if max(picture.size) <= 64:
        picture.save(buffer, format="PNG")
        return media_url(buffer.getvalue(), "image/png", key)
    picture.convert("RGB").save(buffer, format="JPEG", quality=90)
    return media_url(buffer.getvalue(), "image/jpeg", key)


def _tile(images: UInt8[np.ndarray, "m h w *c"], columns: int) -> UInt8[np.ndarray, "H W *c"]:
    m, height, width, *channels = images.shape
    rows, columns = -(-m // columns), min(m, columns)
    sheet = np.zeros((rows * columns, height, width, *channels), dtype=np.uint8)
    sheet[:m] = images
    sheet = sheet.reshape(rows, columns, height, width, *channels).swapaxes(1, 2)
    return sheet.reshape(rows * height, columns * width, *channels)


def _encode(sheet: UInt8[np.ndarray, "H W *c"], *, colour: bool) -> bytes:
    buffer = io.BytesIO()
    if colour:
        Image.fromarray(sheet).save(buffer, format="JPEG", quality=88, subsampling=0)
    else:
        Image.fromarray(sheet).save(buffer, format="PNG", compress_level=3)
    return buffer.getvalue()

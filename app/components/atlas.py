"""Thumbnails as sprite sheets: a page names thousands of images with a few addresses, fetched only when needed."""

import base64
import io
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import streamlit as st
from jaxtyping import Int64, UInt8
from PIL import Image

_SHEET_SIDE = 2048
"""Pixels. Every browser's graphics memory takes a texture of this size."""


@dataclass(frozen=True)
class ImageAtlas:
    """Thumbnails of many items, packed row by row into a few sheets of equal tiles."""

    sheets: tuple[bytes, ...]
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

        Grey sheets are lossless PNG; colour sheets are JPEG, ten times smaller. Raises ValueError on other shapes.
        """
        if (
            thumbnails.dtype != np.uint8
            or thumbnails.ndim not in (3, 4)
            or thumbnails.shape[3:] not in ((), (3,))
        ):
            raise ValueError(f"Thumbnails must be uint8 (n, h, w) or (n, h, w, 3), not {thumbnails.shape}.")
        n, height, width = thumbnails.shape[:3]
        columns = max(1, _SHEET_SIDE // width)
        per_sheet = columns * max(1, _SHEET_SIDE // height)
        grey = thumbnails.ndim == 3
        return cls(
            sheets=tuple(
                _encode(_tile(thumbnails[start : start + per_sheet], columns), grey=grey)
                for start in range(0, n, per_sheet)
            ),
            mimetype="image/png" if grey else "image/jpeg",
            tile=(width, height),
            columns=columns,
            per_sheet=per_sheet,
            ids=np.arange(n, dtype=np.int64) if ids is None else np.asarray(ids, dtype=np.int64),
        )

    def slots(self, ids: Int64[np.ndarray, "m"]) -> Int64[np.ndarray, "m"]:
        """Where each id's thumbnail lies; -1 where the atlas has none."""
        if not len(self.ids):
            return np.full(len(ids), -1, dtype=np.int64)
        order = np.argsort(self.ids, kind="stable")
        found = np.clip(np.searchsorted(self.ids, ids, sorter=order), 0, len(self.ids) - 1)
        return np.where(self.ids[order[found]] == ids, order[found], -1)

    def mount(self, key: str) -> dict[str, Any]:
        """Register the sheets with this session and describe them to the browser. Call in every script run.

        Streamlit drops files which the last run did not name; the bytes themselves are shared by all sessions.
        """
        return {
            "sheets": [media_url(data, self.mimetype, f"{key}-{i}") for i, data in enumerate(self.sheets)],
            "tile": list(self.tile),
            "columns": self.columns,
            "perSheet": self.per_sheet,
            "count": len(self.ids),
        }


def media_url(data: bytes, mimetype: str, key: str) -> str:
    """Address of a file held in memory for this session until a script run does not name it again.

    Falls back to a data URL outside a running server. `key` tells the files of one session apart.
    """
    if not st.runtime.exists():
        return f"data:{mimetype};base64,{base64.b64encode(data).decode()}"
    return st.runtime.get_instance().media_file_mgr.add(data, mimetype, f"uncollapse-{key}")


def picture_url(picture: Image.Image, key: str) -> str:
    """Address of one picture, for a gallery tile."""
    buffer = io.BytesIO()
    small = max(picture.size) <= 64
    picture.save(buffer, format="PNG") if small else picture.convert("RGB").save(
        buffer, format="JPEG", quality=90
    )
    return media_url(buffer.getvalue(), "image/png" if small else "image/jpeg", key)


def _tile(images: UInt8[np.ndarray, "m h w *c"], columns: int) -> UInt8[np.ndarray, "H W *c"]:
    m, height, width, *channels = images.shape
    rows, columns = -(-m // columns), min(m, columns)
    sheet = np.zeros((rows * columns, height, width, *channels), dtype=np.uint8)
    sheet[:m] = images
    sheet = sheet.reshape(rows, columns, height, width, *channels).swapaxes(1, 2)
    return sheet.reshape(rows * height, columns * width, *channels)


def _encode(sheet: UInt8[np.ndarray, "H W *c"], *, grey: bool) -> bytes:
    buffer = io.BytesIO()
    if grey:
        Image.fromarray(sheet).save(buffer, format="PNG", compress_level=3)
    else:
        Image.fromarray(sheet).save(buffer, format="JPEG", quality=88, subsampling=0)
    return buffer.getvalue()

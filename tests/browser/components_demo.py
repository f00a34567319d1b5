"""A page that mounts the maps and the gallery on made-up items, for the browser tests of the two components.

Settings come from the environment: DEMO_N (items), DEMO_KIND (plain | many | hostile | degenerate | none).
"""

import os
from functools import cache

import numpy as np
import pandas as pd
import streamlit as st
from PIL import Image, ImageDraw

from app.components.atlas import ImageAtlas
from app.components.gallery import GalleryArm, GalleryQuery, gallery
from app.components.twin_map import Field, MapPoints, QueryMark, send_points, twin_map

KIND = os.environ.get("DEMO_KIND", "plain")
N = 0 if KIND == "none" else int(os.environ.get("DEMO_N", "2000"))
HOSTILE = [
    "<img src=x onerror=\"document.title='pwned'\">",
    "<script>document.title='pwned'</script>",
    "🦊🪐 emoji",
    "תווית בעברית",
    "a very long class name " * 13,
]


@cache
def digits() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 10, N)


@cache
def items() -> pd.DataFrame:
    digit = digits()
    names = HOSTILE if KIND == "hostile" else ["even", "odd"]
    return pd.DataFrame(
        {
            "id": 7 + 3 * np.arange(N),  # not row numbers, so that mixing them up shows
            "label": [names[d % len(names)] for d in digit],
            "sublabel": [f"kind {i % 100:02d}" for i in range(N)] if KIND == "many" else digit.astype(str),
        }
    )


@cache
def positions() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    digit = digits()
    angle = digit * (2 * np.pi / 10)
    apart = np.c_[np.cos(angle), np.sin(angle)] * 6 + rng.normal(0, 0.7, (N, 2))
    collapsed = np.c_[np.where(digit % 2, 4, -4), np.zeros(N)] + rng.normal(0, 1.2, (N, 2))
    return collapsed.astype(np.float32), apart.astype(np.float32)


@st.cache_resource
def thumbnails() -> ImageAtlas:
    glyphs = []
    for digit in range(10):
        picture = Image.new("L", (28, 28), 0)
        ImageDraw.Draw(picture).text((8, 3), str(digit), fill=255, font_size=20)
        glyphs.append(np.asarray(picture))
    rng = np.random.default_rng(2)
    images = np.stack(glyphs)[digits()]
    images = np.maximum(images, rng.integers(0, 40, images.shape, dtype=np.uint8))
    return ImageAtlas.build(images, items()["id"].to_numpy())


def known(frame: pd.DataFrame) -> list[Field]:
    """Classes and modes; modes first where there are many, as the app has them."""
    fields = [
        Field("class", "Class", [frame["label"].to_numpy()]),
        Field("mode", "Mode", [frame["sublabel"].to_numpy()]),
    ]
    return fields[::-1] if KIND == "many" else fields


@st.cache_resource
def points(swapped: bool) -> MapPoints:
    frame = items()
    left, right = positions()[::-1] if swapped else positions()
    rng = np.random.default_rng(3)
    if KIND == "degenerate":
        left, right = np.full_like(left, np.nan), np.zeros_like(right)
    digit = digits()
    return MapPoints.build(
        frame["id"].to_numpy(),
        maps=[left, right],
        fields=[
            *known(frame),
            Field("subcluster", "Sub-cluster", [(digit % 2).astype(str), (digit // 2).astype(str)]),
            Field("hit", "Nearest neighbour", [np.where(rng.random(N) < 0.8, "hit", "miss")]),
            Field(
                "change",
                "Neighbourhood change",
                [rng.random(N)],
                limits=(0, 1),
                note="share of neighbours that differ",
            ),
        ],
        atlas=thumbnails(),
    )


def neighbours(position: np.ndarray, row: int, k: int = 10) -> pd.DataFrame:
    distance = np.linalg.norm(position - position[row], axis=1)
    nearest = np.argsort(distance)[1 : k + 1]
    return items().iloc[nearest].assign(distance=distance[nearest], subcluster=nearest % 4 - 1)


def choose(id: int | None) -> None:
    st.session_state["focus"] = id


def show() -> None:
    st.set_page_config(layout="wide")
    controls = st.columns(6)
    swapped = controls[0].toggle("swap arms")
    single = controls[1].toggle("single")
    select = controls[2].button("select three")
    controls[3].button("rerun")
    loading = controls[4].toggle("loading")
    no_hits = controls[5].toggle("no hits")
    send_points(points(swapped), key="maps")
    state = twin_map(
        points(swapped),
        arms=["nearest", "standard"] if swapped else ["standard", "nearest"],
        captions=(
            "κ 0.08 to 0.11: scale is not comparable between maps",
            "κ 0.32 to 0.41: scale is not comparable between maps",
        ),
        focus=st.session_state.get("focus"),
        selected=[7, 10, 13] if select else None,
        queries=[QueryMark("upload.png", [(0, 2), (1, -1)])],
        single=single,
        on_click=choose,
        on_swap=lambda: st.toast("swapped"),
        on_colour=lambda _: None,
        key="maps",
    )
    focus = st.session_state.get("focus")
    query, arms = None, []
    if focus is not None:
        row = int(np.flatnonzero(items()["id"] == focus)[0])
        item = items().iloc[row]
        query = GalleryQuery(f"Item #{focus}", focus, item["label"], item["sublabel"])
        left, right = positions()
        arms = [
            GalleryArm("standard", neighbours(left, row), note="query in sub-cluster 1 of 1"),
            GalleryArm("nearest", neighbours(right, row), note="query in sub-cluster 3 of 5"),
        ]
        if loading:
            arms[1] = GalleryArm("nearest", None)
        if no_hits:
            arms[0] = GalleryArm("standard", arms[0].hits.iloc[:0])
    gallery(query, arms, atlas=thumbnails(), on_click=choose, key="gallery")
    runs = st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    st.code(f"focus={focus} selected={len(state.selected)} first={state.selected[:3].tolist()} runs={runs}")


if __name__ == "__main__":
    show()

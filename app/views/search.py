"""Search: a picture of one's own, or an item, and its neighbours in both arms."""

import numpy as np
import streamlit as st
from PIL import Image, ImageOps

from app import state
from app.components.atlas import picture_url
from app.components.galleries import choose_k, galleries, item_galleries
from app.components.gallery import GalleryQuery
from app.components.twin_map import QueryMark, twin_map
from app.opening import open_view
from core.data import decode
from core.data.images import MAX_BYTES
from core.errors import ImageError, UncollapseError
from core.search import is_far


def page() -> None:
    view = open_view()
    if view is None:
        return
    picture, name = _ask(view)
    item = state.chosen_item(view.study)
    if picture is not None and item is None:
        _search(view, picture, name)
        return
    _maps(view, item, [])
    item_galleries(view, item)


def _ask(view: state.View) -> tuple[Image.Image | None, str]:
    """The query: an uploaded picture, or a random item."""
    upload, options = st.columns([3, 2], vertical_alignment="bottom")
    file = upload.file_uploader(
        "Query picture: PNG, JPEG, WebP, GIF, BMP or TIFF",
        key="upload",
        on_change=state.choose_item,
        args=(None,),
        max_upload_size=MAX_BYTES >> 20,
    )
    with options.container(horizontal=True, vertical_alignment="center"):
        invert = st.toggle(
            "Invert",
            key="invert",
            help="Swap dark and light: these digits are light on dark, ink is not.",
        )
        st.button("Random item", icon=":material/casino:", on_click=_random_item, args=(view,), key="random")
    if file is None:
        return None, ""
    try:
        picture = decode(file.getvalue(), name=file.name)
    except ImageError as error:
        st.error(str(error), icon=":material/broken_image:")
        return None, ""
    return ImageOps.invert(picture) if invert else picture, file.name


def _random_item(view: state.View) -> None:
    ids = view.study.items["id"].to_numpy()[view.study.evaluated]
    state.choose_item(int(np.random.default_rng().choice(ids)))


def _search(view: state.View, picture: Image.Image, name: str) -> None:
    try:
        spaces = state.embedded(view, picture)
        vectors = {arm: spaces[arm] for arm in view.arms}
    except KeyError as error:
        st.error(f"The arm {error} was imported as vectors, so a new picture cannot be placed in it.")
        return
    except UncollapseError as error:
        st.error(str(error), icon=":material/error:")
        return
    places = {arm: view.study.place(arm, vectors[arm][None])[0] for arm in view.arms}
    left, right = ((float(places[arm][0]), float(places[arm][1])) for arm in view.arms)
    far = [arm for arm in dict.fromkeys(view.arms) if is_far(view.study, arm, vectors[arm])]
    note = f"far from everything in {' and '.join(far)}" if far else ""
    _maps(view, None, [QueryMark(name, left, right)])
    query = GalleryQuery(name, image=picture_url(picture, "query"), note=note)
    galleries(view, query, vectors, choose_k())


def _maps(view: state.View, item: int | None, queries: list[QueryMark]) -> None:
    result = twin_map(
        state.map_points(view),
        left=view.left,
        right=None if view.left == view.right else view.right,
        focus=item,
        queries=queries,
        height=320,
        key="search-maps",
    )
    state.follow(result)


page()

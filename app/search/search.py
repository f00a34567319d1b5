"""Search: the neighbours of the user's own pictures, or of an item, in both arms."""

import numpy as np
import streamlit as st
from PIL import Image

from app.components.atlas import picture_url
from app.components.gallery import GalleryQuery
from app.components.twin_map import QueryMark, send_points, twin_map
from app.search import query_pictures, query_vector
from app.state import address, cache, navigation
from app.state.view import View
from app.widgets.fragments import view_fragment
from app.widgets.galleries import galleries, item_galleries
from app.widgets.opening import open_view
from app.widgets.search_controls import choose_search


def page() -> None:
    view = open_view()
    if view is None:
        return
    send_points(cache.map_points(view, view.shown), key="search-maps")
    _queries(view)


@view_fragment
def _queries(view: View) -> None:
    """The page below its pickers."""
    if any(view.study.arm(name).takes_pictures for name in view.arms):
        query_pictures.ask(lambda: _random_button(view))
        picture = query_pictures.chosen()
    else:
        _explain(view)
        vectors = query_vector.ask(view)
        _random_button(view)
        picture = None
        if vectors and navigation.chosen_item(view.study) is None:
            _search_vectors(view, vectors, GalleryQuery("Your vector"))
            return
    item = navigation.chosen_item(view.study)
    if picture is not None and item is None:
        _search(view, *picture)
        return
    _maps(view, item, [])
    item_galleries(view, item, lambda: choose_search(view, has_class=True))


def _explain(view: View) -> None:
    """Why no picture can be uploaded, and what can be done instead."""
    takers = [name for name in view.study.references if view.study.arm(name).takes_pictures]
    instead = f", or choose **{takers[0]}** as an arm to search by raw pixels" if takers else ""
    st.info(
        "A picture cannot be uploaded: these embeddings were imported, so the network that would embed it is not "
        f"here. Click an item on a map, or search by a vector{instead}.",
        icon=":material/info:",
    )


def _random_button(view: View) -> None:
    st.button("Random item", icon=":material/casino:", on_click=_random_item, args=(view,), key="random")


def _random_item(view: View) -> None:
    ids = view.study.items["id"].to_numpy()[view.study.evaluated]
    navigation.choose_item(int(np.random.default_rng().choice(ids)))


def _search(view: View, picture: Image.Image, name: str) -> None:
    vectors = {arm: vector for arm, vector in cache.embedded(view, picture).items() if arm in view.arms}
    for arm in view.arms:
        if arm not in vectors:
            st.caption(f"**{arm}** was imported without its network, so the picture is searched in the other arm only.")
    _search_vectors(view, vectors, GalleryQuery(name, image=picture_url(picture, "query")))


def _search_vectors(view: View, vectors: dict[str, np.ndarray], query: GalleryQuery) -> None:
    """Maps and galleries of a query that is no item."""
    _maps(view, None, [QueryMark(query.title, [_place(view, arm, vectors) for arm in view.shown])])
    galleries(view, query, vectors, choose_search(view, has_class=False))


def _place(view: View, arm: str, vectors: dict[str, np.ndarray]) -> tuple[float, float] | None:
    if arm not in vectors:
        return None
    x, y = view.study.place(arm, vectors[arm][None])[0]
    return float(x), float(y)


def _maps(view: View, item: int | None, queries: list[QueryMark]) -> None:
    twin_map(
        cache.map_points(view, view.shown),
        arms=view.shown,
        colour=address.text("colour"),
        focus=item,
        queries=queries,
        height=320,
        on_click=navigation.choose_item,
        on_swap=navigation.swap_arms,
        on_colour=navigation.colour_by,
        key="search-maps",
    )
    view.exports.maps("search-maps")


page()

"""The maps of Compare: two arms side by side, one by turns, or up to six arms at once."""

import numpy as np
import streamlit as st

from app.compare import kept
from app.components.twin_map import send_points, twin_map
from app.state import address, cache, navigation
from app.state.view import View
from app.widgets.numbers import fixed
from core.storage.study import Study

TO_SELECT = "to-select"
"""In the session state: ids that the maps are to select when they are drawn next."""
PAIR, SINGLE, ALL = "Side by side", "One large map", "All arms"
MOST = 6
"""Maps beyond which each is too small to be read."""
KEY = "maps"
FOLD = "clamp(240px, 100vh - 405px, 560px)"
"""Height of a map: what the first screen leaves below all that stands above it."""
FOLD_OF_TWO = "clamp(170px, 50vh - 250px, 420px)"
"""The same for one of two rows of maps."""


def arms_shown(view: View) -> tuple[str, ...]:
    """The arms on the maps."""
    if _layout(view) != ALL:
        return view.shown
    arms = _arms(view)
    chosen = address.values("maps-arms", arms)
    return tuple(chosen or arms)[:MOST]


def send(view: View, arms: tuple[str, ...]) -> None:
    """Send the browser the points of these arms; for the page itself to call."""
    send_points(cache.map_points(view, arms), key=KEY)


def show(view: View, arms: tuple[str, ...]) -> np.ndarray:
    """Draw the maps, in a fragment; returns the ids of the items selected on them."""
    drawn, below = st.container(), st.container(horizontal=True, vertical_alignment="center")
    with below:
        _choose(view)
    if arms_shown(view) != arms:
        st.rerun()  # the whole page, which sends the points of others
    to_select = st.session_state.pop(TO_SELECT, None)
    with drawn:
        result = twin_map(
            cache.map_points(view, arms),
            arms=arms,
            captions=[_caption(view.study, name) for name in arms],
            colour=address.text("colour"),
            selected=kept.asked_for(view) if to_select is None else to_select,
            focus=navigation.chosen_item(view.study),
            single=_layout(view) == SINGLE,
            strip="change",
            height=FOLD_OF_TWO if len(arms) > 3 else FOLD,
            on_click=navigation.choose_item,
            on_swap=navigation.swap_arms,
            on_colour=navigation.colour_by,
            key=KEY,
        )
    kept.follow(view, result.selected)
    with below:
        kept.kept_list(view)
    view.exports.maps(KEY)
    return result.selected


def is_wide(view: View) -> bool:
    """Whether the maps need the whole width of the page."""
    return _layout(view) == ALL


def _choose(view: View) -> None:
    """How the maps are shown, and of which arms, kept in the address."""
    layouts = _layouts(view)
    if len(layouts) > 1:
        st.segmented_control(
            "Maps",
            layouts,
            required=True,
            label_visibility="collapsed",
            **address.bound("maps-layout", layouts, PAIR),
        )
    if _layout(view) == ALL:
        arms = _arms(view)
        if len(named := address.values("maps-arms", arms)) > MOST:  # only a link names so many
            address.write(**{"maps-arms": named[:MOST]})
        st.multiselect(
            "Arms on the maps",
            arms,
            placeholder=f"The first {MOST} of {len(arms)} arms" if len(arms) > MOST else "All arms",
            label_visibility="collapsed",
            max_selections=MOST,
            width=420,
            **address.bound_many("maps-arms", arms),
        )


def _layouts(view: View) -> list[str]:
    return [PAIR, *([] if view.is_single else [SINGLE]), *([ALL] if len(_arms(view)) > 2 else [])]


def _layout(view: View) -> str:
    return address.value("maps-layout", _layouts(view), PAIR)


def _arms(view: View) -> list[str]:
    """All arms, those that are compared first."""
    return list(dict.fromkeys([*view.arms, *view.study.arms, *view.study.references]))


def _caption(study: Study, name: str) -> str:
    kappa = study.diagnostics.loc[study.diagnostics["arm"] == name, "kappa"].dropna()
    if kappa.empty:
        return "a map shows no scale"
    low, high = fixed(kappa.min(), 2), fixed(kappa.max(), 2)
    span = low if low == high else f"{low} to {high}"
    return f"kappa {span}: a map shows no scale"

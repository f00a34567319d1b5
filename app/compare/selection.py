"""The items inside the lasso: pictures from the middle of the selection in each arm, and what each arm makes of it."""

import numpy as np
import streamlit as st

from app.compare import kept
from app.components.strips import Strip, StripArm, strips
from app.state import cache, navigation
from app.state.view import View
from app.widgets.galleries import tile_of
from app.widgets.markdown import escape_markdown
from core.analysis.selected import Selected, selected
from core.analysis.tables import selection_table

TILES = 12
MOST_NAMES = 6


def show_selection(view: View, ids: np.ndarray) -> None:
    """The gallery of a selection, and its table for export."""
    chosen = view.study.items.iloc[ids]
    counts = chosen["sublabel" if "sublabel" in chosen else "label"].value_counts()
    most = ", ".join(f"{escape_markdown(str(name)[:60])}: {n:,}" for name, n in counts.head(MOST_NAMES).items())
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        more = " ..." if len(counts) > MOST_NAMES else ""
        st.markdown(f"**{len(ids):,} selected** · {most}{more}", width="stretch")
        kept.keep_button(view, ids)
    strips(
        [_arm(view, arm, ids) for arm in view.shown],
        atlas=cache.thumbnails(view),
        chosen=navigation.chosen_item(view.study),
        on_click=navigation.choose_item,
        key="selection",
    )
    st.caption(
        "From the middle of the selection in each arm outwards. Each other's neighbours: each is among the other's 10 "
        "nearest."
    )
    view.exports.table(
        f"Selection, {len(ids):,} items", "selection", lambda: selection_table(view.study, ids, view.arms)
    )


def _arm(view: View, arm: str, ids: np.ndarray) -> StripArm:
    found = _selected(view.id, view.stamp, arm, ids.tobytes())
    tiles = [tile_of(view.study, int(id)) for id in found.middle]
    return StripArm(arm, [Strip(_counted(found), "", _together(found), tiles)])


@st.cache_data(max_entries=64, show_spinner=False)
def _selected(id: str, stamp: int, arm: str, ids: bytes) -> Selected:
    return selected(cache.cached_study(id, stamp), arm, np.frombuffer(ids, dtype=np.int64), shown=TILES)


def _counted(found: Selected) -> str:
    parts = [(found.groups, "group"), (found.modes, "mode"), (found.classes, "class")]
    return ", ".join(_number(count, word) for count, word in parts if count is not None)


def _together(found: Selected) -> str:
    return f"{found.mutual:,} of {found.size:,} are each other's neighbours"


def _number(count: int, word: str) -> str:
    return f"{count:,} {word if count == 1 else f'{word}es' if word.endswith('s') else f'{word}s'}"

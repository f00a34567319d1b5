"""Selections that are kept under a name: the present one to keep, and those kept before to show, export and remove."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from app.access import changes, visitor
from app.state import address
from app.state.view import View
from app.widgets import errors
from app.widgets.markdown import escape_markdown
from core.analysis.tables import kept_table
from core.storage.kept import LONGEST_COMMENT, LONGEST_NAME, Kept, KeptSelections, plain_name

SHOWN = "kept-shown"
"""In the session state: study and name of the kept selection that the maps were last told to show."""


def asked_for(view: View) -> list[int] | None:
    """Ids of the kept selection that the address has come to name; None leaves the selection to the maps."""
    name = address.text("kept")
    if name is None or st.session_state.get(SHOWN) == (view.id, name):
        return None
    found = _named(view, name)
    if found is None:
        address.write(kept=None)
        return None
    st.session_state[SHOWN] = (view.id, name)
    return found.ids.tolist()


def follow(view: View, ids: np.ndarray) -> None:
    """Let the address name a kept selection only as long as it is the one on the maps. ids: ascending."""
    _, name = st.session_state.get(SHOWN, (None, None))
    if name is None or address.text("kept") != name:
        return
    found = _named(view, name)
    if found is None or not np.array_equal(found.ids, ids):
        st.session_state.pop(SHOWN)
        address.write(kept=None)


def _named(view: View, name: str) -> Kept | None:
    return next((kept for kept in KeptSelections.of(view.study).all() if kept.name == name), None)


def keep_button(view: View, ids: np.ndarray) -> None:
    """What keeps the present selection."""
    if not visitor.may_change():
        return
    with st.popover("Keep it", icon=":material/bookmark_add:", key="keep-selection"):
        name = st.text_input("Name", key="keep-name", max_chars=LONGEST_NAME, placeholder="wrong labels, to be checked")
        comment = st.text_area("Comment", key="keep-comment", max_chars=LONGEST_COMMENT, height=68)
        there = _named(view, plain_name(name)) is not None
        errors.button(
            "Replace the one of this name" if there else "Keep",
            "bookmark",
            lambda: _keep(view, name, ids, comment),
            key="keep",
            type="primary",
            disabled=not name.strip(),
        )


def _keep(view: View, name: str, ids: np.ndarray, comment: str) -> None:
    changes.keep_selection(KeptSelections.of(view.study), name, ids, comment)
    name = plain_name(name)
    st.session_state.update({SHOWN: (view.id, name), "keep-name": "", "keep-comment": ""})
    address.write(kept=name)


def kept_list(view: View) -> None:
    """The kept selections, behind one button that counts them."""
    selections = KeptSelections.of(view.study)
    kept = selections.all()
    if not kept and not selections.can_undo:
        return
    with st.popover(f"Kept ({len(kept)})", icon=":material/bookmarks:", key="kept"):
        for n, one in enumerate(kept):
            _row(view, selections, one, n)
        if not kept:
            st.caption("Nothing is kept now.")
        if visitor.may_change():
            with st.container(horizontal=True):
                _undo(selections)
        view.exports.table("Kept selections", "kept", lambda: kept_table(view.study, kept))


def _row(view: View, selections: KeptSelections, one: Kept, n: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        comment = f"  \n{escape_markdown(one.comment)}" if one.comment else ""
        st.markdown(f"**{escape_markdown(one.name)}** · {len(one):,} items{comment}", width="stretch")
        st.button("Show", key=f"show-kept-{n}", on_click=_show, args=(one.name,))
        if visitor.may_change():
            errors.button("Remove", "delete", _removing(selections, one.name), key=f"remove-kept-{n}")


def _show(name: str) -> None:
    st.session_state.pop(SHOWN, None)
    address.write(kept=name)


def _removing(selections: KeptSelections, name: str) -> Callable[[], None]:
    return lambda: changes.remove_selection(selections, name)


def _undo(selections: KeptSelections) -> None:
    errors.button(
        "Undo",
        "undo",
        lambda: changes.undo_selection(selections),
        key="undo-kept",
        disabled=not selections.can_undo,
    )

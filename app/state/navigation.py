"""Which item is the query, the trail of queries before it, and which arm is on which side."""

import streamlit as st

from app.state import address
from core.storage.study import Study


def swap_arms() -> None:
    """Swap the two arms, and run the whole page, since all of it shows them."""
    address.write(left=address.text("right"), right=address.text("left"))
    st.rerun()


def colour_by(field: str) -> None:
    """Colour the maps of all pages by this field."""
    address.write(colour=field)


def chosen_item(study: Study) -> int | None:
    """The item in the address, where the study evaluates it."""
    text = address.text("item") or ""
    if not (text.isascii() and text.isdigit()) or int(text) >= len(study.items):
        return None
    return int(text) if study.evaluated[int(text)] else None


def choose_item(id: int | None) -> None:
    """Make an item the query, remembering the one before for the way back; None clears it."""
    if id is None:
        _show(None)
        trail().clear()
    elif address.text("item") != str(id):
        trail().append(address.text("item"))
        _show(str(id))


def step_back() -> None:
    """Return to the query before, which may be an uploaded picture or none."""
    if trail():
        _show(trail().pop())


def trail() -> list[str | None]:
    """The items queried before the present one, oldest first; None = no item, or an uploaded picture."""
    study, now = address.text("study"), address.text("item")
    if st.session_state.setdefault("trail-study", study) != study:
        st.session_state.update({"trail": [], "trail-end": now, "trail-study": study})
    trail: list[str | None] = st.session_state.setdefault("trail", [])
    before = st.session_state.setdefault("trail-end", now)
    if now != before:  # by the browser's Back or Forward
        if trail and trail[-1] == now:
            trail.pop()
        else:
            trail.append(before)
        st.session_state["trail-end"] = now
    return trail


def _show(item: str | None) -> None:
    st.session_state["trail-end"] = item
    address.write(item=item)

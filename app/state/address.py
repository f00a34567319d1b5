"""The address of the page: the one place where it is read and written.

It says what is on screen: study, arms, item, class, filters, colour and so on, so that a copied link shows the same to
anybody, and Back and Forward restore what was there. The session remembers it for all pages: a page's address is
written from that memory, and the memory is overwritten from the address only where the browser brings one of its own:
when a link is opened, and at Back and Forward.
"""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

T = TypeVar("T")

SHARED = ("study", "left", "right", "item", "colour", "k")
FILTERS = ("in-class", "in-mode", "in-split", "where")
PAGES = {
    "compare": (*SHARED, "maps-layout", "maps-arms", "kept"),
    "search": (*SHARED, "metric", "hits", *FILTERS),
    "classes": ("class", *SHARED),
    "lab": ("lab", *SHARED, "noise", "samples", "modes", "loss", "margin"),
    "train": ("view", "run"),
    "data": ("kind", "pictures-path"),
}
"""Page -> its parameters. Those that all pages with a study share stay the same from one to the next, and stand in each
one's address even where it shows nothing of them, so that a copy of it leads on to the same."""
OF_STUDY = ("item", "class", "kept", *FILTERS)
"""What means nothing in another study."""
LONGEST, MOST = 1000, 100
"""Characters of a value, and values of a parameter, that are read."""


def arrive(page: str) -> None:
    """Note which page runs, and read its address where the browser brings one; to be called once in each run."""
    state = st.session_state
    by_history = _is_history_navigation()
    if by_history and "address" in state:
        memory = _memory()
        for name in PAGES[page]:
            memory.pop(name, None)
        memory |= _read(PAGES[page])
    if page != state.get("address-page"):
        state["address-widgets"] = {}  # those of another page, or of an earlier visit
    state["address-page"] = page
    _show(again=by_history)


def settle() -> None:
    """From now on, changes are shown in the browser: it is ready to make one step of its history of each gesture."""
    st.session_state["address-settled"] = True
    _show()


def unsettled() -> tuple[str, str] | None:
    """The page, and the address that the browser is to show for it once it is ready; None afterwards."""
    if st.session_state.get("address-settled"):
        return None
    page = st.session_state["address-page"]
    return page, urlencode(_wanted(page), doseq=True)


def text(name: str) -> str | None:
    """The value of a parameter as it stands there, of which nothing is known to be right."""
    named = _memory().get(name)
    return named[-1] if named else None


def value(name: str, options: Iterable[T], default: T) -> T:
    """The option that a parameter names; the default where it names none."""
    return next((option for option in options if _said(option) == text(name)), default)


def values(name: str, options: Iterable[T]) -> list[T]:
    """The options that a parameter names."""
    named = set(_memory().get(name, []))
    return [option for option in options if _said(option) in named]


def write(**changes: object) -> None:
    """Change parameters; None, or nothing chosen of several, removes one."""
    _remember(changes)
    _show()


def open_page(page: str, **changes: object) -> None:
    """Go to another page, with these parameters changed; what is shared stays the same."""
    _remember(changes)
    st.switch_page(f"{page}/{page}.py", query_params=_wanted(page))


def another_study(id: str) -> dict[str, object]:
    """The changes that show a study from its start; the arms stay the same where it has such."""
    return {"study": id} if id == text("study") else {"study": id, **dict.fromkeys(OF_STUDY)}


def bound(name: str, options: Sequence[Any], default: Any) -> dict[str, Any]:
    """Arguments for a widget that chooses one of the options, to keep it in step with the parameter of its key.

    The default is not written, so that addresses stay short.
    """
    set_widget(name, value(name, options, default), options)
    return {"key": name, "on_change": _changed, "args": (name, default)}


def bound_many(name: str, options: Sequence[Any]) -> dict[str, Any]:
    """The same for a widget that chooses several."""
    set_widget(name, values(name, options), options)
    return {"key": name, "on_change": _changed, "args": (name, [])}


def bound_text(name: str) -> dict[str, Any]:
    """The same for a field of text."""
    set_widget(name, text(name) or "")
    return {"key": name, "on_change": _changed, "args": (name, "")}


def set_widget(key: str, value: object, options: Iterable[object] = ()) -> None:
    """Let a widget that is drawn next show a value.

    Only where it does not yet: what is set is sent to the browser, and would undo what the user does meanwhile. On
    another page, or with other options, a widget is a new one, though the state still has the value of the old one.
    """
    state = st.session_state
    widget, drawn = hash((*options,)), state.setdefault("address-widgets", {})
    if drawn.get(key) != widget or key not in state or state[key] != value:
        state[key] = value
    drawn[key] = widget


def _changed(name: str, default: object) -> None:
    new = st.session_state[name]
    write(**{name: None if new == default else new})


def _memory() -> dict[str, list[str]]:
    """Every parameter of the session, read from the address that it began with."""
    if "address" not in st.session_state:
        st.session_state["address"] = _read({name for names in PAGES.values() for name in names})
    return st.session_state["address"]


def _remember(changes: dict[str, object]) -> None:
    memory = _memory()
    for name, new in changes.items():
        several = new if isinstance(new, list) else [] if new is None else [new]
        if several:
            memory[name] = [_said(one) for one in several]
        else:
            memory.pop(name, None)


def _said(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _read(names: Iterable[str]) -> dict[str, list[str]]:
    found = {name: [one[:LONGEST] for one in st.query_params.get_all(name)[:MOST]] for name in names}
    return {name: values for name, values in found.items() if values}


def _wanted(page: str) -> dict[str, list[str]]:
    return {name: _memory()[name] for name in PAGES[page] if name in _memory()}


def _show(*, again: bool = False) -> None:
    """Let the browser show what is remembered. again: even where it seems to, for what overtook a Back meanwhile."""
    page = st.session_state.get("address-page")
    if page is None or not st.session_state.get("address-settled"):
        return
    wanted = _wanted(page)
    if again or wanted != {name: st.query_params.get_all(name) for name in st.query_params}:
        st.query_params.from_dict(wanted)


def _is_history_navigation() -> bool:
    """Whether this run was caused by Back or Forward."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation

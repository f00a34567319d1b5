"""Pictures of the user's own to search by: uploaded, dropped, pasted or taken, kept for the session in one row."""

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, replace

import streamlit as st
from PIL import Image, ImageOps

from app.components.atlas import media_url
from app.components.pictures import QueryPicture, pictures
from app.state import address, navigation
from app.widgets.markdown import escape_markdown
from core.common.errors import ImageError
from core.data import decode
from core.data.decoding import MAX_BYTES

MAX_PICTURES = 24
"""Pictures of a session; with more, the oldest go."""
MAX_SESSION_BYTES = 32 * 2**20
"""Of all files of a session together; with more, the oldest go, but never the newest."""
THUMBNAIL = 64
ERRORS_SHOWN = 5


@dataclass(frozen=True)
class _Kept:
    """A received file; a bad one has its error instead of its bytes."""

    id: str
    name: str
    data: bytes
    thumbnail: bytes = b""
    error: str = ""


def ask(more: Callable[[], None]) -> None:
    """The inputs for pictures, and the row of those received; `chosen` is the one to search by.

    more: draws further controls beside.
    """
    number = st.session_state.setdefault("upload-number", 0)  # a new key empties the uploader: its files are in the row
    upload, options = st.columns([3, 2], vertical_alignment="bottom", gap="medium")
    files = upload.file_uploader(
        "Query pictures: PNG, JPEG, WebP, GIF, BMP or TIFF",
        accept_multiple_files=True,
        key=f"upload-{number}",
        on_change=_uploaded,
        args=(f"upload-{number}",),
        max_upload_size=MAX_BYTES >> 20,
    )
    with options.container(horizontal=True, vertical_alignment="center", gap="small"):
        more()
        st.toggle(
            "Invert",
            key="invert",
            help="Swap dark and light: these digits are light on dark, ink is not.",
        )
        with_camera = st.toggle("Camera", key="camera", help="The browser asks for the camera once this is on.")
    if with_camera:
        with st.container(width=360):
            st.camera_input("Take a picture", key=f"photo-{number}", on_change=_taken, args=(f"photo-{number}",))
    if files:  # they came before the page had been drawn once: no callback was known yet
        _uploaded(f"upload-{number}")
        st.rerun()
    _row()
    _dropped()
    _errors()


def chosen() -> tuple[Image.Image, str] | None:
    """The picture to search by, with its name, where one is chosen."""
    id = st.session_state.get("picture")
    kept = next((one for one in _all() if one.id == id and not one.error), None)
    if kept is None:
        return None
    picture = decode(kept.data, name=kept.name)
    return (ImageOps.invert(picture) if st.session_state.get("invert") else picture), kept.name


def _row() -> None:
    shown = [
        QueryPicture(
            one.id,
            one.name,
            media_url(one.thumbnail, "image/png", f"query-{one.id}") if one.thumbnail else None,
            one.error,
        )
        for one in _all()
    ]
    on_screen = None if address.text("item") else st.session_state.get("picture")
    done = pictures(shown, chosen=on_screen, key="pictures")
    if done.pasted is not None:
        _receive([(done.pasted.name, done.pasted.data)])
    elif done.chosen is not None:
        _choose(done.chosen)
    elif done.removed is not None:
        _remove(done.removed)
    else:
        return
    st.rerun()


def _dropped() -> None:
    """A note where the last files displaced older ones."""
    if gone := st.session_state.get("pictures-dropped"):
        st.caption(
            f"{gone} older picture{'s were' if gone > 1 else ' was'} dropped to make room: this row holds "
            f"{MAX_PICTURES} pictures, {MAX_SESSION_BYTES >> 20} MB together."
        )


def _errors() -> None:
    bad = [one.error for one in _all() if one.error]
    if bad:
        more = [f"and {len(bad) - ERRORS_SHOWN} more"] if len(bad) > ERRORS_SHOWN else []
        lines = [escape_markdown(error) for error in bad[:ERRORS_SHOWN]] + more
        st.error("  \n".join(lines), icon=":material/broken_image:")


def _uploaded(key: str) -> None:
    files = st.session_state[key]
    st.session_state["upload-number"] += 1
    _receive([(file.name, file.getvalue()) for file in files])


def _taken(key: str) -> None:
    photo = st.session_state[key]
    if photo is not None:
        st.session_state["upload-number"] += 1
        _receive([("photo", photo.getvalue())])


def _receive(files: list[tuple[str, bytes]]) -> None:
    """Add files to the row, and choose the first good one."""
    new = [_kept(name, data) for name, data in files]
    rest = [one for one in _all() if one.id not in {file.id for file in new}]
    kept = (rest + new)[-MAX_PICTURES:]
    while len(kept) > 1 and sum(len(one.data) for one in kept) > MAX_SESSION_BYTES:
        kept.pop(0)
    st.session_state["pictures-dropped"] = len(rest) + len(new) - len(kept)
    st.session_state["pictures-kept"] = kept
    good = next((one.id for one in new if not one.error and one in kept), None)
    if good is not None:
        _choose(good)


def _kept(name: str, data: bytes) -> _Kept:
    file = _Kept(hashlib.sha256(name.encode("utf-8", "replace") + b"\0" + data).hexdigest()[:16], name, data)
    try:
        picture = decode(data, name=name)
    except ImageError as error:
        return replace(file, data=b"", error=str(error))
    picture.thumbnail((2 * THUMBNAIL, 2 * THUMBNAIL))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return replace(file, thumbnail=buffer.getvalue())


def _choose(id: str) -> None:
    st.session_state["picture"] = id
    navigation.choose_item(None)


def _remove(id: str) -> None:
    st.session_state["pictures-kept"] = [one for one in _all() if one.id != id]


def _all() -> list[_Kept]:
    return st.session_state.setdefault("pictures-kept", [])

"""A component as Streamlit takes it: its JavaScript and its style as two strings.

Streamlit runs the JavaScript from a blob URL, where no relative import can resolve. Each component's modules are
therefore joined beforehand into its bundle.js, by `make js`, which goes into the repository: users need no node.
"""

from pathlib import Path
from typing import Any

import streamlit as st


def component(folder: Path) -> Any:
    """The component in a folder, in the style that all of ours share. Raises FileNotFoundError."""
    styles = folder.parent / "common" / "common.css", folder / "style.css"
    css = "\n".join(path.read_text(encoding="utf-8") for path in styles)
    js = (folder / "bundle.js").read_text(encoding="utf-8")
    return st.components.v2.component(f"uncollapse_{folder.name}", js=js, css=css)

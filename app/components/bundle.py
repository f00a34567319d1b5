"""Joins a component's ES modules into the single one that Streamlit takes as a string.

Streamlit runs inline JavaScript from a blob URL, where a relative import cannot resolve. Modules therefore
use one form of import only, `import { a, b } from "./other.js";`, and share one scope after joining:
top-level names are unique within a component.
"""

import re
from pathlib import Path
from typing import Any

import streamlit as st

_IMPORT = re.compile(r'^import \{[^}]*\} from "(\.[^"]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)


def bundle(entry: Path) -> str:
    """One ES module holding `entry` and, before it, all that it imports. Raises FileNotFoundError."""
    parts: dict[Path, str] = {}

    def visit(path: Path) -> None:
        source = path.read_text(encoding="utf-8")
        for target in _IMPORT.findall(source):
            module = (path.parent / target).resolve()
            if module not in parts:
                visit(module)
        parts[path] = _EXPORT.sub("", _IMPORT.sub("", source))

    visit(entry.resolve())
    return "\n".join(parts.values())


def component(folder: Path) -> Any:
    """The component whose index.js and style.css lie in a folder, in the style that all of ours share."""
    styles = folder.parent / "common" / "common.css", folder / "style.css"
    css = "\n".join(path.read_text(encoding="utf-8") for path in styles)
    return st.components.v2.component(f"uncollapse_{folder.name}", js=bundle(folder / "index.js"), css=css)

"""Puts plotly.js where the browser can fetch it: the library ships inside the plotly package."""

import os
import shutil
import tempfile
from importlib.resources import as_file, files
from pathlib import Path

STATIC = Path(__file__).resolve().parents[1] / "static"
URL = "app/static/plotly.min.js"
"""Relative to the app's address; served because `server.enableStaticServing` is on."""


def install(static: Path = STATIC) -> Path:
    """Copy plotly.min.js into `static` unless this very version is there; safe when several servers start.

    `static` lies beside the script that Streamlit runs. A copy, since Streamlit refuses to serve a symlink.
    """
    target = static / "plotly.min.js"
    with as_file(files("plotly") / "package_data" / "plotly.min.js") as source:
        if target.is_file() and _same(source, target):
            return target
        static.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(dir=static, suffix=".tmp")
        os.close(handle)
        try:
            shutil.copy2(source, partial)
            os.chmod(partial, 0o644)
            os.replace(partial, target)
        finally:
            Path(partial).unlink(missing_ok=True)
    return target


def _same(source: Path, target: Path) -> bool:
    """By size and the banner with the version: notices an upgrade without reading 5 MB at every start."""
    with source.open("rb") as a, target.open("rb") as b:
        return source.stat().st_size == target.stat().st_size and a.read(256) == b.read(256)

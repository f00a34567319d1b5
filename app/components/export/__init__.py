"""What a page lets you take away, in one quiet place: a link to it, its tables, its maps."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from app.components.bundle import component

__all__ = ["Exports"]

_component = component(Path(__file__).parent)


class Exports:
    """The popover of a page, filled while the page is drawn."""

    def __init__(self, column: Any, *, study: str, check: Callable[[], None]) -> None:
        """study: its id, which begins the files' names. check: raises StudyError where it can no longer be read."""
        self._study = study
        self._check = check
        self._popover = column.popover("Export", icon=":material/ios_share:", width="stretch", key="export")
        with self._popover:
            _component(key="copy-link", data={"role": "link"})

    def reserve(self) -> None:
        """Reserve a place for what a part of the page will offer; needed in each run of the whole page."""
        self._popover.empty()

    def table(self, label: str, key: str, make: Callable[[], pd.DataFrame]) -> None:
        """Offer a table as CSV and Parquet; it is made when it is asked for."""
        with self._popover, st.container(key=f"export-{key}", gap="small"):
            st.markdown(f"**{label}**")
            with st.container(horizontal=True):
                for kind, mime in (("CSV", "text/csv"), ("Parquet", "application/vnd.apache.parquet")):
                    st.download_button(
                        kind,
                        partial(self._written, make, kind),
                        file_name=f"{self._study}-{key}.{kind.lower()}",
                        mime=mime,
                        on_click="ignore",
                        key=f"export-{key}-{kind.lower()}",
                    )

    def maps(self, key: str) -> None:
        """Offer what the maps of a key show as one PNG or SVG."""
        with self._popover:
            _component(key=f"export-{key}", data={"role": "maps", "of": key, "file": f"{self._study}-maps"})

    def chart(self, label: str, key: str) -> None:
        """Offer the chart in the container of a key, which is drawn as SVG, as PNG or SVG."""
        data = {"role": "chart", "of": key, "label": label, "file": f"{self._study}-{key}"}
        with self._popover:
            _component(key=f"export-{key}", data=data)

    def file(self, draw: Callable[[], Any]) -> None:
        """Offer something else; draw: its button."""
        with self._popover:
            draw()

    def _written(self, make: Callable[[], pd.DataFrame], kind: str) -> bytes:
        from core.analysis.tables import to_csv, to_parquet

        self._check()
        return to_csv(make()) if kind == "CSV" else to_parquet(make())

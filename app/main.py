"""The app: streamlit run app/main.py."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))  # Streamlit puts only this file's folder on the path

import streamlit as st

from app.components import plotly_asset


@st.cache_resource(show_spinner=False)
def _install_assets() -> None:
    plotly_asset.install()


st.set_page_config(page_title="Uncollapse", page_icon=str(HERE / "static" / "icon.png"), layout="wide")
st.logo(str(HERE / "static" / f"logo-{'dark' if st.context.theme.type == 'dark' else 'light'}.svg"), size="large")
st.html("<style>.stMainBlockContainer { padding-top: 4.5rem; padding-bottom: 3rem; }</style>")
_install_assets()
page = st.navigation(
    [
        st.Page("pages/compare.py", title="Compare", icon=":material/compare:", default=True),
        st.Page("pages/search.py", title="Search", icon=":material/image_search:"),
    ],
    position="top",
)
page.run()

"""The app: streamlit run app/main.py."""

from pathlib import Path

import streamlit as st

from app import faults

STATIC = Path(__file__).resolve().parent / "static"

st.set_page_config(page_title="Uncollapse", page_icon=str(STATIC / "icon.png"), layout="wide")
st.logo(str(STATIC / f"logo-{'dark' if st.context.theme.type == 'dark' else 'light'}.svg"), size="large")
st.html(STATIC / "page.css")
# The folder is not called "pages": opened at a deep link, a fresh server would run its files without this one.
page = st.navigation(
    [
        st.Page("views/compare.py", title="Compare", icon=":material/compare:", default=True),
        st.Page("views/search.py", title="Search", icon=":material/image_search:"),
        st.Page("views/classes.py", title="Classes", icon=":material/category:"),
        st.Page("views/lab.py", title="Lab", icon=":material/science:"),
        st.Page("views/data.py", title="Data", icon=":material/database:"),
        st.Page("views/train.py", title="Train", icon=":material/model_training:"),
    ],
    position="top",
)
faults.show_notice()
with faults.shown():
    page.run()

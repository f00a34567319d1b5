"""The app: streamlit run app/main.py."""

from pathlib import Path

import streamlit as st

from app.widgets import errors

STATIC = Path(__file__).resolve().parent / "static"

st.set_page_config(page_title="Uncollapse", page_icon=str(STATIC / "icon.png"), layout="wide")
st.logo(str(STATIC / f"logo-{'dark' if st.context.theme.type == 'dark' else 'light'}.svg"), size="large")
st.html(STATIC / "page.css")
# No folder is called "pages": opened at a deep link, a fresh server would run its files without this one.
page = st.navigation(
    [
        st.Page("compare/compare.py", title="Compare", icon=":material/compare:", default=True),
        st.Page("search/search.py", title="Search", icon=":material/image_search:"),
        st.Page("classes/classes.py", title="Classes", icon=":material/category:"),
        st.Page("lab/lab.py", title="Lab", icon=":material/science:"),
        st.Page("data/data.py", title="Data", icon=":material/database:"),
        st.Page("train/train.py", title="Train", icon=":material/model_training:"),
    ],
    position="top",
)
errors.show_kept_error()
with errors.error_boundary():
    page.run()

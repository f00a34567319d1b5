"""Access control: what is refused before Streamlit sees it, who the visitor is, and all that changes anything on the
server, which is refused to those who may only look. The settings are read in `core.access`."""

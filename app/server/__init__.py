"""What Streamlit's own server gets wrong, mended before it starts: for deep links, and for many users at once."""

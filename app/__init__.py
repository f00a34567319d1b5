"""The pages: thin Streamlit over `core`, with no maths of its own. From the bottom up: components (in the browser),
state (the address and what is cached), widgets (what pages share), a folder per page, and main.py."""

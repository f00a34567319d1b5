"""The pages: thin Streamlit over `core`, with no maths of its own. From the bottom up: access (who may do what),
components (in the browser), state (the address and what is cached), widgets (what pages share), a folder per page,
script.py (what runs for each visitor) and main.py (the server)."""

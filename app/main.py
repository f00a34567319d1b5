"""The server: python -m streamlit run app/main.py."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module

import streamlit as st
from starlette.middleware import Middleware
from streamlit import cli_util, config
from streamlit.web.server import server_util

from app.access import visitor
from app.access.guard import Guard
from app.server.address_of_server import AddressOfServer
from app.server.files import keep_files_for_a_while
from app.server.message_queue import keep_places_of_fragments
from core.common.errors import AccessError

try:
    policy = visitor.policy()
except AccessError as error:
    print(f"Uncollapse does not start: {error}.", file=sys.stderr)
    raise SystemExit(2) from None


@asynccontextmanager
async def _announce(app: st.App) -> AsyncIterator[None]:
    """Say where the app is, and open a browser there, unless there is nobody in front of the machine."""
    import_module("core.analysis.summary")  # before anybody waits for it: the slowest part of the first page
    url = server_util.get_url(server_util.get_display_address(config.get_option("server.address") or "0.0.0.0"))
    print(f"\n  Uncollapse is on {url}\n", flush=True)
    if not config.get_option("server.headless"):
        cli_util.open_browser(url)
    yield


keep_places_of_fragments()
keep_files_for_a_while()
app = st.App("script.py", middleware=[Middleware(Guard, policy), Middleware(AddressOfServer)], lifespan=_announce)

"""Tells Streamlit's page where its server is.

On the address of any page but the first, it would try that address itself before the server's, and each visit would
begin with requests that end in 404.
"""

import json

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config
from streamlit.url_util import make_url_path


def script() -> str:
    """What runs before all of Streamlit's own scripts."""
    base = make_url_path(config.get_option("server.baseUrlPath"), "")
    return f"window.__streamlit = {{ BACKEND_BASE_URL: location.origin + {json.dumps(base)} }};"


class AddressOfServer:
    """ASGI middleware: puts the script into every page of HTML."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._tag = f"<head>\n<script>{script()}</script>".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or "text/html" not in Headers(scope=scope).get("accept", ""):
            await self._app(scope, receive, send)
            return
        uncompressed = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        begun: Message | None = None
        parts: list[bytes] = []

        async def with_script(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start" and _is_page(message):
                begun = message
            elif begun is None:
                await send(message)
            else:
                parts.append(message.get("body", b""))
                if not message.get("more_body", False):
                    body = b"".join(parts).replace(b"<head>", self._tag, 1)
                    MutableHeaders(scope=begun)["content-length"] = str(len(body))
                    await send(begun)
                    await send({"type": "http.response.body", "body": body})

        await self._app({**scope, "headers": uncompressed}, receive, with_script)


def _is_page(begun: Message) -> bool:
    return begun["status"] == 200 and MutableHeaders(scope=begun).get("content-type", "").startswith("text/html")

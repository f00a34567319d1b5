"""What stands before Streamlit: every request, to whatever path, is checked here, and every answer gets its headers.

Streamlit by itself answers to any host name, which lets a page of another site read this server through a name bound to
its address, and serves media files and components to whoever knows their address.
"""

import base64
import hashlib
import html
import re
from pathlib import Path
from typing import Any

import streamlit
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config
from streamlit.auth_util import encode_provider_token, get_origin_from_redirect_uri
from streamlit.url_util import make_url_path
from streamlit.web.server.starlette import starlette_websocket
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from app.access import visitor
from app.server import address_of_server
from core.access.policy import Policy, Role, is_loopback

SIGN_IN = "sign-in"
OPEN = ("_stcore/health", "auth/login", "auth/logout", "oauth2callback")
"""Paths that need no login: whether the server is up, and the way through the login itself."""

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Uncollapse: sign in</title>
<style>:root {{ color-scheme: light dark }} body {{ font: 1rem system-ui; max-width: 30rem; margin: 20vh auto }}</style>
<h1>Uncollapse</h1><p>{sentence}</p><p>{links}</p></html>"""


class Guard:
    """ASGI middleware in front of the whole app."""

    def __init__(self, app: ASGIApp, policy: Policy) -> None:
        self._app, self._policy = app, policy
        self._headers = headers()
        base = config.get_option("server.baseUrlPath")
        self._open = {make_url_path(base, path) for path in OPEN}
        self._sign_in = make_url_path(base, SIGN_IN)
        self._sign_out = make_url_path(base, "auth/logout")
        self._is_secure = (get_origin_from_redirect_uri() or "").startswith("https:")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] in {"http.response.start", "websocket.http.response.start"}:
                self._complete(MutableHeaders(scope=message))
            await send(message)

        answer = self._refusal(HTTPConnection(scope)) or self._app
        await answer(scope, receive, with_headers)

    def _refusal(self, request: HTTPConnection) -> Response | None:
        """What is answered in place of Streamlit; None where the request may pass."""
        hosts, origins = request.headers.getlist("host"), request.headers.getlist("origin")
        if len(hosts) != 1 or not self._policy.accepts_host(hosts[0]):
            return _sentence(421, "This server does not answer to that host name; its operator can add names.")
        if not all(map(self._policy.accepts_origin, origins)):
            return _sentence(403, "This server does not talk to pages of other sites.")
        if not self._policy.is_shared and not is_loopback((request.scope.get("server") or ("",))[0]):
            return _sentence(403, "This server is for the user of its machine alone.")
        if not self._policy.has_login or request.scope["path"] in self._open:
            return None
        return self._without_login(request)

    def _without_login(self, request: HTTPConnection) -> Response | None:
        if request.scope["path"] == self._sign_in:
            return self._start_login(request.query_params.get("provider", ""))
        claims = _claims(request)
        if self._policy.role(claims) is not Role.NOBODY:
            return None
        if claims is None:
            status, sentence, links = 401, "Sign in to see the studies on this server.", self._logins()
        else:
            name = claims.get("email") or claims.get("name") or "You"
            sentence = f"{name} may not use this server; ask whoever runs it, or sign in as somebody else."
            status, links = 403, {"Sign out": self._sign_out}
        is_page = "text/html" in request.headers.get("accept", "")
        return _page(status, sentence, links) if is_page else _sentence(status, sentence)

    def _logins(self) -> dict[str, str]:
        names = visitor.providers()
        return {f"Sign in{f' with {name}' * (len(names) > 1)}": f"{self._sign_in}?provider={name}" for name in names}

    def _start_login(self, provider: str) -> Response:
        if provider not in visitor.providers():
            return _sentence(404, "There is no such login.")
        login = make_url_path(config.get_option("server.baseUrlPath"), "auth/login")
        return RedirectResponse(f"{login}?provider={encode_provider_token(provider)}", status_code=303)

    def _complete(self, answer: MutableHeaders) -> None:
        answer.update(self._headers)
        if self._is_secure and (cookies := answer.getlist("set-cookie")):
            del answer["set-cookie"]
            for cookie in cookies:
                answer.append("set-cookie", cookie if "; secure" in cookie.lower() else f"{cookie}; Secure")


def headers() -> dict[str, str]:
    """The security headers of every answer.

    Components are run from blob URLs, Vega's charts compile their expressions, styles are set by script, and a photo of
    the camera is fetched from a data URL.
    """
    policy = {
        "default-src": "'self'",
        "script-src": f"'self' blob: 'unsafe-eval' {_inline_scripts()}",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": "'self' data: blob:",
        "media-src": "'self' blob:",
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return {
        "content-security-policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
    }


def _inline_scripts() -> str:
    """Hashes of the scripts inside Streamlit's page, and of the one that is put there."""
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text("utf-8")
    scripts = [address_of_server.script(), *re.findall(r"<script>(.*?)</script>", page, re.S)]
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


def _claims(request: HTTPConnection) -> dict[str, Any] | None:
    """Who signed in, by the signed cookie; Streamlit reads it the same way for its websocket alone."""
    cookie = starlette_websocket._get_signed_cookie_with_chunks(request.cookies, USER_COOKIE_NAME)
    origin = get_origin_from_redirect_uri()
    return (starlette_websocket._parse_decoded_user_cookie(cookie, origin) if cookie and origin else None) or None


def _sentence(status: int, text: str) -> Response:
    return PlainTextResponse(f"{text}\n", status, {"cache-control": "no-store"})


def _page(status: int, sentence: str, links: dict[str, str]) -> Response:
    anchors = (f'<a href="{html.escape(to)}">{html.escape(text)}</a>' for text, to in links.items())
    page = PAGE.format(sentence=html.escape(sentence), links=" · ".join(anchors))
    return HTMLResponse(page, status, {"cache-control": "no-store"})

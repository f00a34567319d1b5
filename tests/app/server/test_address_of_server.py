"""The script that tells the page where its server is: in pages alone, whole, and allowed by the policy of content."""

import base64
import hashlib

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from app.access.guard import headers
from app.server.address_of_server import AddressOfServer, script

PAGE = "<!doctype html><html><head><title>x</title></head><body>" + "a" * 2000 + "</body></html>"


async def parts():
    for part in (PAGE[:30], PAGE[30:]):
        yield part


ROUTES = [
    Route("/", lambda _: HTMLResponse(PAGE)),
    Route("/parts", lambda _: StreamingResponse(parts(), media_type="text/html")),
    Route("/text", lambda _: PlainTextResponse("<head> of a text")),
    Route("/gone", lambda _: HTMLResponse(PAGE, 404)),
]
CLIENT = TestClient(Starlette(routes=ROUTES, middleware=[Middleware(AddressOfServer), Middleware(GZipMiddleware)]))


@pytest.mark.parametrize("path", ["/", "/parts"])
def test_a_page_begins_with_the_script(path: str) -> None:
    answer = CLIENT.get(path, headers={"accept": "text/html,*/*", "accept-encoding": "gzip"})
    assert answer.text == PAGE.replace("<head>", f"<head>\n<script>{script()}</script>")
    assert int(answer.headers["content-length"]) == len(answer.content)


@pytest.mark.parametrize(("path", "accept"), [("/text", "text/html"), ("/gone", "text/html"), ("/", "*/*")])
def test_all_else_is_left_as_it_is(path: str, accept: str) -> None:
    assert "__streamlit" not in CLIENT.get(path, headers={"accept": accept}).text


def test_the_policy_allows_it() -> None:
    digest = base64.b64encode(hashlib.sha256(script().encode()).digest()).decode()
    assert f"'sha256-{digest}'" in headers()["content-security-policy"]

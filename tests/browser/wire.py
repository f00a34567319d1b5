"""Plain requests to a running app, addressed to any name and from any page, as a browser would send them."""

import http.client
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

STREAM = "/_stcore/stream"
SECONDS = 60


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    text: str


def ask(url: str, path: str, *, host: str = "", origin: str = "", method: str = "GET", cookies: str = "") -> Answer:
    """One request to the server at `url`, whatever its headers say; redirects are not followed."""
    server = urlsplit(url).netloc
    given = {"Host": host or server, "Origin": origin, "Cookie": cookies}
    body = b"bytes" if method in {"PUT", "POST"} else None
    connection = http.client.HTTPConnection(server, timeout=SECONDS)
    try:
        connection.request(method, path, body, {name: value for name, value in given.items() if value})
        reply = connection.getresponse()
        return Answer(reply.status, reply.headers, reply.read().decode("utf-8", "replace"))
    finally:
        connection.close()


def open_stream(url: str, *, host: str = "", origin: str = "", cookies: str = "") -> int:
    """The status that the websocket's handshake is answered with; 101 = it is open."""
    server = urlsplit(url)
    with socket.create_connection((server.hostname, server.port), SECONDS) as own:
        address = f"ws://{host or server.netloc}{STREAM}"
        headers = {"Cookie": cookies} if cookies else {}
        try:
            with connect(address, sock=own, origin=origin or None, additional_headers=headers, open_timeout=SECONDS):
                return 101
        except InvalidStatus as refused:
            return refused.response.status_code
